"""Practitioners and their working hours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict
from uuid import UUID

from django.db import transaction

from appointed.book.access import Action, Actor, may, require
from appointed.book.errors import Refused
from appointed.book.facts import Hours, PractitionerFacts, practitioner_facts
from appointed.book.models import Practice, Practitioner, WorkingHours
from appointed.book.services.records import note_audit
from appointed.book.services.rows import locked, refuse_stale, save_changes
from appointed.book.validation import checking


class PractitionerFields(TypedDict, total=False):
    """What is known of a practitioner; a change names only what is different."""

    name: str
    email: str
    time_zone: str
    colour: str
    bookable: bool
    active: bool
    hours: Sequence[Hours]


@transaction.atomic
def create_practitioner(*, actor: Actor, fields: PractitionerFields) -> PractitionerFacts:
    """Keep a new practitioner; the zone is the practice's unless said.

    Raises: `Refused`, `Invalid`.
    """
    require(actor, Action.SET_UP)
    zone = Practice.objects.values_list("time_zone", flat=True).get(pk=actor.practice_id)
    checked = _checked({"name": "", "time_zone": zone, **fields})
    hours = checked.pop("hours", ())
    row = Practitioner.objects.create(practice_id=actor.practice_id, **checked)
    _keep_hours(row, hours)
    note_audit(actor=actor, action="practitioner.created", kind="practitioner", uuid=row.uuid)
    return practitioner_facts(row)


@transaction.atomic
def change_practitioner(
    *,
    actor: Actor,
    practitioner: UUID,
    changes: PractitionerFields,
    version: int | None = None,
) -> PractitionerFacts:
    """Change a practitioner; practitioners themselves may change their own hours only.

    Raises: `Refused`, `Missing`, `Stale`, `Invalid`.
    """
    row = locked(Practitioner.objects.filter(practice_id=actor.practice_id), practitioner)
    _require_change(actor, row, changes)
    refuse_stale(row, version, practitioner_facts)
    checked = _checked(changes)
    hours = checked.pop("hours", None)
    moved = hours is not None and tuple(hours) != practitioner_facts(row).hours
    if save_changes(row, checked, touched=moved):
        if moved and hours is not None:
            _keep_hours(row, hours)
        note_audit(actor=actor, action="practitioner.changed", kind="practitioner", uuid=row.uuid)
    return practitioner_facts(row)


def _require_change(actor: Actor, row: Practitioner, changes: PractitionerFields) -> None:
    if may(actor, Action.SET_UP):
        return
    if set(changes) - {"hours"} or not may(actor, Action.SET_HOURS, row.pk):
        raise Refused


def _keep_hours(row: Practitioner, hours: Sequence[Hours]) -> None:
    row.hours.all().delete()
    WorkingHours.objects.bulk_create(
        WorkingHours(practitioner=row, weekday=h.weekday, start=h.start, end=h.end) for h in hours
    )


def _checked(fields: PractitionerFields) -> PractitionerFields:
    kept = fields.copy()
    with checking() as faults:
        if "name" in fields:
            kept["name"] = faults.line("name", fields["name"], required=True)
        if "email" in fields:
            kept["email"] = faults.email("email", fields["email"])
        if "time_zone" in fields:
            faults.zone("time_zone", fields["time_zone"])
        if "colour" in fields:
            kept["colour"] = faults.colour("colour", fields["colour"])
        if "hours" in fields:
            kept["hours"] = faults.hours("hours", fields["hours"])
    return kept
