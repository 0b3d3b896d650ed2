"""Clients: kept, changed, erased."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from appointed.book.access import Action, Actor, require, require_for_somebody
from appointed.book.facts import ClientFacts, client_facts
from appointed.book.models import Appointment, Client, HistoryEntry, Notice
from appointed.book.services.records import note_audit, note_changes_of
from appointed.book.services.rows import locked, refuse_stale, save_changes
from appointed.book.validation import checking
from appointed.core.texts import digits_of, folded


class ClientFields(TypedDict, total=False):
    """What is known of a client; a change names only what is different."""

    name: str
    email: str
    phone: str
    language: str


@transaction.atomic
def create_client(*, actor: Actor, fields: ClientFields) -> ClientFacts:
    """Keep a new client. Raises: `Refused`, `Invalid`."""
    require_for_somebody(actor, Action.BOOK)
    checked = _checked({"name": "", **fields})
    row = Client(practice_id=actor.practice_id, **checked)
    _set_keys(row)
    row.save()
    note_audit(actor=actor, action="client.created", kind="client", uuid=row.uuid)
    return client_facts(row)


@transaction.atomic
def change_client(
    *, actor: Actor, client: UUID, changes: ClientFields, version: int | None = None
) -> ClientFacts:
    """Change what is known of a client. Raises: `Refused`, `Missing`, `Stale`, `Invalid`."""
    require_for_somebody(actor, Action.BOOK)
    row = locked(_standing(actor), client)
    refuse_stale(row, version, client_facts)
    if save_changes(row, _checked(changes)):
        _set_keys(row)
        row.save(update_fields=["search_key", "sort_key"])
        note_changes_of(client=row)
        note_audit(actor=actor, action="client.changed", kind="client", uuid=row.uuid)
    return client_facts(row)


@transaction.atomic
def erase_client(*, actor: Actor, client: UUID, version: int | None = None) -> None:
    """Erase what identifies a client, also in appointments and mails; the times stay.

    Raises: `Refused`, `Missing`, `Stale`.
    """
    require(actor, Action.AUDIT)
    row = locked(_standing(actor), client)
    refuse_stale(row, version, client_facts)
    Client.objects.filter(pk=row.pk).update(
        name="", email="", phone="", language="", search_key="", sort_key="", erased_at=Now()
    )
    theirs = Appointment.objects.filter(client=row)
    theirs.update(title="", notes="", cancel_reason="", version=F("version") + 1)
    Notice.objects.filter(client=row).update(email="", payload={})
    Notice.objects.filter(client=row, state=Notice.State.WAITING).update(state=Notice.State.KEPT)
    HistoryEntry.objects.filter(appointment__in=theirs).update(detail={})
    note_changes_of(client=row)
    note_audit(actor=actor, action="client.erased", kind="client", uuid=row.uuid)


def _standing(actor: Actor) -> QuerySet[Client, Client]:
    return Client.objects.filter(practice_id=actor.practice_id, erased_at=None)


def _checked(fields: ClientFields) -> ClientFields:
    kept: ClientFields = {}
    with checking() as faults:
        if "name" in fields:
            kept["name"] = faults.line("name", fields["name"], required=True)
        if "email" in fields:
            kept["email"] = faults.email("email", fields["email"])
        if "phone" in fields:
            kept["phone"] = faults.line("phone", fields["phone"], limit=100)
        if "language" in fields:
            kept["language"] = faults.line("language", fields["language"], limit=16)
    return kept


def _set_keys(row: Client) -> None:
    row.sort_key = folded(row.name)[:500]
    row.search_key = f"{folded(row.name)} {folded(row.email)} {digits_of(row.phone)}"
