"""What selectors and services answer: rows as values, with nothing of the database in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from appointed.book import models


@dataclass(frozen=True, slots=True)
class PracticeFacts:
    id: UUID
    version: int
    name: str
    slug: str
    country: str
    time_zone: str
    language: str
    client_word: str
    week_start: int
    time_format: str
    practitioners_book_for_others: bool


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch of a weekday (0 = Monday); an `end` of 00:00 is the end of the day."""

    weekday: int
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class PractitionerFacts:
    id: UUID
    version: int
    name: str
    email: str
    time_zone: str
    colour: str
    bookable: bool
    active: bool
    hours: tuple[Hours, ...]


@dataclass(frozen=True, slots=True)
class ClientFacts:
    id: UUID
    version: int
    name: str
    email: str
    phone: str
    language: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    id: UUID
    version: int
    name: str
    short_name: str
    minutes: int
    buffer_before: int
    buffer_after: int
    bookable: bool
    place: str


@dataclass(frozen=True, slots=True)
class Named:
    """Something by its id and name."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class AppointmentFacts:
    """An appointment, or one occurrence of it for one practitioner.

    `start` and `end` are instants; of an all-day one they are the midnights of its zone, and
    `first_day` and `end_day` (exclusive) say what was meant. `appointment_pk` and
    `practitioner_pk` are inner ids for other layers, never shown.
    """

    appointment_pk: int
    practitioner_pk: int
    id: UUID
    version: int
    kind: str
    title: str
    practitioner: Named
    practitioners: tuple[Named, ...]
    client: Named | None
    casual_name: str
    casual_phone: str
    service: Named | None
    location: str
    notes: str
    time_zone: str
    all_day: bool
    start: datetime
    end: datetime
    first_day: date | None
    end_day: date | None
    occurrence: datetime | None
    overbooked: bool
    status: str
    cancelled_by: str
    cancel_reason: str
    created_at: datetime
    created_by: str

    @property
    def label(self) -> str:
        """Return what the book shows: the title, else whom it is with."""
        who = self.client.name if self.client else self.casual_name
        return self.title or who or (self.service.name if self.service else "")


@dataclass(frozen=True, slots=True)
class HistoryFacts:
    at: datetime
    actor: str
    step: str
    result: str
    connection: UUID | None


@dataclass(frozen=True, slots=True)
class AuditFacts:
    at: datetime
    actor: str
    action: str
    object: str


def practice_facts(row: models.Practice) -> PracticeFacts:
    return PracticeFacts(
        id=row.uuid,
        version=row.version,
        name=row.name,
        slug=row.slug,
        country=row.country,
        time_zone=row.time_zone,
        language=row.language,
        client_word=row.client_word,
        week_start=row.week_start,
        time_format=row.time_format,
        practitioners_book_for_others=row.practitioners_book_for_others,
    )


def practitioner_facts(row: models.Practitioner) -> PractitionerFacts:
    return PractitionerFacts(
        id=row.uuid,
        version=row.version,
        name=row.name,
        email=row.email,
        time_zone=row.time_zone,
        colour=row.colour,
        bookable=row.bookable,
        active=row.active,
        hours=tuple(Hours(h.weekday, h.start, h.end) for h in row.hours.all()),
    )


def client_facts(row: models.Client) -> ClientFacts:
    return ClientFacts(
        id=row.uuid,
        version=row.version,
        name=row.name,
        email=row.email,
        phone=row.phone,
        language=row.language,
        created_at=row.created_at,
    )


def service_facts(row: models.Service) -> ServiceFacts:
    return ServiceFacts(
        id=row.uuid,
        version=row.version,
        name=row.name,
        short_name=row.short_name,
        minutes=row.minutes,
        buffer_before=row.buffer_before,
        buffer_after=row.buffer_after,
        bookable=row.bookable,
        place=row.place,
    )


def occurrence_facts(row: models.Occurrence, appointment: models.Appointment) -> AppointmentFacts:
    """Return one occurrence; wants `parts__practitioner`, `client`, `service` loaded."""
    parts = [part.practitioner for part in appointment.parts.all()]
    people = {p.pk: Named(p.uuid, p.name) for p in sorted(parts, key=lambda p: p.pk)}
    client, service = appointment.client, appointment.service
    return AppointmentFacts(
        appointment_pk=appointment.pk,
        practitioner_pk=row.practitioner_id,
        id=appointment.uuid,
        version=appointment.version,
        kind=appointment.kind,
        title=appointment.title,
        practitioner=people[row.practitioner_id],
        practitioners=tuple(people.values()),
        client=Named(client.uuid, client.name) if client else None,
        casual_name=appointment.casual_name,
        casual_phone=appointment.casual_phone,
        service=Named(service.uuid, service.name) if service else None,
        location=appointment.location,
        notes=appointment.notes,
        time_zone=appointment.time_zone,
        all_day=appointment.all_day,
        start=row.during.lower,
        end=row.during.upper,
        first_day=appointment.first_day,
        end_day=appointment.end_day,
        occurrence=row.original_start,
        overbooked=row.overbooked,
        status=appointment.status,
        cancelled_by=appointment.cancelled_by,
        cancel_reason=appointment.cancel_reason,
        created_at=appointment.created_at,
        created_by=appointment.created_by,
    )
