"""What an appointment says in a calendar: no more of a client than the level of name allows."""

from __future__ import annotations

import string
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from appointed.core.choices import TITLE_FIELDS, CancelledEntries, Include, NameLevel, SyncSettings
from appointed.core.events import Content, ShowAs, When, plain_text
from appointed.core.steps import (
    Absent,
    Age,
    Stand,
    Wanted,
    Why,
)
from appointed.core.windows import Window, instants_of

TITLE_LIMIT = 500
TEXT_LIMIT = 20_000
_CUT = "…"


class Kind(StrEnum):
    """What sort of entry of the book it is."""

    CLIENT = "client"
    CASUAL = "casual"
    MEETING = "meeting"
    UNAVAILABLE = "unavailable"


KIND_WORDS = {
    Kind.CLIENT: "Appointment",
    Kind.CASUAL: "Appointment",
    Kind.MEETING: "Meeting",
    Kind.UNAVAILABLE: "Unavailable",
}


@dataclass(frozen=True, slots=True)
class BookEntry:
    """An appointment of one practitioner as the book has it, with all that may be shown.

    `takes_part` is false once it was handed over to others. `cancelled_outside` says that its
    practitioner deleted it in the calendar: then nothing is put there again to mark that.
    """

    kind: Kind
    when: When
    title: str = ""
    client_name: str = ""
    client_code: str = ""
    phone: str = ""
    service: str = ""
    service_short: str = ""
    place: str = ""
    notes: str = ""
    link: str = ""
    recurring: bool = False
    cancelled: bool = False
    cancelled_outside: bool = False
    takes_part: bool = True


def wanted_of(entry: BookEntry, settings: SyncSettings, window: Window, calendar_id: str) -> Wanted:
    """Return what shall stand in `calendar_id` for `entry`, or why nothing shall."""
    if not entry.takes_part:
        return Absent(Why.HANDED_OVER)
    if not is_included(entry, settings.include):
        return Absent(Why.EXCLUDED)
    if entry.cancelled and not _is_marked(entry, settings):
        return Absent(Why.CANCELLED)
    start, end = instants_of(entry.when, window.zone)
    if end <= window.start:
        return Age(describe(entry, settings))
    if start >= window.end:
        return Absent(Why.BEYOND_ADVANCE, describe(entry, settings))
    return Stand(calendar_id, describe(entry, settings), start, cancelled=entry.cancelled)


def is_included(entry: BookEntry, include: Include) -> bool:
    """Say whether entries of this kind are pushed."""
    match entry.kind:
        case Kind.CLIENT:
            return include.client
        case Kind.CASUAL:
            return include.casual
        case Kind.MEETING:
            return include.meeting and (include.recurring or not entry.recurring)
        case Kind.UNAVAILABLE:
            return include.unavailable
        case _:
            assert_never(entry.kind)


def describe(entry: BookEntry, settings: SyncSettings) -> Content:
    """Return the event that stands for `entry`: title, text and place as the settings allow."""
    details = settings.details
    title = _title(entry, settings)
    return Content(
        when=entry.when,
        title=cut(f"Cancelled: {title}" if entry.cancelled else title, TITLE_LIMIT),
        text=cut(plain_text(_text(entry, settings)), TEXT_LIMIT),
        location=cut(plain_text(entry.place), TITLE_LIMIT) if details.place else "",
        url=entry.link if details.book_link else "",
        show_as=ShowAs.FREE if entry.cancelled else ShowAs.BUSY,
        private=details.private,
        cancelled=False,
    )


def shown_name(name: str, code: str, level: NameLevel) -> str:
    """Return as much of a client's name as `level` allows."""
    words = plain_text(name).split()
    match level:
        case NameLevel.NONE:
            return ""
        case NameLevel.CODE:
            return code
        case NameLevel.INITIALS:
            return " ".join(f"{word[0].upper()}." for word in words)
        case NameLevel.FIRST_NAME:
            return words[0] if words else ""
        case NameLevel.FULL:
            return " ".join(words)
        case _:
            assert_never(level)


def template_faults(template: str) -> str:
    """Return what is wrong with a title template in a sentence, or nothing."""
    try:
        names = [
            name
            for _, name, spec, conversion in string.Formatter().parse(template)
            if name is not None or spec or conversion
        ]
    except ValueError:
        return "A brace is not closed. Write fields as {service} and {client}."
    unknown = [name for name in names if name not in TITLE_FIELDS]
    if unknown:
        return f"There is no field {{{unknown[0]}}}. Use {_field_list()}."
    return ""


def cut(text: str, limit: int) -> str:
    """Return `text` within `limit` characters; what is cut bears a mark."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + _CUT


def _field_list() -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(TITLE_FIELDS))


def _is_marked(entry: BookEntry, settings: SyncSettings) -> bool:
    marks = settings.include.cancelled is CancelledEntries.MARK
    return marks and not entry.cancelled_outside


def _title(entry: BookEntry, settings: SyncSettings) -> str:
    word = KIND_WORDS[entry.kind]
    if entry.kind in {Kind.MEETING, Kind.UNAVAILABLE}:
        return plain_text(entry.title) or word
    shown = {
        "service": entry.service if settings.details.service else "",
        "service_short": entry.service_short if settings.details.service else "",
        "client": shown_name(entry.client_name, entry.client_code, settings.name_level),
        "kind": word,
        "place": entry.place if settings.details.place else "",
    }
    title = " ".join(plain_text(settings.title_template.format_map(shown)).split())
    return title or word


def _text(entry: BookEntry, settings: SyncSettings) -> str:
    details = settings.details
    lines = (
        entry.phone if details.phone else "",
        entry.notes if details.notes else "",
        entry.link if details.book_link else "",
    )
    return "\n".join(line for line in lines if line)
