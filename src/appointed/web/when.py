"""Times as people of a practice read them: in its zone, by its clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from appointed.book.facts import PracticeFacts


def local(moment: datetime, practice: PracticeFacts) -> datetime:
    """Return the moment on the practice's clock."""
    return moment.astimezone(ZoneInfo(practice.time_zone))


def clock(moment: datetime, practice: PracticeFacts) -> str:
    """Return the time of day, such as 14:30 or 2:30 pm."""
    there = local(moment, practice)
    if practice.time_format == "24":
        return f"{there:%H:%M}"
    return f"{there.hour % 12 or 12}:{there:%M} {there:%p}".lower()


def span(start: datetime, end: datetime, practice: PracticeFacts) -> str:
    """Return both times of day."""
    return f"{clock(start, practice)}–{clock(end, practice)}"


def day_words(day: date) -> str:
    """Return a day, such as Tue 25 Nov."""
    return f"{day:%a} {day.day} {day:%b}"


def said_at(moment: datetime, practice: PracticeFacts) -> str:
    """Return day and time, such as Tue 25 Nov, 14:30."""
    return f"{day_words(local(moment, practice).date())}, {clock(moment, practice)}"


def today(practice: PracticeFacts) -> date:
    """Return the practice's day."""
    return datetime.now(UTC).astimezone(ZoneInfo(practice.time_zone)).date()


def start_of(day: date, practice: PracticeFacts) -> datetime:
    """Return the moment at which a day begins in the practice."""
    return datetime.combine(day, time(0), ZoneInfo(practice.time_zone))


def days_from(day: date, count: int, practice: PracticeFacts) -> tuple[datetime, datetime]:
    """Return the half-open range of `count` days."""
    return start_of(day, practice), start_of(day + timedelta(days=count), practice)


def read_day(text: str, otherwise: date) -> date:
    """Return the day that an address names, or another where it names none."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return otherwise
    return day if EARLIEST <= day <= LATEST else otherwise


EARLIEST = date(1970, 1, 2)
LATEST = date(2200, 12, 30)


def read_moment(text: str, practice: PracticeFacts) -> datetime | None:
    """Return the moment that a text names; without an offset it is the practice's clock."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not EARLIEST <= moment.date() <= LATEST:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(practice.time_zone))
