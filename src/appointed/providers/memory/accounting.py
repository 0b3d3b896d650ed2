"""What happened at a memory server, kept so that checks are decided from outside the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from appointed.providers.memory.mapping import StoredEvent


class Verb(StrEnum):
    """The classes of requests; faults and accounts go by them."""

    SIGN_IN = "sign_in"
    LIST_CALENDARS = "list_calendars"
    CREATE_CALENDAR = "create_calendar"
    CHECK = "check"
    LISTING = "listing"
    CHANGES = "changes"
    FETCH = "fetch"
    FIND = "find"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    BUSY = "busy"


EVENT_WRITES = frozenset({Verb.CREATE, Verb.UPDATE, Verb.DELETE})
WRITES = EVENT_WRITES | {Verb.CREATE_CALENDAR}
READS = frozenset(Verb) - WRITES


class Deed(StrEnum):
    """What people do to events without us."""

    ADDED = "added"
    EDITED = "edited"
    COPIED = "copied"
    MOVED = "moved"
    DELETED = "deleted"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came in: `outcome` is `ok`, or what the client was told or not told."""

    at: datetime
    account: str
    verb: Verb
    calendar_id: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Write:
    """A write of an engine that was carried out: the event before and after.

    `late` says that it was carried out after the client had given up.
    """

    at: datetime
    account: str
    verb: Verb
    before: StoredEvent | None
    after: StoredEvent | None
    late: bool = False


@dataclass(frozen=True, slots=True)
class HumanDeed:
    """What a person did to an event, with the event before and after."""

    at: datetime
    deed: Deed
    before: StoredEvent | None
    after: StoredEvent | None


@dataclass(slots=True)
class Accounts:
    """Everything that happened, in order."""

    requests: list[Request] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    deeds: list[HumanDeed] = field(default_factory=list)

    def foreign_writes(self) -> list[Write]:
        """Return the writes of engines on events that no engine made: there may be none."""
        return [w for w in self.writes if w.before is not None and not w.before.ours]

    def was_deleted_by_a_person(self, key: str) -> bool:
        """Say whether a person deleted, or took out of sight, the event made with this key."""
        return any(
            d.before is not None and d.before.request == key and d.deed in _LOSSES
            for d in self.deeds
        )


_LOSSES = frozenset({Deed.DELETED, Deed.MOVED})
