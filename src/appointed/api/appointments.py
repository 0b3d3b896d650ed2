"""`/appointments`: the book itself."""

from __future__ import annotations

from typing import Any, Literal, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status
from pydantic import Field

from appointed.api.inputs import (
    BOTH,
    CONDITIONAL,
    REPEATABLE,
    Closed,
    PageIn,
    actor_of,
    day,
    edge,
    fields_of,
    instant,
    once,
    version_of,
)
from appointed.api.outputs import (
    READ,
    WRITE,
    AppointmentOut,
    HistoryOut,
    ListOut,
    appointment_out,
    history_out,
    list_out,
    tagged,
)
from appointed.book.access import Actor
from appointed.book.errors import Invalid
from appointed.book.facts import AppointmentFacts
from appointed.book.selectors.appointments import (
    appointment_of,
    list_appointments,
    list_history,
)
from appointed.book.selectors.people import practice_of, practitioner_of, practitioner_pk_of
from appointed.scheduling.appointments import (
    book_appointment,
    cancel_appointment,
    change_appointment,
)
from appointed.scheduling.wishes import AppointmentFields
from appointed.sync.selectors import sync_states

router = Router(tags=["Appointments"])

Kind = Literal["client", "casual", "meeting", "unavailable"]
NewStatus = Literal["booked", "confirmed", "arrived", "in_session", "done", "did_not_arrive"]
Scope = Literal["this", "following", "all"]

WAYS = frozenset(
    {"practitioner", "allow_clash", "tell_client", "recurrence", "scope", "occurrence"}
)
NO_SERIES = "Series cannot be booked yet. Book the appointments one by one."


class RecurrenceIn(Closed):
    rrule: str
    rdates: list[str] = []
    exdates: list[str] = []


class AppointmentIn(Closed):
    kind: Kind
    practitioner: UUID | None = None
    practitioners: list[UUID] = []
    start: str
    end: str = Field("", description="May be left out where a service says how long.")
    time_zone: str = Field("", description="The practitioner's unless said.")
    all_day: bool = Field(default=False, description="`start`, `end` are days, `end` exclusive.")
    title: str = ""
    client: UUID | None = None
    casual_name: str = ""
    casual_phone: str = ""
    service: UUID | None = None
    location: str = ""
    notes: str = ""
    recurrence: RecurrenceIn | None = None
    allow_clash: bool = False
    tell_client: bool = False


class AppointmentChange(Closed):
    kind: Kind = "client"
    practitioner: UUID | None = None
    practitioners: list[UUID] = []
    start: str = ""
    end: str = ""
    time_zone: str = ""
    all_day: bool = False
    title: str = ""
    client: UUID | None = None
    casual_name: str = ""
    casual_phone: str = ""
    service: UUID | None = None
    location: str = ""
    notes: str = ""
    status: NewStatus = Field("booked", description="`booked` books a cancelled one again.")
    recurrence: RecurrenceIn | None = None
    scope: Scope | None = None
    occurrence: str | None = None
    allow_clash: bool = False
    tell_client: bool = False


class CancelIn(Closed):
    reason: str = ""
    tell_client: bool = False
    scope: Scope | None = None
    occurrence: str | None = None


class Range(PageIn):
    practitioner: UUID | None = None
    client: UUID | None = None
    start: str = Field("", alias="from", description="A time with offset, or a day.")
    end: str = Field("", alias="to", description="The same; the range is half-open.")
    cancelled: bool = False


@router.post("", response={201: AppointmentOut, **WRITE}, openapi_extra=REPEATABLE)
def add_appointment(request: HttpRequest, body: AppointmentIn, response: HttpResponse) -> Any:
    actor, wish = actor_of(request), _wish(body, all_day=body.all_day)
    made = once(
        request,
        lambda: (
            book_appointment(
                actor=actor, wish=wish, allow_clash=body.allow_clash, tell=body.tell_client
            ).id
        ),
    )
    facts = appointment_of(actor, made)
    return Status(201, tagged(response, _out(facts), facts.version))


@router.get("", response={200: ListOut[AppointmentOut], **READ})
def get_appointments(request: HttpRequest, asked: Query[Range]) -> Any:
    """One item an occurrence and practitioner, by start."""
    actor = actor_of(request)
    pk, zone = _whose(actor, asked.practitioner)
    page = list_appointments(
        actor,
        asked.paging(),
        practitioner=pk,
        client=asked.client,
        start=edge(asked.start, "from", zone) if asked.start else None,
        end=edge(asked.end, "to", zone) if asked.end else None,
        cancelled=asked.cancelled,
    )
    states = sync_states(sorted({facts.appointment_pk for facts in page.items}))
    return list_out(
        page.of(
            lambda facts: appointment_out(
                facts,
                [
                    state
                    for state in states.get(facts.appointment_pk, [])
                    if state.practitioner_id == facts.practitioner_pk
                ],
            )
        )
    )


@router.get("/{uuid:appointment}", response={200: AppointmentOut, **READ})
def get_appointment(request: HttpRequest, appointment: UUID, response: HttpResponse) -> Any:
    facts = appointment_of(actor_of(request), appointment)
    return tagged(response, _out(facts), facts.version)


@router.patch(
    "/{uuid:appointment}", response={200: AppointmentOut, **WRITE}, openapi_extra=CONDITIONAL
)
def patch_appointment(
    request: HttpRequest, appointment: UUID, body: AppointmentChange, response: HttpResponse
) -> Any:
    actor = actor_of(request)
    standing = appointment_of(actor, appointment)
    said_all_day = body.all_day if "all_day" in body.model_fields_set else standing.all_day
    _refuse_series(body)
    facts = change_appointment(
        actor=actor,
        appointment=appointment,
        changes=_wish(body, all_day=said_all_day),
        version=version_of(request),
        allow_clash=body.allow_clash,
        tell=body.tell_client,
    )
    return tagged(response, _out(facts), facts.version)


@router.post(
    "/{uuid:appointment}/cancel", response={200: AppointmentOut, **WRITE}, openapi_extra=BOTH
)
def cancel(
    request: HttpRequest,
    appointment: UUID,
    response: HttpResponse,
    body: CancelIn | None = None,
) -> Any:
    """Cancel it; cancelling it twice changes nothing more."""
    actor, wish = actor_of(request), body or CancelIn()
    _refuse_series(wish)
    done = once(
        request,
        lambda: (
            cancel_appointment(
                actor=actor,
                appointment=appointment,
                reason=wish.reason,
                tell=wish.tell_client,
                version=version_of(request),
            ).id
        ),
    )
    facts = appointment_of(actor, done)
    return tagged(response, _out(facts), facts.version)


@router.get("/{uuid:appointment}/history", response={200: ListOut[HistoryOut], **READ})
def get_history(request: HttpRequest, appointment: UUID, page: Query[PageIn]) -> Any:
    """Tell what happened to it, step by step."""
    found = list_history(actor_of(request), appointment, page.paging())
    return list_out(found.of(history_out))


def _out(facts: AppointmentFacts) -> AppointmentOut:
    return appointment_out(facts, sync_states([facts.appointment_pk]).get(facts.appointment_pk, []))


def _wish(body: AppointmentIn | AppointmentChange, *, all_day: bool) -> AppointmentFields:
    if body.recurrence is not None:
        raise Invalid({"recurrence": NO_SERIES})
    fields = fields_of(body, without=WAYS)
    if body.practitioner is not None:
        if body.practitioners:
            raise Invalid({"practitioners": "Name practitioner or practitioners, not both."})
        fields["practitioners"] = [body.practitioner]
    for field in ("start", "end"):
        if field in fields:
            read = day if all_day else instant
            fields[field] = read(fields[field], field)
    return cast("AppointmentFields", fields)


def _refuse_series(body: AppointmentChange | CancelIn) -> None:
    if body.occurrence is not None or body.scope in {"this", "following"}:
        raise Invalid({"scope": "This is a single appointment. Leave scope and occurrence out."})


def _whose(actor: Actor, practitioner: UUID | None) -> tuple[int | None, str]:
    """Return whose times are asked for, and the zone in which days begin."""
    if practitioner is None:
        return None, practice_of(actor).time_zone
    zone = practitioner_of(actor, practitioner).time_zone
    return practitioner_pk_of(actor, practitioner), zone
