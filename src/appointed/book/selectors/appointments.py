"""The book itself: appointments by id and by time, their history, and what is taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import DateTimeField, Func, Q, QuerySet

from appointed.book.access import Action, Actor, require
from appointed.book.errors import Missing
from appointed.book.facts import AppointmentFacts, HistoryFacts, occurrence_facts
from appointed.book.models import Appointment, HistoryEntry, Occurrence
from appointed.book.selectors.pages import Page, Paging, page_of

LOADED = ("appointment__client", "appointment__service")


class Lower(Func):
    """The start of a range."""

    function = "lower"
    output_field = DateTimeField()


def appointment_of(actor: Actor, appointment: UUID) -> AppointmentFacts:
    """Return an appointment; of a series its first occurrence. Raises: `Missing`."""
    row = (
        _occurrences(actor)
        .filter(appointment__uuid=appointment)
        .annotate(starts=Lower("during"))
        .order_by("starts", "practitioner_id")
        .first()
    )
    if row is None or row.appointment is None:
        raise Missing("appointment")
    return occurrence_facts(row, row.appointment)


def list_appointments(
    actor: Actor,
    paging: Paging,
    *,
    practitioner: int | None = None,
    client: UUID | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    cancelled: bool = False,
) -> Page[AppointmentFacts]:
    """Return one item an occurrence and practitioner, by start; the range is half-open."""
    rows = _occurrences(actor)
    if practitioner is not None:
        rows = rows.filter(practitioner=practitioner)
    if client is not None:
        rows = rows.filter(appointment__client__uuid=client)
    if start is not None or end is not None:
        rows = rows.filter(during__overlap=(start, end))
    if not cancelled:
        rows = rows.exclude(appointment__status=Appointment.Status.CANCELLED)
    page = page_of(rows.annotate(starts=Lower("during")), paging, ["starts", "id"])
    return page.of(_facts)


def appointments_between(
    actor: Actor, practitioner: int, *, start: datetime, end: datetime
) -> list[AppointmentFacts]:
    """Return all standing occurrences of a practitioner in the half-open range, by start."""
    rows = _occurrences(actor).filter(
        practitioner=practitioner, active=True, during__overlap=(start, end)
    )
    return [_facts(row) for row in rows.order_by("during", "id")]


def list_history(actor: Actor, appointment: UUID, paging: Paging) -> Page[HistoryFacts]:
    """Return what happened to an appointment, oldest first. Raises: `Missing`."""
    found = appointment_of(actor, appointment)
    rows = HistoryEntry.objects.filter(appointment=found.appointment_pk)
    return page_of(rows, paging, ["id"]).of(
        lambda row: HistoryFacts(row.at, row.actor, row.step, row.result, row.connection)
    )


def taken_times(
    *,
    practitioner_ids: Sequence[int],
    start: datetime,
    end: datetime,
    without: int | None = None,
) -> list[Occurrence]:
    """Return the active occurrences (holds too) whose `blocked` overlaps, but not of `without`.

    For other layers and services; who may see them is the caller's to know.
    """
    rows = Occurrence.objects.filter(
        practitioner__in=list(practitioner_ids), active=True, blocked__overlap=(start, end)
    )
    if without is not None:
        rows = rows.filter(~Q(appointment=without) | Q(appointment=None))
    return list(rows.order_by("blocked", "id"))


def _facts(row: Occurrence) -> AppointmentFacts:
    if row.appointment is None:
        raise Missing("appointment")
    return occurrence_facts(row, row.appointment)


def _occurrences(actor: Actor) -> QuerySet[Occurrence, Occurrence]:
    require(actor, Action.SEE_BOOK)
    return (
        Occurrence.objects.filter(appointment__practice=actor.practice_id)
        .select_related(*LOADED)
        .prefetch_related("appointment__parts__practitioner")
    )
