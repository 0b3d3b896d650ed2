"""What the book wants, what comes next, what a question can be answered: closed sets of values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from appointed.core.events import Content, OwnedField, RemoteEvent
from appointed.core.links import Link

# ── what the book wants ──────────────────────────────────────────────────────────────────


class Why(StrEnum):
    """Why an item has no event of ours, or why a step is taken: the journal's words."""

    BOOKED = "booked"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    EXCLUDED = "excluded"
    BEYOND_ADVANCE = "beyond_advance"
    BEFORE_ARREARS = "before_arrears"
    HANDED_OVER = "handed_over"
    NO_PUSH = "no_push"
    MOVED_OUTSIDE = "moved_outside"
    DELETED_OUTSIDE = "deleted_outside"
    FOUND_AGAIN = "found_again"
    ANOTHER_CALENDAR = "another_calendar"
    NEVER_SEEN = "never_seen"
    REFUSED = "refused"
    CONTESTED = "contested"
    IN_STEP = "in_step"
    UNKNOWN_OUTCOME = "unknown_outcome"


@dataclass(frozen=True, slots=True)
class Stand:
    """The item shall stand in `calendar_id` as `content` (normalised by its provider)."""

    calendar_id: str
    content: Content
    start: datetime
    """When it begins, in UTC: a deletion of what has begun cancels nothing."""
    cancelled: bool = False
    """It stands there only to show that it is cancelled: deleted outside, it stays away."""


@dataclass(frozen=True, slots=True)
class Age:
    """The item lies before the arrears edge: nothing is written, nothing is signalled.

    Only an event that the book itself moved back there is removed: its old time is wrong.
    """

    content: Content


@dataclass(frozen=True, slots=True)
class Absent:
    """The item shall not stand in any calendar, and why.

    `content` comes with what lies beyond the advance: an event that says the same stays, since
    a window that was narrowed takes nothing away; one that the book moved there goes.
    """

    why: Why
    content: Content | None = None


Wanted = Stand | Age | Absent


class OnDeletion(StrEnum):
    """What an outside deletion of a future appointment means (setting `external_deletion`)."""

    CANCEL = "cancel"
    ASK = "ask"
    PUT_BACK = "put_back"


@dataclass(frozen=True, slots=True)
class Policy:
    """What decisions hang on: the installation (for keys) and settings of a connection."""

    installation: UUID
    on_deletion: OnDeletion = OnDeletion.CANCEL
    hold: timedelta = timedelta(seconds=120)


# ── what comes next ──────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Nothing:
    """No step, and why."""

    why: Why


@dataclass(frozen=True, slots=True)
class Note:
    """Only our own records change: `link` is what is known from now on (None: forgotten)."""

    link: Link | None
    why: Why


@dataclass(frozen=True, slots=True)
class Create:
    """Make the event of `link` (state SENDING, to be committed first)."""

    link: Link
    content: Content
    why: Why


@dataclass(frozen=True, slots=True)
class Update:
    """Write `fields` of the event of `link` (state UPDATING, to be committed first)."""

    link: Link
    content: Content
    fields: frozenset[OwnedField]
    why: Why


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete the event of `link` (state REMOVING, to be committed first)."""

    link: Link
    why: Why


@dataclass(frozen=True, slots=True)
class Ask:
    """Read the event by its id, and where it is gone by its key, then `settle`."""

    link: Link
    why: Why


@dataclass(frozen=True, slots=True)
class Hold:
    """A verified deletion waits until `link.held_until`, so that a slip can be undone."""

    link: Link


@dataclass(frozen=True, slots=True)
class Signal:
    """A person deleted our event, verified twice: the book decides what that means.

    Cancelled: `removed(link)` is remembered in the same transaction. Declined: `put_back(link)`.
    """

    link: Link
    on_deletion: OnDeletion


Step = Nothing | Note | Create | Update | Remove | Ask | Hold | Signal


# ── answers to Ask ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Alive:
    """Our event stands in `calendar_id`."""

    calendar_id: str
    event: RemoteEvent


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody else's event stands where our key would have to: another key is needed."""


@dataclass(frozen=True, slots=True)
class Vanished:
    """The event is gone: read by its id, searched by its key, while its calendar answers.

    `burnt` says that its identity may never be used again at this provider.
    """

    burnt: bool = False


@dataclass(frozen=True, slots=True)
class Unclear:
    """The question could not be answered: everything stays as it is."""


Answer = Alive | Taken | Vanished | Unclear
