"""What the book wants in a calendar: appointments of a practitioner as values of the core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings as django_settings
from django.db.models import Q

from appointed.book.models import Appointment, Occurrence, Practitioner
from appointed.core.choices import SyncSettings, from_stored
from appointed.core.events import AllDay, Timed, When
from appointed.core.steps import Absent, Wanted, Why
from appointed.core.windows import Window, window_around
from appointed.core.wording import BookEntry, Kind, wanted_of
from appointed.sync import models


@dataclass(frozen=True, slots=True)
class Pushing:
    """What is needed to say what a connection wants: its practitioner, settings and calendar."""

    practitioner: Practitioner
    settings: SyncSettings
    window: Window
    calendar_id: str


def pushing_of(
    connection: models.Connection, calendar: models.ExternalCalendar, now: datetime
) -> Pushing:
    """Return what a connection that pushes to `calendar` wants to know of itself."""
    settings = from_stored(connection.settings)
    zone = connection.practitioner.time_zone
    window = window_around(
        now,
        zone,
        days_in_arrears=settings.days_in_arrears,
        days_in_advance=settings.days_in_advance,
    )
    return Pushing(connection.practitioner, settings, window, str(calendar.pk))


def appointments_in(pushing: Pushing) -> list[int]:
    """Return the appointments that have any time inside the window, cancelled ones included."""
    window = pushing.window
    times = Occurrence.objects.filter(
        practitioner=pushing.practitioner,
        appointment__isnull=False,
        during__overlap=(window.start, window.end),
    )
    return [pk for pk in times.values_list("appointment_id", flat=True).distinct() if pk]


def wanted_by_appointment(pushing: Pushing, appointment_ids: Iterable[int]) -> dict[int, Wanted]:
    """Return what each of the appointments wants; two queries, however many they are."""
    found = (
        Appointment.objects.select_related("client", "service", "practice")
        .filter(pk__in=list(appointment_ids))
        .order_by("pk")
    )
    appointments = {a.pk: a for a in found}
    times = _times(pushing.practitioner, appointments)
    return {
        pk: _wanted(pushing, appointment, times.get(pk)) for pk, appointment in appointments.items()
    }


def _times(
    practitioner: Practitioner, appointments: Mapping[int, Appointment]
) -> dict[int, Occurrence]:
    found = (
        Occurrence.objects.filter(practitioner=practitioner, appointment__in=list(appointments))
        .filter(Q(active=True) | Q(appointment__status=Appointment.Status.CANCELLED))
        .order_by("active", "pk")
    )
    return {o.appointment_id: o for o in found if o.appointment_id is not None}


def _wanted(pushing: Pushing, appointment: Appointment, time: Occurrence | None) -> Wanted:
    if time is None:
        return Absent(Why.HANDED_OVER)
    entry = _entry(appointment, time)
    return wanted_of(entry, pushing.settings, pushing.window, pushing.calendar_id)


def _entry(appointment: Appointment, time: Occurrence) -> BookEntry:
    client, service = appointment.client, appointment.service
    return BookEntry(
        kind=Kind(appointment.kind),
        when=_when(appointment, time),
        title=appointment.title,
        client_name=client.name if client else appointment.casual_name,
        client_code=str(client.uuid)[:4].upper() if client else "",
        phone=client.phone if client else appointment.casual_phone,
        service=service.name if service else "",
        service_short=(service.short_name or service.name) if service else "",
        place=appointment.location or (service.place if service else ""),
        notes=appointment.notes,
        link=book_link(appointment),
        recurring=bool(appointment.rrule),
        cancelled=appointment.status == Appointment.Status.CANCELLED,
        cancelled_outside=appointment.cancelled_by == Appointment.CancelledBy.CALENDAR,
    )


def book_link(appointment: Appointment) -> str:
    """Return the address of an appointment's page; empty where there is no public address."""
    base = django_settings.APPOINTED_PUBLIC_URL
    return f"{base}/appointments/{appointment.uuid}" if base else ""


def _when(appointment: Appointment, time: Occurrence) -> When:
    if appointment.all_day and appointment.first_day and appointment.end_day:
        return AllDay(appointment.first_day, appointment.end_day)
    zone = ZoneInfo(appointment.time_zone)
    return Timed(
        time.during.lower.astimezone(zone),
        time.during.upper.astimezone(zone),
        appointment.time_zone,
    )
