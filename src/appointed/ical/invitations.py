"""An appointment as mail programs take it: iTIP (RFC 5546), to be read, never to be answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from appointed.core.events import Content
from appointed.ical.lines import Line, join_lines, new_line, parse_lines
from appointed.ical.writing import KEY_PROPERTY, new_event


class Method(StrEnum):
    """What the receiver's calendar is asked to do."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class Invitation:
    """`uid` stays for the life of an appointment, `sequence` rises with each change of it."""

    content: Content
    uid: str
    sequence: int
    organizer: str
    attendee: str


def invitation(invited: Invitation, *, method: Method, now: datetime) -> bytes:
    """Return a calendar object that puts the appointment into a calendar, or takes it out.

    It bears no mark of ours: what a client keeps must never be taken for a pushed event.
    """
    people = (
        f"ORGANIZER:mailto:{invited.organizer}",
        f"ATTENDEE;PARTSTAT=ACCEPTED;RSVP=FALSE:mailto:{invited.attendee}",
        f"SEQUENCE:{invited.sequence}",
    )
    lines: list[Line] = []
    for line in parse_lines(new_event(invited.content, key=invited.uid, now=now)):
        if line.name in {KEY_PROPERTY, "SEQUENCE"}:
            continue
        lines.append(line)
        if line.name == "VERSION":
            lines.append(new_line(f"METHOD:{method}"))
        if line.name == "UID":
            lines += [new_line(text) for text in people]
    return join_lines(lines)
