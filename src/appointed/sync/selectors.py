"""What others may know of the engine's rows: busy times, sync states of appointments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from appointed.book.models import Change, Occurrence
from appointed.core.choices import CountsAsBusy, from_stored
from appointed.core.events import ShowAs
from appointed.core.links import LinkState
from appointed.core.planning import Absent, Age, Stand, Wanted, Why
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
    choices = (
        models.CalendarChoice.objects.select_related("connection", "calendar", "practitioner")
        .filter(
            Q(check_conflicts=True) | Q(pull=True),
            practitioner__in=list(practitioner_ids),
            connection__sync_on=True,
        )
        .order_by("pk")
    )
    found = [busy for choice in choices for busy in _of_choice(choice, start, end)]
    return sorted(found, key=lambda busy: (busy.start, busy.end))


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
    choice: models.CalendarChoice, start: datetime, end: datetime
) -> Iterator[ExternalBusy]:
    settings = from_stored(choice.connection.settings)
    if not settings.pull.enabled and not settings.check_conflicts:
        return
    checked = choice.check_conflicts and settings.check_conflicts
    zone = choice.practitioner.time_zone
    wide = (start - _LONGEST_OFFSET, end + _LONGEST_OFFSET)
    for time in models.BusyTime.objects.filter(calendar=choice.calendar, during__overlap=wide):
        first, last = _instants(time, zone)
        if first < end and last > start:
            show = counts_as(ShowAs(time.show_as), settings.busy)
            yield _busy(
                choice, first, last, show=show, all_day=bool(time.first_day), checked=checked
            )
    for occurrence in _pushed_by_others(choice, start, end):
        first, last = occurrence.during.lower, occurrence.during.upper
        yield _busy(choice, first, last, show="busy", all_day=False, checked=checked)


def _instants(time: models.BusyTime, zone: str) -> tuple[datetime, datetime]:
    if time.first_day is not None and time.end_day is not None:
        return midnight(time.first_day, zone), midnight(time.end_day, zone)
    return time.during.lower, time.during.upper


def _pushed_by_others(
    choice: models.CalendarChoice, start: datetime, end: datetime
) -> Iterable[Occurrence]:
    others = models.Link.objects.filter(
        calendar=choice.calendar, state__in=[LinkState.LIVE, LinkState.UPDATING]
    ).exclude(practitioner=choice.practitioner)
    pairs = list(others.values_list("appointment_id", "practitioner_id"))
    times = Occurrence.objects.filter(
        appointment__in=[a for a, _ in pairs], active=True, during__overlap=(start, end)
    )
    return [t for t in times if (t.appointment_id, t.practitioner_id) in set(pairs)]


def _busy(
    choice: models.CalendarChoice,
    start: datetime,
    end: datetime,
    *,
    show: str,
    all_day: bool,
    checked: bool,
) -> ExternalBusy:
    return ExternalBusy(
        practitioner_id=choice.practitioner_id,
        start=start,
        end=end,
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
    states: dict[int, list[SyncState]] = {}
    for choice in choices:
        mine = [a for a, p in pairs if p == choice.practitioner_id and a is not None]
        for appointment_id, state in _states(choice, mine):
            states.setdefault(appointment_id, []).append(state)
    return states


def _states(
    choice: models.CalendarChoice, appointment_ids: Sequence[int]
) -> Iterator[tuple[int, SyncState]]:
    pushing = pushing_of(choice.connection, choice.calendar, timezone.now())
    links = {
        link.appointment_id: link
        for link in models.Link.objects.filter(
            practitioner=choice.practitioner_id, appointment__in=appointment_ids
        )
    }
    changed = set(
        Change.objects.filter(
            practitioner=choice.practitioner_id, appointment__in=appointment_ids
        ).values_list("appointment_id", flat=True)
    )
    wanted = wanted_by_appointment(pushing, appointment_ids)
    for pk in appointment_ids:
        state, reason = _state(wanted.get(pk), links.get(pk), changed=pk in changed)
        yield (
            pk,
            SyncState(
                choice.connection.uuid,
                choice.connection.account.provider,
                choice.practitioner_id,
                state,
                reason,
            ),
        )


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
        case Stand() if link is not None and link.state == LinkState.LIVE and not changed:
            return "in_step", ""
        case _:
            return "waiting", link.problem if link is not None else ""
