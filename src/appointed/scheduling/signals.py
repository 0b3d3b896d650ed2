"""What a person did in a calendar and the engine verified, taken over into the book."""

from __future__ import annotations

from uuid import UUID

from appointed.book.models import Appointment, AppointmentPractitioner
from appointed.book.services.locks import lock_practitioners
from appointed.book.services.records import note_change, note_history
from appointed.scheduling.appointments import end_appointment
from appointed.scheduling.telling import tell_client as ask_mail
from appointed.sync.models import Connection
from appointed.sync.signals import DeletedOutside
from appointed.sync.wakeups import wake_practitioners

CALENDAR = "calendar"
REASON = "Deleted in the calendar"


def apply_signal(signal: DeletedOutside) -> None:
    """Cancel what was deleted in a calendar, in the transaction that is open."""
    uuids = Connection.objects.filter(pk=signal.connection_id).values_list("uuid", flat=True)
    cancel_by_calendar(
        appointment_id=signal.appointment_id,
        practitioner_id=signal.practitioner_id,
        reason=REASON,
        evidence=signal.evidence,
        tell_client=signal.tell_client,
        connection=uuids.first(),
    )


def cancel_by_calendar(
    *,
    appointment_id: int,
    practitioner_id: int,
    reason: str,
    evidence: str,
    tell_client: bool,
    connection: UUID | None = None,
) -> None:
    """Cancel an appointment because its event was deleted; twice changes nothing more.

    The calendars of the other practitioners are told; the one who deleted it knows. Belongs
    into the transaction that says so of the link.
    """
    people = _practitioners(appointment_id)
    lock_practitioners(people)
    row = Appointment.objects.select_for_update(no_key=True).get(pk=appointment_id)
    if row.status == Appointment.Status.CANCELLED:
        return
    end_appointment(row, cancelled_by=Appointment.CancelledBy.CALENDAR, reason=reason)
    others = _practitioners(appointment_id) - {practitioner_id}
    note_change(appointment=row, practitioners=others)
    note_history(
        appointment=row,
        actor=CALENDAR,
        step="cancelled",
        result=reason,
        detail={"evidence": evidence},
        connection=connection,
    )
    if tell_client:
        ask_mail(row=row, actor=CALENDAR, reason="cancelled")
    wake_practitioners(others)


def _practitioners(appointment_id: int) -> frozenset[int]:
    parts = AppointmentPractitioner.objects.filter(appointment=appointment_id)
    return frozenset(parts.values_list("practitioner_id", flat=True))
