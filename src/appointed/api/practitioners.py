"""`/practitioners`: who works here, and when."""

from __future__ import annotations

from datetime import time
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from appointed.api.inputs import (
    CONDITIONAL,
    REPEATABLE,
    Clock,
    Closed,
    EndClock,
    PageIn,
    actor_of,
    fields_of,
    once,
    version_of,
)
from appointed.api.outputs import (
    READ,
    WRITE,
    ListOut,
    PractitionerOut,
    list_out,
    practitioner_out,
    tagged,
)
from appointed.book.facts import Hours
from appointed.book.selectors.people import list_practitioners, practitioner_of
from appointed.book.services.practitioners import (
    PractitionerFields,
    change_practitioner,
    create_practitioner,
)

router = Router(tags=["Practitioners"])


class HoursIn(Closed):
    weekday: int
    start: Clock
    end: EndClock


class PractitionerIn(Closed):
    name: str
    email: str = ""
    time_zone: str = ""
    colour: str = ""
    bookable: bool = True
    active: bool = True
    hours: list[HoursIn] = []


class PractitionerChange(Closed):
    name: str = ""
    email: str = ""
    time_zone: str = ""
    colour: str = ""
    bookable: bool = True
    active: bool = True
    hours: list[HoursIn] = []


@router.post("", response={201: PractitionerOut, **WRITE}, openapi_extra=REPEATABLE)
def add_practitioner(request: HttpRequest, body: PractitionerIn, response: HttpResponse) -> Any:
    actor, fields = actor_of(request), _fields(body)
    made = once(request, lambda: create_practitioner(actor=actor, fields=fields).id)
    facts = practitioner_of(actor, made)
    return Status(201, tagged(response, practitioner_out(facts), facts.version))


@router.get("", response={200: ListOut[PractitionerOut], **READ})
def get_practitioners(request: HttpRequest, page: Query[PageIn]) -> Any:
    return list_out(list_practitioners(actor_of(request), page.paging()).of(practitioner_out))


@router.get("/{uuid:practitioner}", response={200: PractitionerOut, **READ})
def get_practitioner(request: HttpRequest, practitioner: UUID, response: HttpResponse) -> Any:
    facts = practitioner_of(actor_of(request), practitioner)
    return tagged(response, practitioner_out(facts), facts.version)


@router.patch(
    "/{uuid:practitioner}", response={200: PractitionerOut, **WRITE}, openapi_extra=CONDITIONAL
)
def patch_practitioner(
    request: HttpRequest, practitioner: UUID, body: PractitionerChange, response: HttpResponse
) -> Any:
    facts = change_practitioner(
        actor=actor_of(request),
        practitioner=practitioner,
        changes=_fields(body),
        version=version_of(request),
    )
    return tagged(response, practitioner_out(facts), facts.version)


def _fields(body: PractitionerIn | PractitionerChange) -> PractitionerFields:
    fields = fields_of(body)
    if "hours" in fields:
        fields["hours"] = [_hours(stretch) for stretch in body.hours]
    return cast("PractitionerFields", fields)


def _hours(stretch: HoursIn) -> Hours:
    end = "00:00" if stretch.end == "24:00" else stretch.end
    return Hours(stretch.weekday, time.fromisoformat(stretch.start), time.fromisoformat(end))
