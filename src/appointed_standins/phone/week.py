"""A week as the phone shows it: which event stands where on which day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from appointed_standins.phone.caldav import CalDavAccount, RemoteCalendar, Resource
from appointed_standins.phone.events import Entry, NotAnEvent, entry_of, times_between

SHORTEST = 15
"""Minutes that an event takes on the page at least, so that it can be read and hit."""
DAY = 24 * 60
TONES = 4


@dataclass(frozen=True, slots=True)
class Placed:
    """An event, or the part of it that falls on one day.

    `first` and `last` are minutes of the day; of those that overlap each has a `lane`.
    """

    calendar: RemoteCalendar
    resource: Resource
    entry: Entry
    tone: int
    start: datetime | date
    end: datetime | date
    first: int = 0
    last: int = DAY
    lane: int = 0
    lanes: int = 1

    @property
    def key(self) -> str:
        """Tells this time of this event apart from all others."""
        return f"{self.calendar.slug}/{self.resource.name}@{self.start.isoformat()}"

    @property
    def minutes(self) -> int:
        """How long it takes on this day."""
        return self.last - self.first

    @property
    def when(self) -> str:
        """Its time in words."""
        if not isinstance(self.start, datetime) or not isinstance(self.end, datetime):
            return "all day"
        return f"{self.start:%H:%M}–{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the week that is shown."""

    day: date
    today: bool
    chosen: bool
    whole: tuple[Placed, ...]
    timed: tuple[Placed, ...]

    @property
    def count(self) -> int:
        """How many events stand on it."""
        return len(self.whole) + len(self.timed)


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from a Monday, the calendars in them, and the hours that have to be shown."""

    days: tuple[Day, ...]
    calendars: tuple[RemoteCalendar, ...]
    from_hour: int
    to_hour: int
    version: str


def look_at_week(account: CalDavAccount, chosen: date, *, today: date, zone: ZoneInfo) -> Week:
    """Return the week of the day `chosen`, asked of the server now."""
    monday = chosen - timedelta(days=chosen.weekday())
    version = account.version()  # first: what changes while we read is read again
    calendars = account.calendars()
    first, last = _midnight(monday, zone), _midnight(monday + timedelta(days=7), zone)
    found = [
        placed
        for tone, calendar in enumerate(calendars)
        for resource in account.events(calendar, first, last)
        for placed in _placed(calendar, resource, tone=tone % TONES, span=(first, last), zone=zone)
    ]
    days = tuple(
        _day(monday + timedelta(days=number), found, today=today, chosen=chosen, zone=zone)
        for number in range(7)
    )
    from_hour, to_hour = _hours(days)
    return Week(days, calendars, from_hour, to_hour, version)


def side_by_side(placed: Iterable[Placed]) -> tuple[Placed, ...]:
    """Give each of the events of a day the lane in which it covers no other."""
    done: list[Placed] = []
    group: list[Placed] = []
    for each in sorted(placed, key=lambda item: (item.first, -item.last, item.key)):
        if group and each.first >= max(other.last for other in group):
            done += _with_lanes(group)
            group = []
        taken = {other.lane for other in group if other.last > each.first}
        lane = next(number for number in range(len(group) + 1) if number not in taken)
        group.append(replace(each, lane=lane))
    return tuple(done + _with_lanes(group))


def _with_lanes(group: Sequence[Placed]) -> list[Placed]:
    lanes = max((each.lane for each in group), default=0) + 1
    return [replace(each, lanes=lanes) for each in group]


def _placed(
    calendar: RemoteCalendar,
    resource: Resource,
    *,
    tone: int,
    span: tuple[datetime, datetime],
    zone: ZoneInfo,
) -> list[Placed]:
    try:
        entry = entry_of(resource.text, zone)
        return [
            Placed(calendar, resource, entry, tone, start, end)
            for start, end in times_between(resource.text, *span, zone=zone)
        ]
    except (NotAnEvent, ValueError):
        return []  # a phone shows what it understands


def _day(day: date, found: Iterable[Placed], *, today: date, chosen: date, zone: ZoneInfo) -> Day:
    midnight, next_midnight = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    whole, timed = [], []
    for each in found:
        if not isinstance(each.start, datetime) or not isinstance(each.end, datetime):
            if each.start <= day < each.end:
                whole.append(each)
        elif each.start < next_midnight and each.end > midnight:
            first = 0 if each.start < midnight else each.start.hour * 60 + each.start.minute
            last = DAY if each.end >= next_midnight else each.end.hour * 60 + each.end.minute
            first = min(first, DAY - SHORTEST)
            timed.append(replace(each, first=first, last=max(last, first + SHORTEST)))
    return Day(
        day=day,
        today=day == today,
        chosen=day == chosen,
        whole=tuple(sorted(whole, key=lambda item: item.key)),
        timed=side_by_side(timed),
    )


def _hours(days: Iterable[Day]) -> tuple[int, int]:
    timed = [each for day in days for each in day.timed]
    from_hour = min([7, *(each.first // 60 for each in timed)])
    to_hour = max([19, *((each.last + 59) // 60 for each in timed)])
    return from_hour, to_hour


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
