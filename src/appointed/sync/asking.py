"""Asking before writing: where our event stands now, or that it is certainly gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from appointed.core.evidence import proven, recognised
from appointed.core.links import Link
from appointed.core.steps import (
    Alive,
    Answer,
    Taken,
    Unclear,
    Vanished,
    Wanted,
)
from appointed.providers.port import CalendarGone, CalendarProvider, Identity, ProviderError
from appointed.sync import models
from appointed.sync.health import stops_account
from appointed.sync.models import ExternalCalendar, Operation


@dataclass(slots=True)
class Asking:
    """Answers questions about single events of one account during one run.

    A calendar that cannot be read answers nothing: that is `Unclear`, never "gone".
    """

    provider: CalendarProvider
    calendars: dict[str, ExternalCalendar]
    read: Sequence[ExternalCalendar]
    """Those that are looked at; the state of the others is old."""
    _healthy: dict[str, bool] = field(default_factory=dict)

    def answer(
        self, link: Link, *, wanted: Wanted, last: Operation | None, now: datetime
    ) -> Answer:
        """Return where the event of `link` stands; `last` is what was last written of it.

        Raises: a `ProviderError` that concerns the account as a whole.
        """
        try:
            return self._answer(link, wanted, last, now)
        except ProviderError as error:
            if stops_account(error):
                raise
            return Unclear()

    def _answer(self, link: Link, wanted: Wanted, last: Operation | None, now: datetime) -> Answer:
        calendar = self.calendars.get(link.calendar_id)
        if calendar is None:
            return Unclear()
        if link.remote_id:
            alive = self.provider.fetch(calendar.remote_id, [link.remote_id])
            if alive:
                return Alive(link.calendar_id, alive[0])
        if not self._all_can_be_read() or not self._is_healthy(calendar):
            return Unclear()
        return self._by_key(link, wanted, last, now)

    def _by_key(self, link: Link, wanted: Wanted, last: Operation | None, now: datetime) -> Answer:
        carriers = self._carriers(link.key)
        if carriers is None:
            return Unclear()
        chosen = self.provider.identity is not Identity.SERVER_ID
        found = recognised(link, carriers, chosen=chosen, gone_before_us=_was_gone_before(last))
        if isinstance(found, Vanished):
            found = _conflict(last) or found
        return proven(
            found,
            link=link,
            wanted=wanted,
            chosen=chosen,
            sent_at=None if last is None else last.started_at,
            now=now,
        )

    def _carriers(self, key: str) -> list[Alive] | None:
        """Return who carries our key; None where one stands in a calendar unknown to us."""
        if not key:
            return []
        names = {calendar.remote_id: pk for pk, calendar in self.calendars.items()}
        found = self.provider.find(key)
        if any(carrier.calendar_id not in names for carrier in found):
            return None
        carriers = [Alive(names[carrier.calendar_id], carrier.event) for carrier in found]
        known = {(carrier.calendar_id, carrier.event.remote_id) for carrier in carriers}
        return carriers + [
            carrier
            for carrier in self._seen_bearing(key)
            if (carrier.calendar_id, carrier.event.remote_id) not in known
        ]

    def _seen_bearing(self, key: str) -> Iterator[Alive]:
        """Yield the events that a look has shown to bear the key, whatever their name is now."""
        seen = models.BusyTime.objects.filter(key=key, calendar__in=self.calendars.values())
        for calendar_id, remote_id in set(seen.values_list("calendar_id", "remote_id")):
            calendar = self.calendars[str(calendar_id)]
            for event in self.provider.fetch(calendar.remote_id, [remote_id]):
                yield Alive(str(calendar_id), event)

    def _all_can_be_read(self) -> bool:
        """Say whether no calendar hides: our event may stand in the one nobody can read now."""
        unreadable = ExternalCalendar.State.UNREADABLE
        return all(calendar.state != unreadable for calendar in self.read)

    def _is_healthy(self, calendar: ExternalCalendar) -> bool:
        key = str(calendar.pk)
        if key not in self._healthy:
            try:
                check = self.provider.check_calendar(calendar.remote_id)
            except CalendarGone:
                self._healthy[key] = False
            else:
                same = not calendar.epoch or not check.epoch or calendar.epoch == check.epoch
                self._healthy[key] = check.readable and same
        return self._healthy[key]


GONE_BEFORE, BURNT, TAKEN = "gone_before", "burnt", "taken"
"""What an operation's `answer` says of an identity; sentences stand in the link's problem."""


def _was_gone_before(last: models.Operation | None) -> bool:
    return last is not None and last.answer == GONE_BEFORE


def _conflict(last: models.Operation | None) -> Answer | None:
    match None if last is None else last.answer:
        case "burnt":
            return Vanished(burnt=True)
        case "taken":
            return Taken()
        case _:
            return None
