"""`/clients`: whom the practice serves."""

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
    ClientOut,
    ListOut,
    client_out,
    list_out,
    tagged,
)
from appointed.book.selectors.people import client_of, list_clients
from appointed.book.services.clients import (
    ClientFields,
    change_client,
    create_client,
    erase_client,
)

router = Router(tags=["Clients"])


class ClientIn(Closed):
    name: str
    email: str = ""
    phone: str = ""
    language: str = ""


class ClientChange(Closed):
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""


@router.post("", response={201: ClientOut, **WRITE}, openapi_extra=REPEATABLE)
def add_client(request: HttpRequest, body: ClientIn, response: HttpResponse) -> Any:
    actor, fields = actor_of(request), _fields(body)
    made = once(request, lambda: create_client(actor=actor, fields=fields).id)
    facts = client_of(actor, made)
    return Status(201, tagged(response, client_out(facts), facts.version))


@router.get("", response={200: ListOut[ClientOut], **READ})
def get_clients(request: HttpRequest, page: Query[PageIn], q: str = "") -> Any:
    found = list_clients(actor_of(request), page.paging(), search=q)
    return list_out(found.of(client_out))


@router.get("/{uuid:client}", response={200: ClientOut, **READ})
def get_client(request: HttpRequest, client: UUID, response: HttpResponse) -> Any:
    facts = client_of(actor_of(request), client)
    return tagged(response, client_out(facts), facts.version)


@router.patch("/{uuid:client}", response={200: ClientOut, **WRITE}, openapi_extra=CONDITIONAL)
def patch_client(
    request: HttpRequest, client: UUID, body: ClientChange, response: HttpResponse
) -> Any:
    facts = change_client(
        actor=actor_of(request),
        client=client,
        changes=_fields(body),
        version=version_of(request),
    )
    return tagged(response, client_out(facts), facts.version)


@router.delete("/{uuid:client}", response={204: None, **WRITE}, openapi_extra=CONDITIONAL)
def delete_client(request: HttpRequest, client: UUID) -> Any:
    """Erase a client: what identifies him goes for good, past times keep their place."""
    erase_client(actor=actor_of(request), client=client, version=version_of(request))
    return Status(204, None)


def _fields(body: ClientIn | ClientChange) -> ClientFields:
    return cast("ClientFields", fields_of(body))
