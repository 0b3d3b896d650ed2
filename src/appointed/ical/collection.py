"""Many events in one calendar object: what a download or a feed holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from appointed.core.events import Content
from appointed.ical.lines import Line, join_lines, new_line, parse_lines
from appointed.ical.writing import PRODID, new_event


def events_as_calendar(events: Iterable[tuple[str, Content]], *, now: datetime) -> bytes:
    """Return one calendar object with these events (UID and content), each zone defined once."""
    zones: dict[str, list[Line]] = {}
    bodies: list[Line] = []
    for uid, content in events:
        for part in _components(parse_lines(new_event(content, key=uid, now=now))):
            if part[0].text == "BEGIN:VTIMEZONE":
                zones.setdefault(_zone_name(part), list(part))
            else:
                bodies += part
    head = ("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "CALSCALE:GREGORIAN")
    inner = [line for zone in zones.values() for line in zone] + bodies
    return join_lines([*map(new_line, head), *inner, new_line("END:VCALENDAR")])


def _components(lines: Sequence[Line]) -> Iterable[Sequence[Line]]:
    """Yield the components directly inside the calendar."""
    begin = 0
    depth = 0
    for place, line in enumerate(lines):
        if line.name == "BEGIN":
            depth += 1
            if depth == 2:  # noqa: PLR2004 - inside VCALENDAR
                begin = place
        elif line.name == "END":
            if depth == 2:  # noqa: PLR2004 - inside VCALENDAR
                yield lines[begin : place + 1]
            depth -= 1


def _zone_name(lines: Sequence[Line]) -> str:
    return next((line.value for line in lines if line.name == "TZID"), "")
