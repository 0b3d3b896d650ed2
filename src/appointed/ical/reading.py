"""Events out of iCalendar text, read leniently: what one bad line says never hides the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone
from icalendar.prop import vDDDLists, vDDDTypes

from appointed.core.events import AllDay, Content, ShowAs, Span, Timed, When
from appointed.core.windows import EARLIEST, LATEST, Window, instants_of
from appointed.ical.expansion import Instance, NotExpandable, expand, is_series
from appointed.ical.lines import Line, parse_lines
from appointed.ical.writing import KEY_PROPERTY
from appointed.ical.zones import Zone, known_zone, zone_of

ZONE = "X-APPOINTED-TZID"
ZONE_PARAMETER = re.compile(r";\s*TZID\s*=", re.IGNORECASE)
MOST_BYTES = 1024 * 1024
DEEPEST = 8
DAY = timedelta(days=1)
BLOCKING = (
    ShowAs.BUSY,
    ShowAs.OUT_OF_OFFICE,
    ShowAs.TENTATIVE,
    ShowAs.WORKING_ELSEWHERE,
    ShowAs.FREE,
)
MICROSOFT = {
    "FREE": ShowAs.FREE,
    "TENTATIVE": ShowAs.TENTATIVE,
    "OOF": ShowAs.OUT_OF_OFFICE,
    "WORKINGELSEWHERE": ShowAs.WORKING_ELSEWHERE,
}


class Unreadable(ValueError):
    """The text holds no event whose time can be told."""


class NoEvent(Unreadable):
    """The text is sound and holds something else, a task for instance."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one calendar object says; `spans` lie inside the window that was asked for.

    `readable` is false for a series that could not be expanded: it then has one span that
    takes everything it might. `show_as` tells how its spans block.
    """

    uid: str
    key: str | None
    content: Content
    show_as: ShowAs
    private: bool
    recurring: bool
    spans: tuple[Span, ...]
    readable: bool = True


def read_event(body: bytes, *, window: Window, series_window: Window | None = None) -> Reading:
    """Return what the calendar object `body` says.

    Times without a zone, and days, are meant in the window's zone. A series is expanded
    inside `series_window` (where not given: inside `window`), within fixed limits.

    Raises: `Unreadable`, whatever is wrong with the text.
    """
    try:
        return _read(body, window, series_window or window)
    except Unreadable:
        raise
    except Exception as fault:  # noqa: BLE001 - a foreign text breaks the library in any way
        raise Unreadable(type(fault).__name__) from None


def _read(body: bytes, window: Window, series_window: Window) -> Reading:
    calendar = _parse(body)
    zones = _Zones(_definitions(calendar), window.zone)
    events = [event for event in calendar.walk("VEVENT") if isinstance(event, Event)]
    for event in events:
        zones.settle(event)
    master = next((event for event in events if "RECURRENCE-ID" not in event), None)
    first = master or next(iter(events), None)
    if first is None:
        raise NoEvent("no event")
    content = replace(_content(first), when=zones.when(first))
    reading = Reading(
        uid=_text(first, "UID"),
        key=_text(first, KEY_PROPERTY).strip() or None,
        content=content,
        show_as=_show_as(first),
        private=any(_is_private(event) for event in events),
        recurring=len(events) > 1 or is_series(first) or master is None,
        spans=(),
    )
    if reading.recurring:
        return _with_instances(reading, calendar, series_window)
    span = _span(content.when, window.zone)
    return replace(reading, spans=(span,) if _inside(span, window) else ())


def _parse(body: bytes) -> Calendar:
    if len(body) > MOST_BYTES:
        raise Unreadable("too large")
    lines = parse_lines(body)
    depth = deepest = 0
    for line in lines:
        depth += (line.name == "BEGIN") - (line.name == "END")
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise Unreadable("nested too deeply")
    text = "\r\n".join(_own_zones(line) for line in _without_known_zones(lines)) + "\r\n"
    calendar = Calendar.from_ical("".join(c for c in text if c >= " " or c in "\r\n\t"))
    if not isinstance(calendar, Calendar):
        raise Unreadable("no calendar")
    return calendar


def _own_zones(line: Line) -> str:
    """Return the line with its zone under another name, where the library leaves it alone.

    It would keep definitions of zones for all texts to come, whoever sent them.
    """
    text = line.text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    header = len(text) - len(line.value)
    return ZONE_PARAMETER.sub(f";{ZONE}=", text[:header]) + text[header:]


def _without_known_zones(lines: Sequence[Line]) -> Iterator[Line]:
    """Leave out what defines a zone that is known by name: it costs more than the event."""
    block: list[Line] = []
    for line in lines:
        opens = line.name == "BEGIN" and line.value.strip().upper() == "VTIMEZONE"
        if not block and not opens:
            yield line
            continue
        block.append(line)
        if line.name == "END" and line.value.strip().upper() == "VTIMEZONE":
            name = next((one.value for one in block if one.name == "TZID"), "")
            yield from () if known_zone(name) else block
            block = []
    yield from block


def _definitions(calendar: Calendar) -> dict[str, Timezone]:
    zones = (zone for zone in calendar.walk("VTIMEZONE") if isinstance(zone, Timezone))
    return {str(zone.get("TZID", "")): zone for zone in zones}


# ── fields ───────────────────────────────────────────────────────────────────────────────


def _content(event: Event) -> Content:
    cancelled = _word(event, "STATUS") == "CANCELLED"
    return Content(
        when=AllDay(date.min, date.min),  # its reader sets the time, which needs the zones
        title=_text(event, "SUMMARY"),
        text=_text(event, "DESCRIPTION"),
        location=_text(event, "LOCATION"),
        url=_text(event, "URL"),
        show_as=_standard_show_as(event),
        private=_is_private(event),
        cancelled=cancelled,
    )


def _standard_show_as(event: Event) -> ShowAs:
    if _word(event, "TRANSP") == "TRANSPARENT":
        return ShowAs.FREE
    return ShowAs.TENTATIVE if _word(event, "STATUS") == "TENTATIVE" else ShowAs.BUSY


def _show_as(event: Event) -> ShowAs:
    """Return how the event blocks: a cancelled one does not; Outlook's own word counts."""
    if _word(event, "STATUS") == "CANCELLED":
        return ShowAs.FREE
    standard = _standard_show_as(event)
    if standard is ShowAs.FREE:
        return standard
    return MICROSOFT.get(_word(event, "X-MICROSOFT-CDO-BUSYSTATUS"), standard)


def _is_private(event: Event) -> bool:
    return _word(event, "CLASS") in {"PRIVATE", "CONFIDENTIAL"}


def _text(event: Event, name: str) -> str:
    value = _first(event.get(name))
    return "" if value is None else str(value)


def _word(event: Event, name: str) -> str:
    return _text(event, name).strip().upper()


def _first(value: Any) -> Any:
    """Return the first of a property that stands twice (iCloud doubles DTSTAMP)."""
    return value[0] if isinstance(value, list) and value else value


# ── time ─────────────────────────────────────────────────────────────────────────────────


class _Zones:
    """Gives every time of an object the zone that its text means, whatever a cache holds."""

    def __init__(self, defined: Mapping[str, Timezone], fallback: str) -> None:
        self._defined = defined
        self._fallback = known_zone(fallback) or Zone("UTC", UTC)
        self._seen: dict[str, Zone] = {}

    def settle(self, event: Event) -> None:
        """Replace the times of `event` by times in the right zone."""
        for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
            value = _first(event.get(name))
            if isinstance(value, vDDDTypes) and isinstance(value.dt, date):
                settled = vDDDTypes(self._settled(value.dt, self._zone(value)))
                settled.params = value.params
                event[name] = settled
            elif value is not None:
                del event[name]
        for name in ("EXDATE", "RDATE"):
            if name in event:
                event[name] = list(self._lists(event[name]))

    def when(self, event: Event) -> When:
        """Return when the event takes place; an end before the start counts as none."""
        start = _moment(event, "DTSTART") or _moment(event, "RECURRENCE-ID")
        if start is None:
            raise Unreadable("no start")
        end = _end(event, start)
        if not isinstance(start, datetime):
            return AllDay(start, max(end, start))
        if not isinstance(end, datetime):
            end = start
        zone = self._name(event)
        rules = ZoneInfo(zone)
        last = max(end.astimezone(UTC), start.astimezone(UTC))
        return Timed(start.astimezone(rules), last.astimezone(rules), zone)

    def _name(self, event: Event) -> str:
        value = _first(event.get("DTSTART"))
        if value is None or value.dt.tzinfo is UTC:
            return "UTC"
        return self._zone(value).name or "UTC"

    def _zone(self, value: Any) -> Zone:
        return self._named(str(value.params.get(ZONE, "")))

    def _named(self, tzid: str) -> Zone:
        if tzid not in self._seen:
            zone = zone_of(tzid, self._defined) if tzid else None
            self._seen[tzid] = zone or self._fallback
        return self._seen[tzid]

    def _settled(self, moment: Any, zone: Zone) -> Any:
        if not isinstance(moment, datetime):
            return moment
        if moment.tzinfo is not None and _is_utc(moment.tzinfo):
            return moment.replace(tzinfo=UTC)
        return moment.replace(tzinfo=zone.rules)

    def _lists(self, value: Any) -> Iterator[vDDDLists]:
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, vDDDLists):
                zone = self._named(str(part.params.get(ZONE, "")))
                yield vDDDLists([self._listed(one.dt, zone) for one in part.dts])

    def _listed(self, value: Any, zone: Zone) -> Any:
        if isinstance(value, tuple):
            return tuple(self._settled(part, zone) for part in value)
        return self._settled(value, zone)


def _is_utc(zone: tzinfo) -> bool:
    return zone is UTC or str(zone) in {"UTC", "Etc/UTC"}


def _moment(event: Event, name: str) -> date | None:
    value = _first(event.get(name))
    moment = getattr(value, "dt", None)
    if isinstance(moment, datetime):
        clear = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if not EARLIEST <= clear <= LATEST:
            raise Unreadable("outside the years that are kept")
        return clear
    return moment if isinstance(moment, date) else None


def _end(event: Event, start: date) -> date:
    end = _moment(event, "DTEND")
    if end is not None:
        return end if isinstance(end, datetime) == isinstance(start, datetime) else start
    length = getattr(_first(event.get("DURATION")), "dt", None)
    if isinstance(length, timedelta):
        if isinstance(start, datetime):
            return (start.astimezone(UTC) + length).astimezone(start.tzinfo)
        return start + max(length, DAY)
    return start if isinstance(start, datetime) else start + DAY


def _span(when: When, zone: str, original: datetime | None = None) -> Span:
    start, end = instants_of(when, zone)
    days = (when.start, when.end) if isinstance(when, AllDay) else None
    return Span(start, end, original, days)


def _inside(span: Span, window: Window) -> bool:
    return window.holds(span.start, span.end)


# ── series ───────────────────────────────────────────────────────────────────────────────


def _with_instances(reading: Reading, calendar: Calendar, window: Window) -> Reading:
    try:
        instances = expand(calendar, window)
        told = [_told(instance, window) for instance in instances]
    except NotExpandable:
        start = max(window.start, instants_of(reading.content.when, window.zone)[0])
        spans = (Span(start, window.end),) if start < window.end else ()
        return replace(reading, spans=spans, readable=False, show_as=ShowAs.BUSY)
    inside = [(span, show_as) for span, show_as in told if _inside(span, window)]
    shown = {show_as for _, show_as in inside} or {reading.show_as}
    strongest = next(show_as for show_as in BLOCKING if show_as in shown)
    blocking = _blocking(inside, strongest)
    return replace(reading, spans=tuple(blocking), show_as=strongest)


def _blocking(told: Sequence[tuple[Span, ShowAs]], strongest: ShowAs) -> Iterator[Span]:
    """Yield the spans that stand for the series: free ones only where all are free."""
    for span, show_as in told:
        if strongest is ShowAs.FREE or show_as is not ShowAs.FREE:
            yield span


def _told(instance: Instance, window: Window) -> tuple[Span, ShowAs]:
    when: When
    if isinstance(instance.start, datetime) and isinstance(instance.end, datetime):
        start = instance.start.astimezone(UTC)
        when = Timed(start, max(instance.end.astimezone(UTC), start), "UTC")
    else:
        day, end = _day(instance.start), _day(instance.end)
        when = AllDay(day, max(end, day))
    original = instance.original
    if isinstance(original, datetime):
        named = original.astimezone(UTC)
    else:
        named = datetime(original.year, original.month, original.day, tzinfo=UTC)
    return _span(when, window.zone, named), _show_as(instance.event)


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
