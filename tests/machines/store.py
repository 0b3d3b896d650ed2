"""What the little engine remembers: committed as a whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from uuid import UUID

from appointed.core.events import Content, Span
from appointed.core.keys import Item
from appointed.core.links import Link


@dataclass(frozen=True, slots=True)
class Appointment:
    """An appointment of the model book; `by_calendar` says that a deletion outside ended it."""

    uuid: UUID
    content: Content
    cancelled: bool = False
    by_calendar: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True)
class Block:
    """A foreign event as the busy index keeps it."""

    version: str
    spans: tuple[Span, ...]
    show_as: str


@dataclass(slots=True)
class State:
    """Book and links in one database."""

    book: dict[Item, Appointment] = field(default_factory=dict)
    links: dict[Item, Link] = field(default_factory=dict)
    sent_at: dict[Item, datetime] = field(default_factory=dict)
    busy: dict[tuple[str, str], Block] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    epochs: dict[str, str] = field(default_factory=dict)
    audit_due: dict[str, datetime] = field(default_factory=dict)
    doubts: dict[str, bool] = field(default_factory=dict)
    questions: dict[Item, int] = field(default_factory=dict)
    mails: dict[tuple[Item, int], datetime] = field(default_factory=dict)
    journal: list[tuple[str, str]] = field(default_factory=list)

    def copied(self) -> "State":
        return replace(self, **{f.name: getattr(self, f.name).copy() for f in fields(self)})


class Store:
    """One committed state; a draft that is not finished leaves no trace."""

    def __init__(self) -> None:
        self.state = State()

    @contextmanager
    def committing(self) -> Iterator[State]:
        draft = self.state.copied()
        yield draft
        self.state = draft
