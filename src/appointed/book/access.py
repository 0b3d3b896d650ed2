"""Who may what: the roles of the interface as one table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from appointed.book.errors import Refused


class Role(StrEnum):
    OWNER = "owner"
    MANAGER = "manager"
    RECEPTION = "reception"
    PRACTITIONER = "practitioner"
    READ_ONLY = "read_only"


class Action(StrEnum):
    SEE_BOOK = "see_book"
    """The book and clients' names."""
    BOOK = "book"
    """Book, move, cancel; keep clients."""
    CONNECT = "connect"
    """Connect calendars, decide a suspension, undo."""
    SEE_FOREIGN_TITLES = "see_foreign_titles"
    SET_UP = "set_up"
    """Practitioners, services, closures, templates."""
    SET_HOURS = "set_hours"
    ADMINISTER = "administer"
    """Users, roles, API keys, calendar apps."""
    AUDIT = "audit"
    """Audit, export, erase a client."""


class Reach(Enum):
    """For whom a role may do it."""

    NOBODY = 0
    OWN = 1
    EVERYBODY = 2


_ALL, _OWN, _NO = Reach.EVERYBODY, Reach.OWN, Reach.NOBODY

TABLE: dict[Action, dict[Role, Reach]] = {
    action: dict(zip(Role, reaches, strict=True))
    for action, reaches in {
        #                          owner manager reception practitioner read-only
        Action.SEE_BOOK: (_ALL, _ALL, _ALL, _ALL, _ALL),
        Action.BOOK: (_ALL, _ALL, _ALL, _OWN, _NO),
        Action.CONNECT: (_ALL, _ALL, _NO, _OWN, _NO),
        Action.SEE_FOREIGN_TITLES: (_OWN, _OWN, _NO, _OWN, _NO),
        Action.SET_UP: (_ALL, _ALL, _NO, _NO, _NO),
        Action.SET_HOURS: (_ALL, _ALL, _NO, _OWN, _NO),
        Action.ADMINISTER: (_ALL, _NO, _NO, _NO, _NO),
        Action.AUDIT: (_ALL, _ALL, _NO, _NO, _NO),
    }.items()
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a user or a key of one practice, with one role.

    `reference` (`user:…`, `key:…`) names the same one in records for ever.
    """

    practice_id: int
    role: Role
    name: str
    practitioner_id: int | None = None
    user_id: int | None = None
    api_key_id: int | None = None
    books_for_others: bool = False
    """The practice lets practitioners book for one another."""

    @property
    def reference(self) -> str:
        if self.user_id is not None:
            return f"user:{self.user_id}"
        return f"key:{self.api_key_id}" if self.api_key_id is not None else "system"


def reach_of(actor: Actor, action: Action) -> Reach:
    """Return for whom `actor` may do this."""
    reach = TABLE[action][actor.role]
    if action is Action.BOOK and reach is Reach.OWN and actor.books_for_others:
        return Reach.EVERYBODY
    return reach


def may(actor: Actor, action: Action, practitioner: int | None = None) -> bool:
    """Say whether `actor` may do this for that practitioner; for everybody if none is named."""
    match reach_of(actor, action):
        case Reach.EVERYBODY:
            return True
        case Reach.OWN:
            return practitioner is not None and practitioner == actor.practitioner_id
        case Reach.NOBODY:
            return False


def may_for_somebody(actor: Actor, action: Action) -> bool:
    """Say whether there is anybody for whom `actor` may do this, himself at least."""
    match reach_of(actor, action):
        case Reach.EVERYBODY:
            return True
        case Reach.OWN:
            return actor.practitioner_id is not None
        case Reach.NOBODY:
            return False


def require(actor: Actor, action: Action, practitioner: int | None = None) -> None:
    """Return if `actor` may do this. Raises: `Refused`."""
    if not may(actor, action, practitioner):
        raise Refused


def require_for_somebody(actor: Actor, action: Action) -> None:
    """Return if `actor` may do this at least for himself. Raises: `Refused`."""
    if not may_for_somebody(actor, action):
        raise Refused
