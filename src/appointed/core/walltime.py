"""Wall time and zone: what people agree on, and the instants that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

EARLIEST_YEAR = 1970
LATEST_YEAR = 2200


@dataclass(frozen=True, slots=True)
class WallTime:
    """A naive local time; `fold` is 1 for the second of two equal ones in autumn."""

    time: datetime
    fold: int = 0


def is_zone(name: str) -> bool:
    """Say whether `name` is an IANA zone as the data here knows them, in exactly this case."""
    return name in _zones()


def in_years(time: date) -> bool:
    """Say whether the time lies in the years that the book keeps (1970 to 2200)."""
    return EARLIEST_YEAR <= time.year <= LATEST_YEAR


def next_valid(wall: datetime, zone: str) -> datetime:
    """Return `wall`, or the first wall time after the spring gap in which it falls."""
    tz = ZoneInfo(zone)
    later = wall.replace(tzinfo=tz, fold=0).astimezone(UTC)
    if later.astimezone(tz).replace(tzinfo=None) == wall:
        return wall
    earlier = wall.replace(tzinfo=tz, fold=1).astimezone(UTC)
    return _end_of_gap(earlier, later, tz)


def instant_of(wall: WallTime, zone: str) -> datetime:
    """Return the instant (UTC) of a wall time; in a gap the offset before it counts."""
    return wall.time.replace(tzinfo=ZoneInfo(zone), fold=wall.fold).astimezone(UTC)


def wall_time_of(instant: datetime, zone: str) -> WallTime:
    """Return what clocks in `zone` show at an aware `instant`."""
    local = instant.astimezone(ZoneInfo(zone))
    return WallTime(local.replace(tzinfo=None, fold=0), local.fold)


def _end_of_gap(before: datetime, after: datetime, tz: ZoneInfo) -> datetime:
    """Return the first local time after the jump that lies between two instants."""
    jumped = after.astimezone(tz).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(tz).utcoffset() == jumped:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0).astimezone(tz).replace(tzinfo=None, fold=0)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
