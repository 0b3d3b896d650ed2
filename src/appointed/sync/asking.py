"""Asking before writing: where our event stands now, or that it is certainly gone."""

from __future__ import annotations

from dataclasses import dataclass, field

from appointed.core.events import RemoteEvent
from appointed.core.links import Link, LinkState
from appointed.core.planning import Alive, Answer, Taken, Unclear, Vanished
from appointed.providers.port import CalendarGone, CalendarProvider, Found, ProviderError
from appointed.sync import models
from appointed.sync.health import stops_account


@dataclass(slots=True)
class Asking:
    """Answers questions about single events of one account during one run.

    A calendar that cannot be read answers nothing: that is `Unclear`, never "gone".
    """

    provider: CalendarProvider
    calendars: dict[str, models.ExternalCalendar]
    _healthy: dict[str, bool] = field(default_factory=dict)

    def answer(self, link: Link, *, conflicted: bool = False) -> Answer:
        """Return where the event of `link` stands. `conflicted`: its create met another event.

        Raises: a `ProviderError` that concerns the account as a whole.
        """
        try:
            return self._answer(link, conflicted=conflicted)
        except ProviderError as error:
            if stops_account(error):
                raise
            return Unclear()

    def _answer(self, link: Link, *, conflicted: bool) -> Answer:
        calendar = self.calendars.get(link.calendar_id)
        if calendar is None:
            return Unclear()
        if link.remote_id:
            alive = self.provider.fetch(calendar.remote_id, [link.remote_id])
            if alive:
                return Alive(link.calendar_id, alive[0])
        if not self._is_healthy(calendar):
            return Unclear()
        return self._by_key(link, conflicted=conflicted)

    def _by_key(self, link: Link, *, conflicted: bool) -> Answer:
        if not link.key:
            return Vanished()
        carriers = [self._known(found) for found in self.provider.find(link.key)]
        places = [place for place in carriers if place is not None]
        if len(places) < len(carriers):
            return Unclear()  # it stands in a calendar that we do not know yet
        if not places:
            return Vanished(burnt=conflicted)
        at_home = [place for place in places if place[0] == link.target]
        if len(places) > 1 and not at_home:
            return Unclear()
        calendar_id, event = (at_home or places)[0]
        return Alive(calendar_id, event) if _is_ours(link, event) else Taken()

    def _known(self, found: Found) -> tuple[str, RemoteEvent] | None:
        for calendar_id, calendar in self.calendars.items():
            if calendar.remote_id == found.calendar_id:
                return calendar_id, found.event
        return None

    def _is_healthy(self, calendar: models.ExternalCalendar) -> bool:
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


def _is_ours(link: Link, event: RemoteEvent) -> bool:
    """Say whether an event found by our key is the one: its mark or its UID is our key."""
    if link.state is LinkState.SENDING:
        return link.key in {event.key, event.uid}
    return True
