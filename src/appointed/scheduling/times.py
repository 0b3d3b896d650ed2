"""From what was typed or sent to a time that can be kept, and from there to the columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from appointed.book.models import Appointment
from appointed.book.validation import Faults
from appointed.core.events import AllDay, Timed, When
from appointed.core.walltime import (
    WallTime,
    in_years,
    instant_of,
    is_zone,
    next_valid,
    wall_time_of,
)
from appointed.core.windows import midnight

YEARS = "Choose a day in the years 1970 to 2200."
GAP = "Clocks skip this time that night. The next one there is: {}."
ENDS_FIRST = "This ends before it starts."

Moment = datetime | date
"""Aware: an instant. Naive: a wall time, typed. A date: a day."""


@dataclass(frozen=True, slots=True)
class TimeWish:
    """A time as somebody wants it, not looked at yet."""

    start: Moment | None
    end: Moment | None
    all_day: bool
    zone: str


def resolve(wish: TimeWish, faults: Faults) -> When | None:
    """Return the time that is meant, or None with the faults noted."""
    if not is_zone(faults.zone("time_zone", wish.zone)):
        return None
    if wish.start is None or wish.end is None:
        for field in ("start", "end"):
            faults.add(field, "Enter it." if getattr(wish, field) is None else "")
        return None
    return _all_day(wish, faults) if wish.all_day else _timed(wish, faults)


def instants_of(when: When, zone: str) -> tuple[datetime, datetime]:
    """Return start and end in UTC; days begin at the midnights of `zone`."""
    match when:
        case Timed():
            return when.instants
        case AllDay(start, end):
            return midnight(start, zone), midnight(end, zone)


def columns_of(when: When, zone: str) -> dict[str, Any]:
    """Return the columns of an appointment that say when it is."""
    match when:
        case Timed(start, end):
            first, last = wall_time_of(start, zone), wall_time_of(end, zone)
            return {
                "time_zone": zone,
                "all_day": False,
                "wall_start": first.time,
                "wall_end": last.time,
                "start_fold": first.fold,
                "end_fold": last.fold,
                "first_day": None,
                "end_day": None,
            }
        case AllDay(first_day, end_day):
            return {
                "time_zone": zone,
                "all_day": True,
                "wall_start": None,
                "wall_end": None,
                "start_fold": 0,
                "end_fold": 0,
                "first_day": first_day,
                "end_day": end_day,
            }


def when_of(row: Appointment) -> When:
    """Return when an appointment is."""
    if row.first_day is not None and row.end_day is not None:
        return AllDay(row.first_day, row.end_day)
    if row.wall_start is None or row.wall_end is None:
        raise ValueError("an appointment without a time")  # the table's own check forbids it
    zone = row.time_zone
    return Timed(
        instant_of(WallTime(row.wall_start, row.start_fold), zone).astimezone(ZoneInfo(zone)),
        instant_of(WallTime(row.wall_end, row.end_fold), zone).astimezone(ZoneInfo(zone)),
        zone,
    )


def said(when: When) -> str:
    """Return a time as the history tells it."""
    match when:
        case Timed(start, end, zone):
            return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} ({zone})"
        case AllDay(start, end):
            return f"{start} until before {end}, all day"


def _all_day(wish: TimeWish, faults: Faults) -> AllDay | None:
    days: list[date] = []
    for field, moment in (("start", wish.start), ("end", wish.end)):
        if moment is None or isinstance(moment, datetime):
            faults.add(field, "All day: give a day such as 2026-11-23.")
        elif not in_years(moment):
            faults.add(field, YEARS)
        else:
            days.append(moment)
    if len(days) < 2:  # noqa: PLR2004 - start and end
        return None
    if days[1] <= days[0]:
        faults.add("end", "The end is the day after the last one. " + ENDS_FIRST)
        return None
    return AllDay(days[0], days[1])


def _timed(wish: TimeWish, faults: Faults) -> Timed | None:
    start = _instant("start", wish.start, wish.zone, faults)
    end = _instant("end", wish.end, wish.zone, faults)
    if start is None or end is None:
        return None
    if end <= start:
        faults.add("end", ENDS_FIRST)
        return None
    zone = ZoneInfo(wish.zone)
    return Timed(start.astimezone(zone), end.astimezone(zone), wish.zone)


def _instant(field: str, moment: Moment | None, zone: str, faults: Faults) -> datetime | None:
    if not isinstance(moment, datetime):
        faults.add(field, "Give a day and a time.")
        return None
    whole = moment.replace(microsecond=0)
    if not in_years(whole):
        faults.add(field, YEARS)
        return None
    if whole.tzinfo is None:
        valid = next_valid(whole, zone)
        if valid != whole:
            faults.add(field, GAP.format(f"{valid:%H:%M}"))
        return instant_of(WallTime(whole), zone)
    instant = whole.astimezone(UTC)
    faults.add(
        field, "" if in_years(instant) and in_years(instant.astimezone(ZoneInfo(zone))) else YEARS
    )
    return instant
