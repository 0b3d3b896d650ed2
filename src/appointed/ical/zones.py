"""Time zones in iCalendar text: which zone a TZID means, and the VTIMEZONE of a zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

YEARS_CHECKED = 8
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAYS_IN_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Zone:
    """What a TZID means: `name` is an IANA name, or empty where only rules are known."""

    name: str
    rules: tzinfo


def known_zone(tzid: str) -> Zone | None:
    """Return the IANA zone that `tzid` names: plainly, as a path, or as Windows says it."""
    wanted = tzid.strip().strip('"')
    parts = wanted.strip("/").split("/")
    tails = ("/".join(parts[-n:]) for n in (3, 2) if len(parts) > n)
    names = (wanted, *tails, WINDOWS_TO_OLSON.get(wanted, ""))
    return next((zone for name in names if (zone := _iana(name)) is not None), None)


def zone_of(tzid: str, defined: Mapping[str, Timezone]) -> Zone | None:
    """Return the zone of `tzid`; where nobody knows the name, the text's own definition.

    None where neither helps: the time is then as good as floating.
    """
    if (zone := known_zone(tzid)) is not None:
        return zone
    definition = defined.get(tzid)
    if definition is None:
        return None
    if (zone := known_zone(str(definition.get("X-LIC-LOCATION", "")))) is not None:
        return zone
    return Zone("", definition.to_tz(lookup_tzid=False))


@lru_cache(maxsize=512)
def _iana(name: str) -> Zone | None:
    try:
        return Zone(name, ZoneInfo(name)) if name else None
    except (KeyError, ValueError, OSError):
        return None


# ── writing a VTIMEZONE ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Transition:
    """A moment at which the clock changes; `local` is read on the clock before it."""

    local: datetime
    before: timedelta
    after: timedelta
    name: str
    daylight: bool

    @property
    def shape(self) -> tuple[object, ...]:
        """Return what is the same every year where the zone follows one rule."""
        return (
            self.local.month,
            _which_weekday(self.local),
            self.local.time(),
            self.before,
            self.after,
        )


@lru_cache(maxsize=256)
def timezone_lines(zone: str, year: int) -> tuple[str, ...]:
    """Return the content lines of a VTIMEZONE that is right from `year` on.

    A rule that holds for the coming years is written as one; a zone whose government decides
    anew each time gets its changes one by one.
    """
    rules = ZoneInfo(zone)
    start = datetime(year - 1, 1, 1, tzinfo=UTC)
    changes = list(_transitions(rules, start, start.replace(year=year + YEARS_CHECKED)))
    body = [line for lines in _observances(rules, start, changes) for line in lines]
    return ("BEGIN:VTIMEZONE", f"TZID:{zone}", *body, "END:VTIMEZONE")


def _observances(
    rules: ZoneInfo, start: datetime, changes: list[_Transition]
) -> Iterator[tuple[str, ...]]:
    local = start.astimezone(rules)
    offset = local.utcoffset() or timedelta(0)
    first = _Transition(
        local.replace(tzinfo=None), offset, offset, local.tzname() or "", bool(local.dst())
    )
    yield _observance(first, "")
    if _follows_one_rule(changes):
        yield from (_observance(change, _yearly(change)) for change in changes[:2])
    else:
        yield from (_observance(change, "") for change in changes)


def _observance(change: _Transition, rule: str) -> tuple[str, ...]:
    kind = "DAYLIGHT" if change.daylight else "STANDARD"
    lines = (
        f"BEGIN:{kind}",
        f"DTSTART:{change.local:%Y%m%dT%H%M%S}",
        f"TZOFFSETFROM:{_offset(change.before)}",
        f"TZOFFSETTO:{_offset(change.after)}",
        f"TZNAME:{change.name}",
    )
    return (*lines, *((rule,) if rule else ()), f"END:{kind}")


def _transitions(rules: ZoneInfo, start: datetime, end: datetime) -> Iterator[_Transition]:
    day = timedelta(days=1)
    here = start
    while here < end:
        if here.astimezone(rules).utcoffset() != (here + day).astimezone(rules).utcoffset():
            yield _transition(rules, here, here + day)
        here += day


def _transition(rules: ZoneInfo, early: datetime, late: datetime) -> _Transition:
    before = early.astimezone(rules).utcoffset() or timedelta(0)
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        if middle.astimezone(rules).utcoffset() == before:
            early = middle
        else:
            late = middle
    local = late.astimezone(rules)
    after = local.utcoffset() or timedelta(0)
    wall = (late + before).replace(tzinfo=None)
    return _Transition(wall, before, after, local.tzname() or "", bool(local.dst()))


def _follows_one_rule(changes: list[_Transition]) -> bool:
    shapes = [change.shape for change in changes]
    years = len(shapes) // 2
    return years >= YEARS_CHECKED and shapes == shapes[:2] * years


def _which_weekday(local: datetime) -> tuple[int, int]:
    """Return weekday and its place in the month; the last one counts as -1."""
    last = (local + timedelta(days=DAYS_IN_A_WEEK)).month != local.month
    return (local.weekday(), -1 if last else (local.day - 1) // DAYS_IN_A_WEEK + 1)


def _yearly(change: _Transition) -> str:
    weekday, place = _which_weekday(change.local)
    return f"RRULE:FREQ=YEARLY;BYMONTH={change.local.month};BYDAY={place}{WEEKDAYS[weekday]}"


def _offset(offset: timedelta) -> str:
    seconds = int(offset.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    return f"{sign}{hours:02d}{minutes:02d}" + (f"{left:02d}" if left else "")
