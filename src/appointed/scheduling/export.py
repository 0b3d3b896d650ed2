"""The book as a file that any calendar reads."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from appointed.book.access import Actor
from appointed.book.facts import AppointmentFacts
from appointed.book.selectors.appointments import list_appointments
from appointed.book.selectors.pages import Paging
from appointed.book.selectors.people import practitioner_pk_of
from appointed.core.choices import SyncSettings
from appointed.core.events import AllDay, Timed, When
from appointed.core.wording import BookEntry, Kind, describe
from appointed.ical.collection import events_as_calendar

MOST = 1000


def export_appointments(
    actor: Actor, start: datetime, *, end: datetime, now: datetime, practitioner: UUID | None = None
) -> bytes:
    """Return the appointments of a range as iCalendar, clients by their initials.

    The same appointment bears the same UID in every export. Raises: `Refused`, `Missing`.
    """
    only = None if practitioner is None else practitioner_pk_of(actor, practitioner)
    entries: list[AppointmentFacts] = []
    cursor: str | None = ""
    while cursor is not None:
        page = list_appointments(
            actor, Paging(limit=MOST, cursor=cursor), practitioner=only, start=start, end=end
        )
        entries += page.items
        cursor = page.next
    settings = SyncSettings()
    events = [(_uid(entry), describe(_entry(entry), settings)) for entry in entries]
    return events_as_calendar(events, now=now)


def _uid(entry: AppointmentFacts) -> str:
    when = f"-{entry.occurrence:%Y%m%dT%H%M%SZ}" if entry.occurrence else ""
    return f"{entry.id}{when}-{entry.practitioner.id.hex[:8]}"


def _entry(entry: AppointmentFacts) -> BookEntry:
    return BookEntry(
        kind=Kind(entry.kind),
        when=_when(entry),
        title=entry.title,
        client_name=entry.client.name if entry.client else entry.casual_name,
        service=entry.service.name if entry.service else "",
        service_short=entry.service.name if entry.service else "",
        place=entry.location,
    )


def _when(entry: AppointmentFacts) -> When:
    if entry.first_day is not None and entry.end_day is not None:
        return AllDay(entry.first_day, entry.end_day)
    zone = ZoneInfo(entry.time_zone)
    return Timed(entry.start.astimezone(zone), entry.end.astimezone(zone), entry.time_zone)
