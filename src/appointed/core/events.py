"""What an event is, wherever it stands: when it takes place, what it says, whether it blocks."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

DIGEST_VERSION = "1"


class ShowAs(StrEnum):
    """How a calendar shows the time of an event."""

    BUSY = "busy"
    FREE = "free"
    TENTATIVE = "tentative"
    OUT_OF_OFFICE = "out_of_office"
    WORKING_ELSEWHERE = "working_elsewhere"


@dataclass(frozen=True, slots=True)
class Timed:
    """A time with a zone: `start` and `end` are aware, `end` exclusive, in one IANA zone."""

    start: datetime
    end: datetime
    zone: str

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """Return start and end in UTC; at the ends of all calendars the zone counts no more."""
        return _in_utc(self.start), _in_utc(self.end)


@dataclass(frozen=True, slots=True)
class AllDay:
    """Whole days: dates, never midnights; `end` is exclusive."""

    start: date
    end: date


When = Timed | AllDay


class OwnedField(StrEnum):
    """The fields of an event that the book owns.

    It always wins on `WHEN`; the others it writes when it changes them, and tolerates what
    people make of them until then.
    """

    WHEN = "when"
    TITLE = "title"
    TEXT = "text"
    LOCATION = "location"
    URL = "url"
    SHOW_AS = "show_as"
    PRIVATE = "private"
    CANCELLED = "cancelled"


ALL_FIELDS = frozenset(OwnedField)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an event says, as one short hash a field: enough to compare, nothing to read.

    The empty stamp is that of no event; every field of another differs from it.
    """

    fields: tuple[tuple[OwnedField, str], ...] = ()

    def differing(self, other: Stamp) -> frozenset[OwnedField]:
        """Return the fields in which the two differ."""
        mine, theirs = dict(self.fields), dict(other.fields)
        return frozenset(f for f in OwnedField if mine.get(f) != theirs.get(f))

    def taking(self, sent: Stamp, *, shown: Stamp) -> Stamp:
        """Return this stamp with those fields of `sent` that `shown` proves to have arrived."""
        mine, new, there = dict(self.fields), dict(sent.fields), dict(shown.fields)
        arrived = {f: value for f, value in new.items() if there.get(f) == value}
        return Stamp(tuple(sorted({**mine, **arrived}.items())))

    @property
    def digest(self) -> str:
        """Return one hash over all fields; empty for the empty stamp."""
        if not self.fields:
            return ""
        joined = " ".join(f"{field}={value}" for field, value in self.fields)
        return f"{DIGEST_VERSION}:{hashlib.sha256(joined.encode()).hexdigest()[:40]}"

    def __bool__(self) -> bool:
        """Say whether this is the stamp of an event."""
        return bool(self.fields)


NO_EVENT = Stamp()


@dataclass(frozen=True, slots=True)
class Content:
    """The owned fields of an event of ours: all that the book says in a calendar.

    Alarms, colour, categories, guests and notes that people add are not part of it and are
    never written.
    """

    when: When
    title: str
    text: str = ""
    location: str = ""
    url: str = ""
    show_as: ShowAs = ShowAs.BUSY
    private: bool = True
    cancelled: bool = False

    @property
    def stamp(self) -> Stamp:
        """Return a short hash a field: two normalised contents differ where their stamps do."""
        return Stamp(
            tuple((field, _short_hash(_field_text(self, field))) for field in sorted(OwnedField))
        )

    @property
    def digest(self) -> str:
        """Return a hash that is equal exactly where two normalised contents are equal."""
        return self.stamp.digest


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time that an event takes: instants in UTC, half-open.

    `original_start` names the occurrence inside a series (None for a single event);
    `days` holds the dates of an all-day event, which become instants only where somebody's
    zone is known.
    """

    start: datetime
    end: datetime
    original_start: datetime | None = None
    days: tuple[date, date] | None = None


@dataclass(frozen=True, slots=True)
class RemoteEvent:
    """An event as a provider hands it out, alive.

    `key` is our property where the event bears one; it proves nothing by itself. `spans` are
    the times that it takes inside the window asked for (one for a single event, one an
    occurrence for a series). `content` is normalised. Texts of foreign events live in memory
    only: nobody stores `content` of an event without a link.
    """

    remote_id: str
    version: str
    content: Content
    uid: str = ""
    key: str | None = None
    spans: tuple[Span, ...] = ()
    show_as: ShowAs = ShowAs.BUSY
    private: bool = False
    recurring: bool = False
    readable: bool = True

    @property
    def digest(self) -> str:
        """Return the digest of the normalised content."""
        return self.content.digest


def plain_text(text: str) -> str:
    r"""Return `text` as every calendar can hold it: NFC, `\n`, no control characters, trimmed."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})
    composed = unicodedata.normalize("NFC", kept)
    return "\n".join(line.rstrip() for line in composed.strip().split("\n"))


def whole_seconds(content: Content) -> Content:
    """Return `content` with its times cut to whole seconds, as calendars store them."""
    match content.when:
        case Timed(start, end, zone):
            when = Timed(start.replace(microsecond=0), end.replace(microsecond=0), zone)
            return replace(content, when=when)
        case AllDay():
            return content


def days_of(when: AllDay) -> int:
    """Return how many days an all-day time takes."""
    return (when.end - when.start) // timedelta(days=1)


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return at.replace(tzinfo=UTC)


def _when(when: When) -> str:
    match when:
        case Timed():
            start, end = when.instants
            return f"timed {start.isoformat()} {end.isoformat()}"
        case AllDay(start, end):
            return f"all-day {start.isoformat()} {end.isoformat()}"


def _field_text(content: Content, field: OwnedField) -> str:
    texts: dict[OwnedField, str] = {
        OwnedField.WHEN: _when(content.when),
        OwnedField.TITLE: content.title,
        OwnedField.TEXT: content.text,
        OwnedField.LOCATION: content.location,
        OwnedField.URL: content.url,
        OwnedField.SHOW_AS: content.show_as,
        OwnedField.PRIVATE: str(content.private),
        OwnedField.CANCELLED: str(content.cancelled),
    }
    return texts[field]


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
