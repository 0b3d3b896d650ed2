"""`/services`: what the practice offers."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from appointed.api.inputs import (
    CONDITIONAL,
    REPEATABLE,
    Closed,
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
    ServiceOut,
    list_out,
    service_out,
    tagged,
)
from appointed.book.selectors.people import list_services, service_of
from appointed.book.services.catalogue import ServiceFields, change_service, create_service

router = Router(tags=["Services"])


class ServiceIn(Closed):
    name: str
    short_name: str = ""
    minutes: int
    buffer_before: int = 0
    buffer_after: int = 0
    bookable: bool = True
    place: str = ""


class ServiceChange(Closed):
    name: str = ""
    short_name: str = ""
    minutes: int = 0
    buffer_before: int = 0
    buffer_after: int = 0
    bookable: bool = True
    place: str = ""


@router.post("", response={201: ServiceOut, **WRITE}, openapi_extra=REPEATABLE)
def add_service(request: HttpRequest, body: ServiceIn, response: HttpResponse) -> Any:
    actor, fields = actor_of(request), _fields(body)
    made = once(request, lambda: create_service(actor=actor, fields=fields).id)
    facts = service_of(actor, made)
    return Status(201, tagged(response, service_out(facts), facts.version))


@router.get("", response={200: ListOut[ServiceOut], **READ})
def get_services(request: HttpRequest, page: Query[PageIn]) -> Any:
    return list_out(list_services(actor_of(request), page.paging()).of(service_out))


@router.get("/{uuid:service}", response={200: ServiceOut, **READ})
def get_service(request: HttpRequest, service: UUID, response: HttpResponse) -> Any:
    facts = service_of(actor_of(request), service)
    return tagged(response, service_out(facts), facts.version)


@router.patch("/{uuid:service}", response={200: ServiceOut, **WRITE}, openapi_extra=CONDITIONAL)
def patch_service(
    request: HttpRequest, service: UUID, body: ServiceChange, response: HttpResponse
) -> Any:
    facts = change_service(
        actor=actor_of(request),
        service=service,
        changes=_fields(body),
        version=version_of(request),
    )
    return tagged(response, service_out(facts), facts.version)


def _fields(body: ServiceIn | ServiceChange) -> ServiceFields:
    return cast("ServiceFields", fields_of(body))
