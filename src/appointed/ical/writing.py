"""Our events as iCalendar text: written anew, or set into a text that people changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from appointed.core.events import AllDay, Content, ShowAs, Timed
from appointed.ical.lines import Line, escape, join_lines, new_line, parse_lines
from appointed.ical.zones import timezone_lines

PRODID = "-//Appointed//Appointed//EN"
KEY_PROPERTY = "X-APPOINTED-KEY"

OWNED: dict[str, frozenset[str]] = {
    "when": frozenset({"DTSTART", "DTEND", "DURATION"}),
    "title": frozenset({"SUMMARY"}),
    "text": frozenset({"DESCRIPTION"}),
    "location": frozenset({"LOCATION"}),
    "url": frozenset({"URL"}),
    "status": frozenset({"TRANSP", "STATUS"}),
    "private": frozenset({"CLASS"}),
}
STAMPS = frozenset({"DTSTAMP", "LAST-MODIFIED", "SEQUENCE", KEY_PROPERTY})


class NotRewritable(ValueError):
    """The stored text holds no event into which our fields could be set."""


def new_event(content: Content, *, key: str, now: datetime) -> bytes:
    """Return a whole calendar object with one event whose UID is `key`.

    `content` must be normalised. It bears no attendees, no organizer and no alarm.
    """
    inner = (
        f"UID:{key}",
        f"DTSTAMP:{_utc(now)}",
        f"CREATED:{_utc(now)}",
        f"LAST-MODIFIED:{_utc(now)}",
        "SEQUENCE:0",
        *(line for group in OWNED for line in _group(group, content)),
        f"{KEY_PROPERTY}:{key}",
    )
    texts = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODID}",
        "CALSCALE:GREGORIAN",
        *_definition(content),
        "BEGIN:VEVENT",
        *inner,
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return join_lines(new_line(text) for text in texts)


def rewrite_event(
    stored: bytes, *, was: Content, content: Content, key: str, now: datetime
) -> bytes:
    """Return `stored` with our fields set to `content`; every other content line stays as it is.

    `was` is what `stored` says; a field that it says already keeps its lines. Alarms,
    categories, guests, unknown properties and overrides are not touched.

    Raises: `NotRewritable`.
    """
    lines = parse_lines(stored)
    begin, end = _master(lines)
    groups = [group for group in OWNED if _field(group, was) != _field(group, content)]
    replaced = frozenset(name for group in groups for name in OWNED[group]) | STAMPS
    fresh = [line for group in groups for line in _group(group, content)]
    sequence = _sequence(lines[begin + 1 : end])
    fresh += [f"DTSTAMP:{_utc(now)}", f"LAST-MODIFIED:{_utc(now)}"]
    fresh += [f"SEQUENCE:{sequence}", f"{KEY_PROPERTY}:{key}"]
    event = _with_fields(lines[begin : end + 1], replaced, [new_line(text) for text in fresh])
    missing = _missing_definition(lines, content) if "when" in groups else ()
    before = (*lines[:begin], *(new_line(text) for text in missing))
    return join_lines((*before, *event, *lines[end + 1 :]))


def _field(group: str, content: Content) -> object:
    match group:
        case "when":
            return content.when.instants if isinstance(content.when, Timed) else content.when
        case "status":
            return (content.show_as, content.cancelled)
        case _:
            return getattr(content, group)


def _group(group: str, content: Content) -> tuple[str, ...]:
    match group:
        case "when":
            return _when(content)
        case "title":
            return (f"SUMMARY:{escape(content.title)}",)
        case "text":
            return (f"DESCRIPTION:{escape(content.text)}",) if content.text else ()
        case "location":
            return (f"LOCATION:{escape(content.location)}",) if content.location else ()
        case "url":
            return (f"URL:{content.url}",) if content.url else ()
        case "status":
            return _status(content)
        case _:
            return (f"CLASS:{'PRIVATE' if content.private else 'PUBLIC'}",)


def _status(content: Content) -> tuple[str, ...]:
    free = content.show_as in {ShowAs.FREE, ShowAs.WORKING_ELSEWHERE}
    tentative = content.show_as is ShowAs.TENTATIVE
    standing = "TENTATIVE" if tentative else "CONFIRMED"
    return (
        f"TRANSP:{'TRANSPARENT' if free else 'OPAQUE'}",
        f"STATUS:{'CANCELLED' if content.cancelled else standing}",
    )


# ── time ─────────────────────────────────────────────────────────────────────────────────


def _when(content: Content) -> tuple[str, ...]:
    match content.when:
        case AllDay(start, end):
            return (f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"DTEND;VALUE=DATE:{end:%Y%m%d}")
        case Timed(start, end, _):
            zone = _zone_to_write(content)
            return (_moment("DTSTART", start, zone), _moment("DTEND", end, zone))


def _moment(name: str, moment: datetime, zone: str) -> str:
    if zone == "UTC":
        return f"{name}:{_utc(moment)}"
    return f"{name};TZID={zone}:{moment.astimezone(ZoneInfo(zone)):%Y%m%dT%H%M%S}"


def _zone_to_write(content: Content) -> str:
    """Return the zone of the event, or UTC where its wall clock would be ambiguous."""
    match content.when:
        case AllDay():
            return ""
        case Timed(start, end, zone):
            clear = all(_is_first_of_its_wall_time(moment, zone) for moment in (start, end))
            return zone if clear else "UTC"


def _is_first_of_its_wall_time(moment: datetime, zone: str) -> bool:
    """Say whether a reader of the wall time alone comes to `moment` (RFC 5545 3.3.5)."""
    local = moment.astimezone(ZoneInfo(zone))
    return local.fold == 0


def _definition(content: Content) -> tuple[str, ...]:
    zone = _zone_to_write(content)
    if zone in {"", "UTC"} or not isinstance(content.when, Timed):
        return ()
    return timezone_lines(zone, content.when.start.year)


def _missing_definition(lines: Sequence[Line], content: Content) -> tuple[str, ...]:
    needed = _definition(content)
    return () if any(needed and line.text == needed[1] for line in lines) else needed


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


# ── the stored text ──────────────────────────────────────────────────────────────────────


def _master(lines: Sequence[Line]) -> tuple[int, int]:
    """Return where the event begins and ends that is no override of an occurrence."""
    for begin, end in _events(lines):
        if not any(line.name == "RECURRENCE-ID" for line in _own(lines[begin + 1 : end])):
            return begin, end
    raise NotRewritable


def _events(lines: Sequence[Line]) -> Iterator[tuple[int, int]]:
    stack: list[tuple[str, int]] = []
    for place, line in enumerate(lines):
        kind = line.text.partition(":")[2].strip().upper()
        if line.name == "BEGIN":
            stack.append((kind, place))
        elif line.name == "END":
            if not stack or stack[-1][0] != kind:
                raise NotRewritable
            _, begin = stack.pop()
            if kind == "VEVENT" and len(stack) == 1:
                yield begin, place


def _own(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines of a component without those of the components inside it."""
    depth = 0
    for line in lines:
        depth += line.name == "BEGIN"
        if depth == 0:
            yield line
        depth -= line.name == "END"


def _with_fields(
    event: Sequence[Line], replaced: frozenset[str], fresh: Sequence[Line]
) -> list[Line]:
    """Return the event with `fresh` where the first of the replaced lines stood."""
    own = {id(line) for line in _own(event[1:-1]) if line.name in replaced}
    kept = [line for line in event if id(line) not in own]
    place = next((n for n, line in enumerate(event) if id(line) in own), 1)
    return [*kept[:place], *fresh, *kept[place:]]


def _sequence(lines: Sequence[Line]) -> int:
    values = (line.value.strip() for line in _own(lines) if line.name == "SEQUENCE")
    number = next((int(value) for value in values if value.isdecimal()), 0)
    return min(number + 1, 2**31 - 1)
