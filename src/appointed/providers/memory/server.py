"""The memory server: calendars and events, changed by engines and by people.

It knows nothing of faults in the wire (`client.py`) nor of the port. Time is handed in: nothing
here reads a clock. Every operation holds the lock, so threads may share a server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import RLock

from appointed.core.events import Content, OwnedField
from appointed.providers.memory.accounting import Accounts, Deed, HumanDeed, Verb, Write
from appointed.providers.memory.auth import Grant, Rights
from appointed.providers.memory.faults import Faults
from appointed.providers.memory.manifest import MANIFESTS, Manifest
from appointed.providers.memory.mapping import Echo, StoredEvent, merged, normalised
from appointed.providers.port import Identity

Clock = Callable[[], datetime]

ACCOUNT = "pat@memory.example"
"""The account that every server has from the start."""


class Refusal(Exception):
    """The server says no, with an HTTP status; `event` is what stands in the way."""

    def __init__(self, status: int, event: StoredEvent | None = None) -> None:
        super().__init__(str(status))
        self.status = status
        self.event = event


class NoCalendar(Refusal):
    """There is no such calendar, or it is no longer shown to this account."""


@dataclass(slots=True)
class StoredCalendar:
    """A calendar: what it is called, who may what, and the log that change reports read.

    `log` names the id changed at each position; `first` is the oldest position of a token that
    is still worth something. A `lost` position is never reported.
    """

    calendar_id: str
    name: str
    epoch: str
    zone: str = "UTC"
    primary: bool = False
    rights: dict[str, Rights] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    lost: set[int] = field(default_factory=set)
    first: int = 0


@dataclass(slots=True)
class _Late:
    due: datetime
    carry_out: Callable[[], None]


class MemoryServer:
    """A calendar server in memory: one world that any number of providers and people share."""

    def __init__(
        self,
        identity: Identity,
        *,
        clock: Clock,
        echo: Echo | None = None,
        page_size: int = 50,
        manifest: Manifest | None = None,
    ) -> None:
        self.manifest = manifest or MANIFESTS[identity]
        self.clock = clock
        self.echo = echo or Echo()
        self.page_size = page_size
        self.faults = Faults()
        self.accounts = Accounts()
        self.calendars: dict[str, StoredCalendar] = {}
        self.grants: dict[str, Grant] = {ACCOUNT: Grant(ACCOUNT)}
        self.lock = RLock()
        self._events: dict[tuple[str, str], StoredEvent] = {}
        self._late: list[_Late] = []
        self._born: dict[int, datetime] = {}
        self._count = 0

    # ── what stands there ────────────────────────────────────────────────────────────────

    def events(self, calendar_id: str | None = None) -> list[StoredEvent]:
        """Return the living events, straight from the server, oldest first."""
        with self.lock:
            self.catch_up()
            living = (e for e in self._events.values() if e.alive)
            return sorted(
                (e for e in living if calendar_id in {None, e.calendar_id}),
                key=lambda e: e.serial,
            )

    def get(self, calendar_id: str, remote_id: str) -> StoredEvent | None:
        """Return the event of this id, alive or a tombstone, or None where none ever was."""
        with self.lock:
            return self._events.get((calendar_id, remote_id))

    def carriers(self, key: str) -> list[StoredEvent]:
        """Return the living events that bear this key as property or UID, oldest first."""
        return [e for e in self.events() if key in {e.key, e.uid}]

    def is_searchable(self, event: StoredEvent) -> bool:
        """Say whether a search by key shows the event yet; ids and names need no search."""
        chosen = self.manifest.identity is not Identity.SERVER_ID
        if chosen and event.request in {event.uid, event.remote_id}:
            return True
        return self.clock() - self._born[event.serial] >= self.faults.search_lag

    def calendar(self, calendar_id: str) -> StoredCalendar:
        """Return the calendar.

        Raises: `NoCalendar`.
        """
        try:
            return self.calendars[calendar_id]
        except KeyError:
            raise NoCalendar(404) from None

    def rights(self, account: str, calendar_id: str) -> Rights:
        """Return what the account may do there; nothing where nobody said so."""
        return self.calendar(calendar_id).rights.get(account, Rights.NONE)

    def number(self) -> int:
        """Return a number that was never given before: for serials, versions and epochs."""
        self._count += 1
        return self._count

    # ── calendars ────────────────────────────────────────────────────────────────────────

    def add_calendar(
        self,
        calendar_id: str,
        *,
        name: str = "",
        account: str = ACCOUNT,
        zone: str = "UTC",
        primary: bool = False,
    ) -> StoredCalendar:
        """Make an empty calendar that `account` may write to."""
        with self.lock:
            made = StoredCalendar(
                calendar_id,
                name or calendar_id,
                epoch=f"epoch-{self.number()}",
                zone=zone,
                primary=primary,
                rights={account: Rights.WRITE},
            )
            self.calendars[calendar_id] = made
            return made

    def drop_calendar(self, calendar_id: str) -> None:
        """Take a calendar away with all its events; no tombstone tells of them."""
        with self.lock:
            del self.calendars[calendar_id]
            for place in [p for p in self._events if p[0] == calendar_id]:
                del self._events[place]

    # ── writes of engines ────────────────────────────────────────────────────────────────

    def create(self, account: str, calendar_id: str, key: str, content: Content) -> Write:
        """Make an event with the identity `key`, once.

        Raises: `Refusal` 409 with what stands there (a tombstone where its id is burnt).
        """
        self._may_write(account, calendar_id)
        remote_id = self._chosen_id(calendar_id, key)
        standing = self._standing(calendar_id, remote_id, key)
        if standing is not None:
            raise Refusal(409, standing)
        event = StoredEvent(
            serial=self.number(),
            calendar_id=calendar_id,
            remote_id=remote_id,
            version=self._version(),
            content=normalised(content, self.echo),
            uid=key,
            key=key,
            request=key,
            ours=True,
        )
        self._put(event)
        return self._account(account, Verb.CREATE, None, event)

    def update(
        self,
        account: str,
        calendar_id: str,
        remote_id: str,
        *,
        version: str,
        content: Content,
        fields: frozenset[OwnedField],
    ) -> Write:
        """Change the named fields of an event that still is `version`.

        Raises: `Refusal` 404 where it is gone, 412 where it is another version.
        """
        before = self._expected(account, calendar_id, remote_id, version)
        new = normalised(merged(before.content, content, fields), self.echo)
        after = replace(before, content=new, version=self._version())
        self._put(after)
        return self._account(account, Verb.UPDATE, before, after)

    def delete(self, account: str, calendar_id: str, remote_id: str, version: str) -> Write:
        """Delete an event that still is `version`.

        Raises: `Refusal` 404 where it is gone, 412 where it is another version.
        """
        before = self._expected(account, calendar_id, remote_id, version)
        after = replace(before, alive=False, version=self._version())
        self._put(after)
        return self._account(account, Verb.DELETE, before, after)

    def later(self, delay: timedelta, carry_out: Callable[[], None]) -> None:
        """Carry a request out once `delay` is over, although nobody waits for its answer."""
        self._late.append(_Late(self.clock() + delay, carry_out))

    @property
    def is_waiting(self) -> bool:
        """Say whether requests are still on their way."""
        return bool(self._late)

    def catch_up(self) -> None:
        """Carry out the late requests that are due."""
        due = [late for late in self._late if late.due <= self.clock()]
        self._late = [late for late in self._late if late not in due]
        writes = self.accounts.writes
        for late in due:
            known = len(writes)
            late.carry_out()
            writes[known:] = [replace(write, late=True) for write in writes[known:]]

    # ── writes of people ─────────────────────────────────────────────────────────────────

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock, with everything due carried out first."""
        with self.lock:
            self.catch_up()
            yield

    def do(self, deed: Deed, before: StoredEvent | None, after: StoredEvent) -> StoredEvent:
        """Store what a person made of an event, under a new version, and note it."""
        content = normalised(after.content, self.echo)
        stored = replace(after, content=content, version=self._version())
        self._put(stored)
        self.accounts.deeds.append(HumanDeed(self.clock(), deed, before, stored))
        return stored

    def bury(self, event: StoredEvent) -> None:
        """Leave a tombstone where the event was, without a deed of its own."""
        self._put(replace(event, alive=False, version=self._version()))

    # ── inside ───────────────────────────────────────────────────────────────────────────

    def _chosen_id(self, calendar_id: str, key: str) -> str:
        match self.manifest.identity:
            case Identity.CLIENT_ID:
                return key
            case Identity.NAME:
                return f"/{calendar_id}/{key}.ics"
            case _:
                return f"AAMk{self.number():06}"

    def _standing(self, calendar_id: str, remote_id: str, key: str) -> StoredEvent | None:
        if self.manifest.knows_requests:
            made = [e for e in self._events.values() if e.request == key]
            return max(made, key=lambda e: e.alive, default=None)
        standing = self._events.get((calendar_id, remote_id))
        if standing is None or (not standing.alive and not self.manifest.burns_ids):
            return None
        return standing

    def _expected(
        self, account: str, calendar_id: str, remote_id: str, version: str
    ) -> StoredEvent:
        self._may_write(account, calendar_id)
        event = self._events.get((calendar_id, remote_id))
        if event is None or not event.alive:
            raise Refusal(404)
        if event.version != version:
            raise Refusal(412, event)
        return event

    def _may_write(self, account: str, calendar_id: str) -> None:
        if self.rights(account, calendar_id) < Rights.WRITE:
            raise Refusal(403)

    def _version(self) -> str:
        return f"v{self.number()}"

    def _put(self, event: StoredEvent) -> None:
        self._born.setdefault(event.serial, self.clock())
        self._events[event.calendar_id, event.remote_id] = event
        calendar = self.calendar(event.calendar_id)
        if event.remote_id in self.faults.lost_changes:
            self.faults.lost_changes.discard(event.remote_id)
            calendar.lost.add(len(calendar.log))
        calendar.log.append(event.remote_id)

    def _account(
        self, account: str, verb: Verb, before: StoredEvent | None, after: StoredEvent
    ) -> Write:
        write = Write(self.clock(), account, verb, before, after)
        self.accounts.writes.append(write)
        return write
