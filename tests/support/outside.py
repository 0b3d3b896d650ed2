"""The other side of a scenario: what stands there, what people do there, what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from appointed.core.events import When
from appointed.providers.port import CalendarProvider
from appointed.sync.models import Account

FOR_EVER = 1_000_000
FOREIGN_TITLE = "Zahnarzt-Kennwort-7"
"""The title of what people plan themselves: it may turn up nowhere of ours."""

CREATE, UPDATE, DELETE, WRITE = "create", "update", "delete", "write"
READ_ONE, LOOK, ANY = "read_one", "look", "any"
"""The classes of requests that faults are planted for."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as it stands, read past the engine.

    `names` are all that could identify it; `says` is everything it says, as one text; `blocks`
    is whether it takes its time; `ours` says that an engine's request made it; `state` is equal
    exactly where nothing of it was changed. `recurring` events take their time more than once.
    """

    calendar: str
    remote_id: str
    names: frozenset[str]
    when: When
    says: str
    state: str = field(repr=False)
    blocks: bool = True
    private: bool = False
    ours: bool = False
    guests: bool = False
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a person plans: its time and how it shows."""

    when: When
    title: str = FOREIGN_TITLE
    free: bool = False
    private: bool = False
    cancelled: bool = False


class Outside(Protocol):
    """One account with the calendars `p` and `q`, and the people who use them."""

    name: str
    p: str
    q: str
    secrets: tuple[str, ...]
    deleted: set[str]
    """The names of all events that people deleted."""

    def connect(self, account: Account) -> CalendarProvider: ...
    def try_out(self, provider: str, credentials: dict[str, str]) -> CalendarProvider: ...
    @property
    def credentials(self) -> dict[str, str]: ...

    def events(self, calendar: str) -> list[Seen]:
        """Return what stands in a calendar, oldest first where that is known."""
        ...

    # ── people ──
    def add(self, calendar: str, plan: Plan) -> Seen: ...
    def change(self, event: Seen, plan: Plan) -> Seen: ...
    def drag(self, event: Seen, by: timedelta) -> None: ...
    def delete(self, event: Seen) -> None: ...
    def restore(self, event: Seen) -> Seen: ...
    def decorate(self, event: Seen) -> None: ...
    def is_decorated(self, event: Seen) -> bool: ...
    def forbid_writing(self, calendar: str) -> None: ...
    def allow_writing(self, calendar: str) -> None: ...
    def lock_out(self) -> None:
        """Have the sign-in refused: the password was changed, the grant withdrawn."""
        ...

    def let_in(self) -> None: ...

    # ── faults ──
    def fail(self, kind: str, status: int, times: int = FOR_EVER) -> None:
        """Answer requests of this class with a status instead of carrying them out."""
        ...

    def lose_answers(self, kind: str, times: int = 1) -> None:
        """Carry requests out and never answer."""
        ...

    def drop(self, kind: str, times: int = 1) -> None: ...
    def expire_tokens(self) -> None: ...
    def heal(self) -> None: ...

    # ── accounts, kept apart from the engine ──
    @property
    def writes(self) -> int:
        """Return how many writes were carried out."""
        ...

    @property
    def writes_tried(self) -> int:
        """Return how many writes were asked for, refused ones included."""
        ...

    @property
    def requests(self) -> int: ...
    @property
    def refusals(self) -> int:
        """Return how many requests were refused for their sign-in."""
        ...

    def foreign_writes(self) -> list[str]:
        """Return what the engine did to events that it did not make: there may be nothing."""
        ...

    def mails(self) -> int:
        """Return how many people the provider would have written to because of the engine."""
        ...

    def close(self) -> None: ...
