"""The port: what the engine may ask of any calendar provider, and how an answer can fail.

A provider is synchronous; concurrency is threads inside it over one pooled client. Nothing but
a `ProviderError` leaves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from appointed.core.events import ALL_FIELDS, Content, OwnedField, RemoteEvent, ShowAs, Stamp
from appointed.core.windows import Window


class Identity(StrEnum):
    """Who chooses the identity of a new event, and what finds it again."""

    CLIENT_ID = "client_id"
    """We choose the id; an id once used, even by a deleted event, is burnt (Google)."""
    NAME = "name"
    """We choose the resource's name; it is free again after a deletion (CalDAV)."""
    SERVER_ID = "server_id"
    """The server chooses; our key travels as a searchable property (Graph, Exchange)."""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """Who signed in: `subject` identifies the account for ever, `label` is shown to people."""

    subject: str
    label: str


@dataclass(frozen=True, slots=True)
class CalendarFacts:
    """A calendar of the account as a listing shows it.

    `epoch` changes where the provider can tell that a calendar of the same address was made
    anew; it is empty where it cannot. `primary` marks the calendar that invitations go to.
    """

    calendar_id: str
    name: str
    colour: str = ""
    writable: bool = True
    own: bool = True
    primary: bool = False
    epoch: str = ""
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class CalendarCheck:
    """What an access check found: reading and writing apart, in the provider's own words."""

    readable: bool
    writable: bool
    epoch: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The provider says that this event is gone (a removal named by a change report)."""

    remote_id: str


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a look.

    `complete` is true on the last page of a listing of *everything* (no token was used): only
    then is absence a fact, and only `listed` names all that is there. `next_token` stands on
    the last page of a look and nowhere else. `unread` names events that were listed or
    reported but could not be read: they are neither changed nor gone. A page whose `restart`
    is true says that the token given was worth nothing and that what follows is a listing
    from the beginning.
    """

    upserts: tuple[RemoteEvent, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()
    unread: tuple[str, ...] = ()
    listed: frozenset[str] = frozenset()
    complete: bool = False
    restart: bool = False
    next_token: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """An event that bears a key, and the calendar in which it stands now."""

    calendar_id: str
    event: RemoteEvent


@dataclass(frozen=True, slots=True)
class BusySpan:
    """A busy stretch read live: `remote_id` is None where the provider merges events."""

    start: datetime
    end: datetime
    show_as: ShowAs
    remote_id: str | None = None


# ── writing ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class CreateEvent:
    """Make an event with the identity `key`; never a second one with the same."""

    reference: str
    key: str
    content: Content


@dataclass(frozen=True, slots=True)
class UpdateEvent:
    """Change the named owned `fields` of `remote_id`, if it still is `version`.

    All else survives, also owned fields that are not named.
    """

    reference: str
    key: str
    remote_id: str
    version: str
    content: Content
    fields: frozenset[OwnedField] = ALL_FIELDS


@dataclass(frozen=True, slots=True)
class DeleteEvent:
    """Delete `remote_id`, if it still is `version`."""

    reference: str
    key: str
    remote_id: str
    version: str


WriteOperation = CreateEvent | UpdateEvent | DeleteEvent


@dataclass(frozen=True, slots=True)
class Written:
    """The event stands as asked (or stood so already).

    `stamp` is that of the provider's echo where it gave one, else of what was sent,
    normalised. `version` is empty where the provider told none; the next look learns it.
    `adopted` is true where an event with this key stood there before this very request.
    """

    reference: str
    remote_id: str
    version: str
    stamp: Stamp
    adopted: bool = False


@dataclass(frozen=True, slots=True)
class Deleted:
    """The event is gone.

    `already_gone` says that it was not there any more: somebody deleted it, or moved it
    elsewhere, so that only a search by its key tells which.
    """

    reference: str
    remote_id: str
    already_gone: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """This operation failed; the others went on. `error` says what happens next."""

    reference: str
    error: ProviderError


Receipt = Written | Deleted | Failed


class CalendarProvider(Protocol):
    """One account at one provider."""

    @property
    def identity(self) -> Identity:
        """How this provider identifies new events."""
        ...

    def check_credentials(self) -> AccountFacts:
        """Return who signed in."""
        ...

    def list_calendars(self) -> Sequence[CalendarFacts]:
        """Return every event calendar that the account may read."""
        ...

    def create_calendar(self, name: str) -> CalendarFacts:
        """Make a dedicated calendar and return how the provider lists it."""
        ...

    def check_calendar(self, calendar_id: str) -> CalendarCheck:
        """Return whether the calendar can be read and written; raise only for the account."""
        ...

    def changes(
        self,
        calendar_id: str,
        sync_token: str | None,
        window: Window,
        *,
        known: Mapping[str, str] | None = None,
    ) -> Iterator[Page]:
        """Yield what changed since `sync_token`, or everything where there is none.

        `known` names the versions the caller holds already (remote id → version): such an
        event need not be read again; it then stands in `listed` of the last page and nowhere
        else. Without a token that is all that is there; with one, what was reported alive.

        Raises: `SyncTokenExpired` before the first page where only a listing helps.
        """
        ...

    def fetch(self, calendar_id: str, remote_ids: Sequence[str]) -> Sequence[RemoteEvent]:
        """Return those of the events that are alive, read one by one, never from a listing.

        An event that is certainly gone is left out; an event that cannot be read now raises.
        """
        ...

    def find(self, key: str) -> Sequence[Found]:
        """Return every living carrier of `key` in the account, as far as it can be asked."""
        ...

    def write(self, calendar_id: str, operations: Sequence[WriteOperation]) -> Iterator[Receipt]:
        """Carry out the operations; yield one receipt each, as they come, in any order.

        Raises: only what concerns the account or the calendar as a whole.
        """
        ...

    def busy(
        self, calendar_ids: Sequence[str], start: datetime, end: datetime
    ) -> Sequence[BusySpan]:
        """Return live what blocks between the two instants."""
        ...

    def normalise(self, content: Content) -> Content:
        """Return `content` as this provider will hand it back."""
        ...

    def close(self) -> None:
        """Give connections back; a closed provider is used no more."""
        ...


# ── errors: named by what happens next ───────────────────────────────────────────────────


class ProviderError(Exception):
    """Something at the provider's; `code` is the text of `journeys.md` 4.2 where there is one.

    The message is for people: it holds no address, no name, no secret.
    """

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.facts: Mapping[str, str] = {}
        """What a surface may fill into the text of `code` (`texts.py`); never kept or logged."""


class CredentialsRejected(ProviderError):
    """The sign-in is refused: stop, and ask the person."""


class ApprovalNeeded(ProviderError):
    """Somebody at the organisation has to allow us first."""


class RateLimited(ProviderError):
    """Asked to wait: nothing of this account for `retry_after` seconds (None: unsaid)."""

    def __init__(self, message: str, *, retry_after: float | None = None, code: str = "") -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class ProviderUnavailable(ProviderError):
    """No usable answer and nothing was changed: try later, with back-off."""


class SyncTokenExpired(ProviderError):
    """The token is worth nothing any more: look at everything."""


class VersionConflict(ProviderError):
    """The event is not the version that was named (or is gone): look again."""


class EventRejected(ProviderError):
    """The provider refuses this one event for good; trying again changes nothing."""


class KeyTaken(EventRejected):
    """An event that is not the one we made stands where this key would have to stand.

    `remote_id` names it where the provider told (it may stand in another calendar). `burnt`
    says that the key was that of an event now deleted, and is never free again here.
    """

    def __init__(
        self, message: str, *, code: str = "", remote_id: str = "", burnt: bool = False
    ) -> None:
        super().__init__(message, code=code)
        self.remote_id = remote_id
        self.burnt = burnt


class ReadOnly(ProviderError):
    """The calendar is there and may not be written to."""


class CalendarGone(ProviderError):
    """The calendar itself is not there, or no longer ours to see."""


class OutcomeUnknown(ProviderError):
    """The request may or may not have been carried out: ask before trying again."""


class AddressRefused(ProviderError):
    """The address is not one we may talk to, or nothing there speaks this protocol."""
