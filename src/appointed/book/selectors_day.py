"""What the pages of the book show: columns (practitioners) and entries (times taken)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from django.db.models import QuerySet

from appointed.book.access import Action, Actor, may, require
from appointed.book.errors import Missing
from appointed.book.models import Appointment, HistoryEntry, Occurrence, Practitioner, WorkingHours


@dataclass(frozen=True, slots=True)
class Stretch:
    """Working hours on a weekday (0 = Monday); an `end` of 00:00 is the end of the day."""

    weekday: int
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Column:
    """A practitioner as the book shows him."""

    id: int
    uuid: UUID
    name: str
    colour: str
    time_zone: str
    bookable: bool
    mine: bool
    changeable: bool
    hours: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A time that an appointment takes of one practitioner."""

    appointment_id: int
    uuid: UUID
    practitioner_id: int
    practitioner: UUID
    practitioner_name: str
    occurrence: datetime | None
    start: datetime
    end: datetime
    all_day: bool
    time_zone: str
    kind: str
    label: str
    service: str
    location: str
    phone: str
    status: str
    cancelled_by: str
    cancel_reason: str
    overbooked: bool
    version: int
    changeable: bool


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A step in the life of an appointment."""

    at: datetime
    actor: str
    step: str
    result: str


def columns_of(actor: Actor) -> tuple[Column, ...]:
    """Return the practitioners who work here, the one who asks first."""
    require(actor, Action.SEE_BOOK)
    rows = (
        Practitioner.objects.filter(practice=actor.practice_id, active=True)
        .prefetch_related("hours")
        .order_by("id")
    )
    columns = (_column(actor, row) for row in rows)
    return tuple(sorted(columns, key=lambda column: not column.mine))


def entries_between(
    actor: Actor,
    start: datetime,
    *,
    end: datetime,
    practitioner: UUID | None = None,
    cancelled: bool = False,
) -> tuple[Entry, ...]:
    """Return what stands in the book in a range, by start."""
    require(actor, Action.SEE_BOOK)
    rows = _entries(actor).filter(during__overlap=(start, end))
    if practitioner is not None:
        rows = rows.filter(practitioner__uuid=practitioner)
    if not cancelled:
        rows = rows.filter(active=True)
    return tuple(_entry(actor, row) for row in rows)


def entries_of(actor: Actor, appointment: UUID) -> tuple[Entry, ...]:
    """Return the times of one appointment, cancelled or not. Raises: `Missing`."""
    require(actor, Action.SEE_BOOK)
    entries = tuple(
        _entry(actor, row) for row in _entries(actor).filter(appointment__uuid=appointment)
    )
    if not entries:
        raise Missing("appointment")
    return entries


def entries_of_client(actor: Actor, client: UUID) -> tuple[Entry, ...]:
    """Return the times of a client, the last ones first, cancelled ones too."""
    require(actor, Action.SEE_BOOK)
    rows = _entries(actor).filter(appointment__client__uuid=client).order_by("-during", "id")
    return tuple(_entry(actor, row) for row in rows[:200])


def history_lines(actor: Actor, appointment: UUID) -> tuple[HistoryLine, ...]:
    """Return what happened to an appointment, the last step first."""
    require(actor, Action.SEE_BOOK)
    rows = HistoryEntry.objects.filter(
        appointment__uuid=appointment, appointment__practice=actor.practice_id
    ).order_by("-id")
    return tuple(HistoryLine(row.at, row.actor, row.step, row.result) for row in rows[:100])


def _entries(actor: Actor) -> QuerySet[Occurrence]:
    return (
        Occurrence.objects.filter(
            practitioner__practice=actor.practice_id, appointment__isnull=False
        )
        .select_related(
            "practitioner", "appointment", "appointment__client", "appointment__service"
        )
        .order_by("during", "id")
    )


def _column(actor: Actor, row: Practitioner) -> Column:
    return Column(
        id=row.pk,
        uuid=row.uuid,
        name=row.name,
        colour=row.colour,
        time_zone=row.time_zone,
        bookable=row.bookable,
        mine=row.pk == actor.practitioner_id,
        changeable=may(actor, Action.BOOK, row.pk),
        hours=_stretches(row.hours.all()),
    )


def _stretches(rows: Iterable[WorkingHours]) -> tuple[Stretch, ...]:
    return tuple(Stretch(row.weekday, row.start, row.end) for row in rows)


def _entry(actor: Actor, row: Occurrence) -> Entry:
    what = row.appointment
    if what is None:
        raise Missing("appointment")
    return Entry(
        appointment_id=what.pk,
        uuid=what.uuid,
        practitioner_id=row.practitioner_id,
        practitioner=row.practitioner.uuid,
        practitioner_name=row.practitioner.name,
        occurrence=row.original_start,
        start=row.during.lower,
        end=row.during.upper,
        all_day=what.all_day,
        time_zone=what.time_zone,
        kind=what.kind,
        label=label_of(what),
        service=what.service.name if what.service else "",
        location=what.location,
        phone=what.client.phone if what.client else what.casual_phone,
        status=what.status,
        cancelled_by=what.cancelled_by,
        cancel_reason=what.cancel_reason,
        overbooked=row.overbooked,
        version=what.version,
        changeable=may(actor, Action.BOOK, row.practitioner_id),
    )


def label_of(what: Appointment) -> str:
    """Return the words by which staff know an appointment."""
    if what.client is not None:
        return what.client.name or "Erased client"
    named = what.casual_name or what.title
    return named or Appointment.Kind(what.kind).label.capitalize()
