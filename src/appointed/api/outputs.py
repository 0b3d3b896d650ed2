"""What the API answers: one shape a resource."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from ninja import Schema
from pydantic import WithJsonSchema

from appointed.book.access import Actor
from appointed.book.facts import (
    AppointmentFacts,
    AuditFacts,
    ClientFacts,
    HistoryFacts,
    PractitionerFacts,
    ServiceFacts,
)
from appointed.book.selectors.pages import Page
from appointed.book.selectors.people import practitioner_uuid_of
from appointed.core.clashes import Taken
from appointed.sync.selectors import SyncState

Item = TypeVar("Item")

Instant = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Moment = Annotated[
    str,
    WithJsonSchema(
        {
            "type": "string",
            "anyOf": [{"format": "date-time"}, {"format": "date"}],
            "description": "A time with offset; a day where `all_day`.",
        }
    ),
]


class Problem(Schema):
    code: str
    message: str
    fields: dict[str, str] = {}
    text: str = ""
    """The code of the sentence, where the product's texts have one (C221 …)."""


class ErrorAnswer(Schema):
    error: Problem


class ClashOut(Schema):
    start: Instant
    end: Instant
    source: Literal["book", "external"]
    practitioner: UUID


class ConflictAnswer(Schema):
    """The time is taken (`clash`, with what takes it), or something else stands in the way."""

    error: Problem
    clashes: list[ClashOut] = []


class StaleAnswer(Schema):
    """Somebody else was faster: `current` is the resource as it stands."""

    error: Problem
    current: dict[str, Any]


class ListOut(Schema, Generic[Item]):
    items: list[Item]
    next: str | None


READ: dict[int, Any] = {401: ErrorAnswer, 403: ErrorAnswer, 404: ErrorAnswer, 422: ErrorAnswer}
WRITE: dict[int, Any] = {
    400: ErrorAnswer,
    **READ,
    409: ConflictAnswer,
    412: StaleAnswer,
}


class HoursOut(Schema):
    weekday: int
    start: str
    end: str


class PractitionerOut(Schema):
    id: UUID
    version: int
    name: str
    email: str
    time_zone: str
    colour: str
    bookable: bool
    active: bool
    hours: list[HoursOut]


class ClientOut(Schema):
    id: UUID
    version: int
    name: str
    email: str
    phone: str
    language: str
    created_at: Instant


class ServiceOut(Schema):
    id: UUID
    version: int
    name: str
    short_name: str
    minutes: int
    buffer_before: int
    buffer_after: int
    bookable: bool
    place: str


class SyncOut(Schema):
    connection: UUID
    state: Literal["in_step", "waiting", "failed", "excluded"]
    reason: str


class RecurrenceOut(Schema):
    rrule: str
    rdates: list[str]
    exdates: list[str]


class AppointmentOut(Schema):
    id: UUID
    version: int
    kind: Literal["client", "casual", "meeting", "unavailable"]
    title: str
    practitioner: UUID
    practitioners: list[UUID]
    client: UUID | None
    client_name: str
    casual_name: str
    casual_phone: str
    service: UUID | None
    location: str
    notes: str
    occurrence: Instant | None
    recurrence: RecurrenceOut | None
    start: Moment
    end: Moment
    time_zone: str
    all_day: bool
    overbooked: bool
    status: Literal[
        "booked", "confirmed", "arrived", "in_session", "done", "did_not_arrive", "cancelled"
    ]
    cancelled_by: Literal["staff", "client", "calendar"] | None
    cancel_reason: str
    sync: list[SyncOut]
    created_at: Instant
    created_by: str


class HistoryOut(Schema):
    at: Instant
    actor: str
    step: str
    result: str
    connection: UUID | None


class AuditOut(Schema):
    at: Instant
    actor: str
    action: str
    object: str


class BusyOut(Schema):
    start: Instant
    end: Instant
    show: Literal["busy", "free"]
    source: Literal["book", "external"]
    connection: UUID | None
    calendar: str | None
    title: str | None


def list_out(page: Page[Item]) -> ListOut[Item]:
    """Return a page as the interface shows lists."""
    return ListOut(items=list(page.items), next=page.next)


def tagged(response: HttpResponse, out: Item, version: int) -> Item:
    """Return `out`, with its version as `ETag` of the answer."""
    response["ETag"] = f'"{version}"'
    return out


def instant_out(moment: datetime, zone: str = "UTC") -> str:
    """Return an instant with the offset of `zone`."""
    return moment.astimezone(UTC if zone == "UTC" else ZoneInfo(zone)).isoformat()


def practitioner_out(facts: PractitionerFacts) -> PractitionerOut:
    hours = [
        HoursOut(weekday=h.weekday, start=f"{h.start:%H:%M}", end=_clock_end(h.end))
        for h in facts.hours
    ]
    return PractitionerOut(
        id=facts.id,
        version=facts.version,
        name=facts.name,
        email=facts.email,
        time_zone=facts.time_zone,
        colour=facts.colour,
        bookable=facts.bookable,
        active=facts.active,
        hours=hours,
    )


def client_out(facts: ClientFacts) -> ClientOut:
    return ClientOut(
        id=facts.id,
        version=facts.version,
        name=facts.name,
        email=facts.email,
        phone=facts.phone,
        language=facts.language,
        created_at=instant_out(facts.created_at),
    )


def service_out(facts: ServiceFacts) -> ServiceOut:
    return ServiceOut(
        id=facts.id,
        version=facts.version,
        name=facts.name,
        short_name=facts.short_name,
        minutes=facts.minutes,
        buffer_before=facts.buffer_before,
        buffer_after=facts.buffer_after,
        bookable=facts.bookable,
        place=facts.place,
    )


def appointment_out(facts: AppointmentFacts, sync: Sequence[SyncState] = ()) -> AppointmentOut:
    start, end = _times(facts)
    return AppointmentOut(
        id=facts.id,
        version=facts.version,
        kind=facts.kind,  # type: ignore[arg-type]  # the column has these values only
        title=facts.title,
        practitioner=facts.practitioner.id,
        practitioners=[p.id for p in facts.practitioners],
        client=facts.client.id if facts.client else None,
        client_name=facts.client.name if facts.client else "",
        casual_name=facts.casual_name,
        casual_phone=facts.casual_phone,
        service=facts.service.id if facts.service else None,
        location=facts.location,
        notes=facts.notes,
        occurrence=instant_out(facts.occurrence, facts.time_zone) if facts.occurrence else None,
        recurrence=None,
        start=start,
        end=end,
        time_zone=facts.time_zone,
        all_day=facts.all_day,
        overbooked=facts.overbooked,
        status=facts.status,  # type: ignore[arg-type]  # as with the kind
        cancelled_by=facts.cancelled_by or None,  # type: ignore[arg-type]  # as with the kind
        cancel_reason=facts.cancel_reason,
        sync=[sync_out(state) for state in sync],
        created_at=instant_out(facts.created_at),
        created_by=facts.created_by,
    )


def sync_out(state: SyncState) -> SyncOut:
    return SyncOut(connection=state.connection, state=state.state, reason=state.reason)  # type: ignore[arg-type]  # the selector names these states


def history_out(facts: HistoryFacts) -> HistoryOut:
    return HistoryOut(
        at=instant_out(facts.at),
        actor=facts.actor,
        step=facts.step,
        result=facts.result,
        connection=facts.connection,
    )


def audit_out(facts: AuditFacts) -> AuditOut:
    return AuditOut(
        at=instant_out(facts.at), actor=facts.actor, action=facts.action, object=facts.object
    )


def clash_out(actor: Actor, taken: Taken) -> dict[str, Any]:
    """Return what takes a time: when and from where it is known, never what it is."""
    clash = ClashOut(
        start=instant_out(taken.start),
        end=instant_out(taken.end),
        source=taken.source.value,
        practitioner=practitioner_uuid_of(actor, taken.practitioner_id),
    )
    return clash.model_dump(mode="json")


def current_out(current: object) -> dict[str, Any]:
    """Return the current state of whatever was stale, in the shape of its resource."""
    match current:
        case PractitionerFacts():
            return practitioner_out(current).model_dump(mode="json")
        case ClientFacts():
            return client_out(current).model_dump(mode="json")
        case ServiceFacts():
            return service_out(current).model_dump(mode="json")
        case AppointmentFacts():
            return appointment_out(current).model_dump(mode="json")
        case _:
            raise TypeError(f"no shape for {type(current).__name__}")


def _clock_end(end: time) -> str:
    return "24:00" if end == time() else f"{end:%H:%M}"


def _times(facts: AppointmentFacts) -> tuple[str, str]:
    if facts.first_day is not None and facts.end_day is not None:
        return facts.first_day.isoformat(), facts.end_day.isoformat()
    return instant_out(facts.start, facts.time_zone), instant_out(facts.end, facts.time_zone)
