"""What others may know of the engine's rows: busy times, sync states of appointments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from appointed.book.models import Change, Occurrence
from appointed.core.choices import CountsAsBusy, from_stored
from appointed.core.events import ShowAs
from appointed.core.links import WITHOUT_EVENT, LinkState
from appointed.core.steps import (
    Absent,
    Age,
    Stand,
    Wanted,
    Why,
)
from appointed.core.windows import midnight
from appointed.sync import models
from appointed.sync.wanted import pushing_of, wanted_by_appointment

_LONGEST_OFFSET = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class ExternalBusy:
    """A time that a calendar takes of a practitioner; instants in UTC.

    `show` is `busy` or `free` by the connection's settings; `checked` says that it counts as a
    conflict.
    """

    practitioner_id: int
    start: datetime
    end: datetime
    show: str
    connection: UUID
    calendar: str
    all_day: bool
    checked: bool


def external_busy(
    *, practitioner_ids: Sequence[int], start: datetime, end: datetime
) -> list[ExternalBusy]:
    """Return what the calendars of these practitioners say about the time, in order of start.

    Own appointments of the practitioner are not among them; those that another practitioner
    pushes into a calendar which this one pulls are.
    """
    choices = list(
        models.CalendarChoice.objects.select_related("connection", "calendar", "practitioner")
        .filter(
            Q(check_conflicts=True) | Q(pull=True),
            practitioner__in=list(practitioner_ids),
            connection__sync_on=True,
        )
        .order_by("pk")
    )
    calendars = {choice.calendar_id for choice in choices}
    read = _Read(
        times=_grouped(calendars, (start - _LONGEST_OFFSET, end + _LONGEST_OFFSET)),
        pushed=_pushed_into(calendars, (start, end)),
    )
    found = [busy for choice in choices for busy in _of_choice(choice, read, start, end)]
    return sorted(found, key=lambda busy: (busy.start, busy.end))


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read at once for all calendars: busy times, and appointments pushed into them."""

    times: Mapping[int, list[models.BusyTime]]
    pushed: Mapping[int, list[Occurrence]]


def counts_as(show_as: ShowAs, busy: CountsAsBusy) -> str:
    """Return `busy` or `free` for a way of showing, by a connection's settings."""
    blocks = {
        ShowAs.BUSY: True,
        ShowAs.FREE: False,
        ShowAs.TENTATIVE: busy.tentative,
        ShowAs.OUT_OF_OFFICE: busy.out_of_office,
        ShowAs.WORKING_ELSEWHERE: busy.working_elsewhere,
    }
    return "busy" if blocks[show_as] else "free"


def _of_choice(
    choice: models.CalendarChoice, read: _Read, start: datetime, end: datetime
) -> Iterator[ExternalBusy]:
    settings = from_stored(choice.connection.settings)
    if not settings.pull.enabled and not settings.check_conflicts:
        return
    checked = choice.check_conflicts and settings.check_conflicts
    zone = choice.practitioner.time_zone
    for time in read.times.get(choice.calendar_id, ()):
        first, last = _instants(time, zone)
        if first < end and last > start:
            show = counts_as(ShowAs(time.show_as), settings.busy)
            all_day = time.first_day is not None
            yield _busy(choice, (first, last), show=show, all_day=all_day, checked=checked)
    for occurrence in read.pushed.get(choice.calendar_id, ()):
        if occurrence.practitioner_id != choice.practitioner_id:
            during = (occurrence.during.lower, occurrence.during.upper)
            yield _busy(choice, during, show="busy", all_day=False, checked=checked)


def _grouped(
    calendars: Iterable[int], during: tuple[datetime, datetime]
) -> dict[int, list[models.BusyTime]]:
    times: dict[int, list[models.BusyTime]] = {}
    found = models.BusyTime.objects.filter(calendar__in=calendars, during__overlap=during)
    for time in found:
        times.setdefault(time.calendar_id, []).append(time)
    return times


def _pushed_into(
    calendars: Iterable[int], during: tuple[datetime, datetime]
) -> dict[int, list[Occurrence]]:
    """Return by calendar the appointments that stand in it: to others they are busy times."""
    links = models.Link.objects.filter(
        calendar__in=calendars,
        practitioner=OuterRef("practitioner"),
        appointment=OuterRef("appointment"),
    ).exclude(state__in=WITHOUT_EVENT)
    found = Occurrence.objects.filter(active=True, during__overlap=during).annotate(
        stands_in=Subquery(links.values("calendar")[:1])
    )
    pushed: dict[int, list[Occurrence]] = {}
    for occurrence in found.filter(stands_in__isnull=False):
        pushed.setdefault(occurrence.stands_in, []).append(occurrence)
    return pushed


def _instants(time: models.BusyTime, zone: str) -> tuple[datetime, datetime]:
    if time.first_day is not None and time.end_day is not None:
        return midnight(time.first_day, zone), midnight(time.end_day, zone)
    return time.during.lower, time.during.upper


def _busy(
    choice: models.CalendarChoice,
    during: tuple[datetime, datetime],
    *,
    show: str,
    all_day: bool,
    checked: bool,
) -> ExternalBusy:
    return ExternalBusy(
        practitioner_id=choice.practitioner_id,
        start=during[0],
        end=during[1],
        show=show,
        connection=choice.connection.uuid,
        calendar=choice.calendar.name,
        all_day=all_day,
        checked=checked,
    )


# ── where an appointment stands ──────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SyncState:
    """Where one appointment stands in one connection's calendar.

    `state` is in_step, waiting, failed or excluded; `reason` a sentence for people.
    """

    connection: UUID
    provider: str
    practitioner_id: int
    state: str
    reason: str


_SENTENCES: Mapping[str, str] = {
    Why.EXCLUDED: "Entries of this kind are switched off for this calendar.",
    Why.BEYOND_ADVANCE: "It lies farther ahead than this calendar is kept.",
    Why.BEFORE_ARREARS: "It lies farther back than this calendar is kept.",
    Why.CANCELLED: "It is cancelled.",
    Why.DELETED_OUTSIDE: "It was deleted in the calendar.",
    LinkState.CONTESTED: "Somebody keeps moving it in the calendar.",
    LinkState.RELEASED: "It is no longer kept in step, as somebody decided.",
    LinkState.MISSING: "It was deleted in the calendar; it is cancelled unless it comes back.",
}


def sync_states(appointment_ids: Sequence[int]) -> dict[int, list[SyncState]]:
    """Return by appointment where it stands, one state for each practitioner who pushes."""
    parts = Occurrence.objects.filter(appointment__in=list(appointment_ids))
    pairs = set(parts.values_list("appointment_id", "practitioner_id"))
    choices = (
        models.CalendarChoice.objects.select_related(
            "connection", "connection__account", "connection__practitioner", "calendar"
        )
        .filter(push=True, practitioner__in={p for _, p in pairs})
        .order_by("pk")
    )
    known = _Known.of(list(appointment_ids))
    states: dict[int, list[SyncState]] = {}
    for choice in choices:
        mine = [a for a, p in pairs if p == choice.practitioner_id and a is not None]
        for appointment_id, (state, reason) in _states(choice, known, mine):
            account = choice.connection.account
            states.setdefault(appointment_id, []).append(
                SyncState(
                    choice.connection.uuid,
                    account.provider,
                    choice.practitioner_id,
                    state,
                    reason,
                )
            )
    return states


_Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Known:
    """Links and unconsumed changes by appointment and practitioner, read at once."""

    links: Mapping[_Pair, models.Link]
    changed: frozenset[_Pair]

    @classmethod
    def of(cls, appointment_ids: Sequence[int]) -> _Known:
        links = models.Link.objects.filter(appointment__in=appointment_ids)
        changes = Change.objects.filter(appointment__in=appointment_ids)
        return cls(
            {(link.appointment_id, link.practitioner_id): link for link in links},
            frozenset(changes.values_list("appointment_id", "practitioner_id")),
        )


def _states(
    choice: models.CalendarChoice, known: _Known, appointment_ids: Sequence[int]
) -> Iterator[tuple[int, tuple[str, str]]]:
    """Yield where each stands; what the book wants is read only where the link is not at rest."""
    at_rest: set[int] = set()
    for pk in appointment_ids:
        pair = (pk, choice.practitioner_id)
        link = known.links.get(pair)
        if link is not None and _is_at_rest(link) and pair not in known.changed:
            at_rest.add(pk)
            yield pk, ("in_step", "")
    rest = [pk for pk in appointment_ids if pk not in at_rest]
    if not rest:
        return
    pushing = pushing_of(choice.connection, choice.calendar, timezone.now())
    wanted = wanted_by_appointment(pushing, rest)
    for pk in rest:
        pair = (pk, choice.practitioner_id)
        changed = pair in known.changed
        yield pk, _state(wanted.get(pk), known.links.get(pair), changed=changed)


def _is_at_rest(link: models.Link) -> bool:
    return link.state == LinkState.LIVE and link.due_at is None


def _state(wanted: Wanted | None, link: models.Link | None, *, changed: bool) -> tuple[str, str]:
    if link is not None and link.state == LinkState.PARKED:
        return "failed", link.problem
    if link is not None and link.state in {LinkState.CONTESTED, LinkState.RELEASED}:
        return "failed", _SENTENCES[link.state]
    if link is not None and link.state == LinkState.MISSING:
        return "waiting", _SENTENCES[LinkState.MISSING]
    match wanted:
        case Absent(why) if link is None or link.state in {LinkState.GONE, LinkState.AGED}:
            return "excluded", _SENTENCES.get(why, "")
        case Age() if link is None or link.state in {LinkState.GONE, LinkState.AGED}:
            return "excluded", _SENTENCES[Why.BEFORE_ARREARS]
        case Stand() if link is not None and link.state == LinkState.GONE and not changed:
            return "excluded", _SENTENCES[Why.DELETED_OUTSIDE]
        case Stand() if link is not None and _is_at_rest(link) and not changed:
            return "in_step", ""
        case _:
            return "waiting", link.problem if link is not None else ""
