"""What a person sees of an event, and the calendar text that says it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, cast
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component, Event, vRecur

PRODUCT = "-//The other side//A phone in a demo//EN"
MOST_OCCURRENCES = 200
"""Of one event in what is shown at once; a rule that repeats by the second stops here."""


class NotAnEvent(Exception):
    """The text holds no event that can be shown."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person fills in. `start` and `end` are days of an all-day event (`end` exclusive)."""

    title: str
    start: datetime | date
    end: datetime | date
    place: str = ""
    notes: str = ""
    free: bool = False
    private: bool = False
    repeats: str = ""
    """`DAILY`, `WEEKLY` or nothing."""

    @property
    def all_day(self) -> bool:
        """Whether it takes whole days."""
        return not isinstance(self.start, datetime)

    @property
    def length(self) -> timedelta:
        """How long it takes by the clock on the wall."""
        if isinstance(self.start, datetime) and isinstance(self.end, datetime):
            return self.end - self.start
        return timedelta(days=self.end.toordinal() - self.start.toordinal())

    def moved_to(self, start: datetime | date) -> Entry:
        """Return the same with another start and the same length."""
        return replace(self, start=start, end=start + self.length)


def compose(entry: Entry, *, uid: str, now: datetime) -> str:
    """Return the text of a new event."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    event = Event()
    event.add("uid", uid)
    calendar.add_component(event)
    _put_repeats(event, entry.repeats)
    return _written(calendar, event=event, entry=entry, now=now)


def amend(text: str, entry: Entry, *, now: datetime) -> str:
    """Return `text` with what the entry says; everything else of the event stays as it was."""
    calendar = Calendar.from_ical(text)
    return _written(calendar, event=_main_event(calendar), entry=entry, now=now)


def duplicate(text: str, entry: Entry, *, uid: str, now: datetime) -> str:
    """Return a second event like the one of `text`, with whatever only its author understands."""
    calendar = Calendar.from_ical(text)
    event = _main_event(calendar)
    for part in list(calendar.walk("VEVENT")):
        if part is not event:
            calendar.subcomponents.remove(part)
    _put(event, "uid", uid)
    event.pop("sequence", None)
    return _written(calendar, event=event, entry=entry, now=now)


def entry_of(text: str, zone: ZoneInfo) -> Entry:
    """Return what a person sees of the event, in the zone of the phone.

    Raises: `NotAnEvent`.
    """
    event = _main_event(Calendar.from_ical(text))
    start, end = _times(event, zone)
    rule = cast("dict[str, list[str]]", event.get("rrule") or {})
    return Entry(
        title=str(event.get("summary", "")),
        start=start,
        end=end,
        place=str(event.get("location", "")),
        notes=str(event.get("description", "")),
        free=str(event.get("transp", "")).upper() == "TRANSPARENT",
        private=str(event.get("class", "PUBLIC")).upper() != "PUBLIC",
        repeats=str(rule.get("FREQ", [""])[0]),
    )


def times_between(
    text: str, start: datetime, end: datetime, *, zone: ZoneInfo
) -> Iterator[tuple[datetime | date, datetime | date]]:
    """Yield when the event takes place from `start` to `end`, repetitions one by one."""
    found = recurring_ical_events.of(Calendar.from_ical(text)).after(start)
    for occurrence in islice(found, MOST_OCCURRENCES):
        begins, ends = _times(occurrence, zone)
        if _instant(begins, zone) >= end:
            return
        yield begins, ends


def _main_event(calendar: Component) -> Event:
    for event in calendar.walk("VEVENT"):
        if "recurrence-id" not in event:
            return cast("Event", event)
    raise NotAnEvent("The calendar object holds no event.")


def _times(event: Event, zone: ZoneInfo) -> tuple[datetime | date, datetime | date]:
    try:
        start, end = event.start, event.end
    except Exception as fault:  # each of icalendar's own ways to say that there is no time
        raise NotAnEvent("The event has no time.") from fault
    return _local(start, zone), _local(end, zone)


def _local(moment: datetime | date, zone: ZoneInfo) -> datetime | date:
    if not isinstance(moment, datetime):
        return moment
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def _instant(moment: datetime | date, zone: ZoneInfo) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time(), zone)


def _written(calendar: Component, *, event: Event, entry: Entry, now: datetime) -> str:
    _put(event, "summary", entry.title)
    _put(event, "location", entry.place)
    _put(event, "description", entry.notes)
    event.pop("duration", None)
    _put(event, "dtstart", entry.start)
    _put(
        event, "dtend", entry.end if entry.length > timedelta() else entry.start + _shortest(entry)
    )
    _put(event, "transp", "TRANSPARENT" if entry.free else "OPAQUE")
    _put(event, "class", "PRIVATE" if entry.private else "PUBLIC")
    _put(event, "dtstamp", now)
    _put(event, "last-modified", now)
    cast("Calendar", calendar).add_missing_timezones()
    return str(calendar.to_ical().decode())


def _shortest(entry: Entry) -> timedelta:
    return timedelta(days=1) if entry.all_day else timedelta(minutes=15)


def _put(event: Event, name: str, value: Any) -> None:
    event.pop(name, None)
    if value not in {"", None}:
        event.add(name, value)


def _put_repeats(event: Event, frequency: str) -> None:
    if frequency:
        event.add("rrule", vRecur(freq=frequency))
