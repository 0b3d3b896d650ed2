"""What has not reached a calendar yet, appointment by appointment: the queue of manual mode."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from appointed.book.access import Actor
from appointed.book.facts import AppointmentFacts, occurrence_facts
from appointed.book.models import Change, Occurrence
from appointed.sync.facts import UNSETTLED
from appointed.sync.models import Link
from appointed.sync.services.finding import connection_for

MOST = 500


def waiting_appointments(actor: Actor, connection: UUID) -> list[AppointmentFacts]:
    """Return the appointments of which the calendar does not have the last state, by start.

    Raises: `Refused`, `Missing`.
    """
    row = connection_for(actor, connection)
    if not row.choices.filter(push=True).exists():
        return []
    changed = Change.objects.filter(practitioner=row.practitioner_id)
    unsettled = Link.objects.filter(
        state__in=UNSETTLED, practitioner=row.practitioner_id, target__account=row.account_id
    )
    times = (
        Occurrence.objects.filter(practitioner=row.practitioner_id)
        .filter(
            Q(appointment__in=changed.values("appointment"))
            | Q(appointment__in=unsettled.values("appointment"))
        )
        .select_related("appointment__client", "appointment__service")
        .prefetch_related("appointment__parts__practitioner")
        .order_by("during", "pk")
    )
    return [
        occurrence_facts(time, time.appointment)
        for time in times[:MOST]
        if time.appointment is not None
    ]
