"""The settings of a connection: what is shared, how far, and what a change outside means.

Every default stands here and nowhere else (interface.md, *Defaults*).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

from appointed.core.steps import OnDeletion

_T = TypeVar("_T")


class Mode(StrEnum):
    """Whether a direction runs by itself or waits for *Sync now*."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class OnMove(StrEnum):
    """What an outside move of our event means."""

    RESTORE_AND_ASK = "restore_and_ask"
    RESTORE = "restore"
    ACCEPT = "accept"


class CancelledEntries(StrEnum):
    """What happens to the event of a cancelled appointment."""

    REMOVE = "remove"
    MARK = "mark"


class NameLevel(StrEnum):
    """How much of a client's name a calendar may show."""

    CODE = "code"
    INITIALS = "initials"
    FIRST_NAME = "first_name"
    FULL = "full"
    NONE = "none"


class TitleReaders(StrEnum):
    """Who may read the titles of foreign events."""

    NOBODY = "nobody"
    OWNER = "owner"


class WhenUnreadable(StrEnum):
    """What a calendar that cannot be read does to its free times."""

    CLOSE = "close"
    CALL = "call"
    OFFER = "offer"


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction of a connection."""

    enabled: bool = True
    mode: Mode = Mode.AUTOMATIC


@dataclass(frozen=True, slots=True)
class Include:
    """Which entries are pushed."""

    client: bool = True
    casual: bool = True
    meeting: bool = True
    recurring: bool = True
    unavailable: bool = False
    cancelled: CancelledEntries = CancelledEntries.REMOVE


@dataclass(frozen=True, slots=True)
class Details:
    """What of an entry its event shows."""

    phone: bool = False
    notes: bool = False
    service: bool = True
    place: bool = True
    book_link: bool = True
    private: bool = True


@dataclass(frozen=True, slots=True)
class CountsAsBusy:
    """Which kinds of foreign times block, besides busy ones (free and declined never do)."""

    tentative: bool = True
    out_of_office: bool = True
    working_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """After how many seconds an unreadable calendar counts as such, and what then."""

    after_seconds: int = 120
    then: WhenUnreadable = WhenUnreadable.CLOSE


@dataclass(frozen=True, slots=True)
class Threshold:
    """Strictly more than any of these in a run asks a person first."""

    changes: int = 25
    percent: int = 20
    deletions: int = 10


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """All settings of one connection."""

    push: Direction = Direction()
    pull: Direction = Direction()
    check_conflicts: bool = True
    cancellation_notification: bool = True
    external_move: OnMove = OnMove.RESTORE_AND_ASK
    external_deletion: OnDeletion = OnDeletion.CANCEL
    hold_seconds: int = 120
    days_in_arrears: int | None = 30
    days_in_advance: int | None = 365
    include: Include = Include()
    title_template: str = "{service} {client}"
    name_level: NameLevel = NameLevel.INITIALS
    titles: TitleReaders = TitleReaders.NOBODY
    details: Details = Details()
    busy: CountsAsBusy = CountsAsBusy()
    unreadable: Unreadable = Unreadable()
    threshold: Threshold = field(default_factory=Threshold)


RANGES: Mapping[str, tuple[int, int]] = {
    "hold_seconds": (0, 3600),
    "days_in_arrears": (0, 3650),
    "days_in_advance": (0, 3650),
    "unreadable.after_seconds": (30, 900),
    "threshold.changes": (1, 10_000),
    "threshold.percent": (1, 100),
    "threshold.deletions": (1, 10_000),
}
"""The numbers each setting may take, both ends included."""

TITLE_FIELDS = frozenset({"service", "service_short", "client", "kind", "place"})
"""What a title template may name."""


def as_stored(settings: SyncSettings) -> dict[str, Any]:
    """Return the settings as plain JSON values, whole."""
    return asdict(settings)


def from_stored(stored: Mapping[str, Any]) -> SyncSettings:
    """Return settings from what was stored, perhaps by another release.

    What it did not know has its default; what this one does not know is left out.
    """
    return _merged(SyncSettings(), stored)


def merged(settings: SyncSettings, changes: Mapping[str, Any]) -> SyncSettings:
    """Return `settings` with `changes` (nested objects are merged).

    Raises: `ValueError` for a value that no setting of this name can take; ranges are checked
    by `out_of_range`.
    """
    return _merged(settings, changes)


def out_of_range(settings: SyncSettings) -> dict[str, str]:
    """Return a sentence for every number outside its range, by the setting's dotted name."""
    faults: dict[str, str] = {}
    for name, (low, high) in RANGES.items():
        value: Any = settings
        for part in name.split("."):
            value = getattr(value, part)
        if value is not None and not low <= value <= high:
            faults[name] = f"Choose a number from {low} to {high}."
    return faults


def _merged(value: _T, changes: Mapping[str, Any]) -> _T:
    known = {f.name for f in fields(value)}  # type: ignore[arg-type]  # always a dataclass here
    taken: dict[str, Any] = {}
    for name, new in changes.items():
        if name not in known:
            continue
        old = getattr(value, name)
        if is_dataclass(old) and isinstance(new, Mapping):
            taken[name] = _merged(old, new)
        elif isinstance(old, StrEnum):
            taken[name] = type(old)(new)
        else:
            taken[name] = new
    return replace(value, **taken)  # type: ignore[type-var]  # always a dataclass here
