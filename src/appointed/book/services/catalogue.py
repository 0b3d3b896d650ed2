"""Services that the practice offers."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from django.db import transaction

from appointed.book.access import Action, Actor, require
from appointed.book.facts import ServiceFacts, service_facts
from appointed.book.models import Service
from appointed.book.services.records import note_audit, note_changes_of
from appointed.book.services.rows import locked, refuse_stale, save_changes
from appointed.book.validation import checking

LONGEST = 24 * 60
LONGEST_BUFFER = 240
SHOWN = ("name", "short_name", "place")
"""What calendars show of a service."""


class ServiceFields(TypedDict, total=False):
    """What a service is; a change names only what is different."""

    name: str
    short_name: str
    minutes: int
    buffer_before: int
    buffer_after: int
    bookable: bool
    place: str


@transaction.atomic
def create_service(*, actor: Actor, fields: ServiceFields) -> ServiceFacts:
    """Offer a new service. Raises: `Refused`, `Invalid`."""
    require(actor, Action.SET_UP)
    checked = _checked({"name": "", "minutes": 0, **fields})
    row = Service.objects.create(practice_id=actor.practice_id, **checked)
    note_audit(actor=actor, action="service.created", kind="service", uuid=row.uuid)
    return service_facts(row)


@transaction.atomic
def change_service(
    *, actor: Actor, service: UUID, changes: ServiceFields, version: int | None = None
) -> ServiceFacts:
    """Change a service; appointments keep their times and buffers until they are moved.

    Raises: `Refused`, `Missing`, `Stale`, `Invalid`.
    """
    require(actor, Action.SET_UP)
    row = locked(Service.objects.filter(practice_id=actor.practice_id), service)
    refuse_stale(row, version, service_facts)
    before = [getattr(row, field) for field in SHOWN]
    if save_changes(row, _checked(changes)):
        if before != [getattr(row, field) for field in SHOWN]:
            note_changes_of(service=row)
        note_audit(actor=actor, action="service.changed", kind="service", uuid=row.uuid)
    return service_facts(row)


def _checked(fields: ServiceFields) -> ServiceFields:
    kept = fields.copy()
    with checking() as faults:
        if "name" in fields:
            kept["name"] = faults.line("name", fields["name"], required=True)
        if "short_name" in fields:
            kept["short_name"] = faults.line("short_name", fields["short_name"], limit=50)
        if "place" in fields:
            kept["place"] = faults.line("place", fields["place"])
        if "minutes" in fields:
            faults.number("minutes", fields["minutes"], least=1, most=LONGEST)
        if "buffer_before" in fields:
            faults.number("buffer_before", fields["buffer_before"], least=0, most=LONGEST_BUFFER)
        if "buffer_after" in fields:
            faults.number("buffer_after", fields["buffer_after"], least=0, most=LONGEST_BUFFER)
    return kept
