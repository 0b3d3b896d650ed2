"""What is noted beside a change: for the calendars, for people, for the auditor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from appointed.book.access import Actor
from appointed.book.models import (
    Appointment,
    AuditEntry,
    Change,
    HistoryEntry,
    Notice,
    Occurrence,
)


def note_change(*, appointment: Appointment, practitioners: Iterable[int]) -> None:
    """Say that these practitioners' calendars are no longer right about this appointment.

    Name also the one who lost it. Ids of rows; one `Change` each.
    """
    Change.objects.bulk_create(
        Change(appointment=appointment, practitioner_id=practitioner)
        for practitioner in sorted(set(practitioners))
    )


def note_changes_of(**which: Any) -> None:
    """Note a change for every standing appointment that fits (its client, its service)."""
    pairs = Occurrence.objects.filter(
        active=True, **{f"appointment__{field}": value for field, value in which.items()}
    ).values_list("appointment_id", "practitioner_id")
    Change.objects.bulk_create(
        Change(appointment_id=appointment, practitioner_id=practitioner)
        for appointment, practitioner in pairs.distinct()
    )


def note_history(
    *,
    appointment: Appointment,
    actor: str,
    step: str,
    result: str = "",
    detail: Mapping[str, Any] | None = None,
    connection: UUID | None = None,
) -> None:
    """Add a line to what happened to an appointment."""
    HistoryEntry.objects.create(
        appointment=appointment,
        actor=actor,
        step=step,
        result=result,
        detail=dict(detail or {}),
        connection=connection,
    )


def note_audit(*, actor: Actor, action: str, kind: str = "", uuid: UUID | None = None) -> None:
    """Add a line to the record of who did what."""
    AuditEntry.objects.create(
        practice_id=actor.practice_id,
        actor=actor.name,
        actor_ref=actor.reference,
        action=action,
        object=f"{kind}:{uuid}" if uuid else kind,
    )


def ask_notice(
    *,
    appointment: Appointment,
    reason: str,
    occurrence: str = "",
    payload: Mapping[str, Any] | None = None,
) -> bool:
    """Have the client told, once per version and reason; say whether there is an address.

    Asking for the same again changes nothing.
    """
    client = appointment.client
    if client is None or not client.email or client.erased_at is not None:
        return False
    key = f"{appointment.uuid}/{occurrence}/{reason}/{appointment.version}"
    Notice.objects.bulk_create(
        [
            Notice(
                practice_id=appointment.practice_id,
                key=key,
                reason=reason,
                appointment=appointment,
                client=client,
                email=client.email,
                payload=dict(payload or {}),
            )
        ],
        ignore_conflicts=True,
    )
    return True
