"""The window: how far back and ahead a calendar is kept in step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from appointed.core.events import AllDay, Timed, When

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open stretch of instants (UTC) whose edges are local midnights of `zone`."""

    start: datetime
    end: datetime
    zone: str = "UTC"

    def holds(self, start: datetime, end: datetime) -> bool:
        """Say whether any part of the time lies inside; an instant without length counts."""
        return start < self.end and (end > self.start or start == end >= self.start)


def window_around(
    now: datetime, zone: str, *, days_in_arrears: int | None, days_in_advance: int | None
) -> Window:
    """Return the window around `now`: whole days of `zone`; None means no limit.

    Today belongs to it always: 0 and 0 is today from midnight to midnight.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    start = EARLIEST if days_in_arrears is None else _edge(today, -days_in_arrears, zone)
    end = LATEST if days_in_advance is None else _edge(today, days_in_advance + 1, zone)
    return Window(max(start, EARLIEST), min(end, LATEST), zone)


def instants_of(when: When, zone: str) -> tuple[datetime, datetime]:
    """Return start and end in UTC, clipped to the years that count; days begin in `zone`."""
    match when:
        case Timed(start, end):
            return _clipped(start), _clipped(end)
        case AllDay(start, end):
            return midnight(start, zone), midnight(end, zone)


def midnight(day: date, zone: str) -> datetime:
    """Return the first instant of `day` in `zone`, as UTC, clipped to the years that count."""
    return _clipped(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)))


def _clipped(at: datetime) -> datetime:
    if at.year < EARLIEST.year:
        return EARLIEST
    if at.year >= LATEST.year:
        return LATEST
    return max(at.astimezone(UTC), EARLIEST)


def _edge(today: date, days: int, zone: str) -> datetime:
    try:
        return midnight(today + timedelta(days=days), zone)
    except OverflowError:
        return EARLIEST if days < 0 else LATEST
