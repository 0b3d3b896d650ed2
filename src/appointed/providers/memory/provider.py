"""The port over a memory server: what demo, tests and the state machine talk to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from appointed.core.events import Content, RemoteEvent, ShowAs
from appointed.core.windows import EARLIEST, LATEST, Window
from appointed.providers.memory.accounting import Verb
from appointed.providers.memory.auth import Rights
from appointed.providers.memory.client import MemoryClient, Report
from appointed.providers.memory.mapping import (
    StoredEvent,
    blocks,
    normalised,
    remote_event,
    shown_as,
    spans_in,
)
from appointed.providers.memory.server import (
    ACCOUNT,
    MemoryServer,
    NoCalendar,
    Refusal,
    StoredCalendar,
)
from appointed.providers.port import (
    AccountFacts,
    BusySpan,
    CalendarCheck,
    CalendarFacts,
    CalendarGone,
    CalendarProvider,
    CreateEvent,
    CredentialsRejected,
    Deleted,
    DeleteEvent,
    Failed,
    Found,
    Identity,
    KeyTaken,
    Page,
    ProviderError,
    ProviderUnavailable,
    Receipt,
    SyncTokenExpired,
    Tombstone,
    UpdateEvent,
    VersionConflict,
    WriteOperation,
    Written,
)

ALWAYS = Window(EARLIEST, LATEST)


def connect(server: MemoryServer, account: str = ACCOUNT) -> CalendarProvider:
    """Return the provider for one account of `server`; the annotation keeps it to the port."""
    return MemoryProvider(MemoryClient(server, account))


class MemoryProvider:
    """One account at a memory server."""

    def __init__(self, client: MemoryClient) -> None:
        self._client = client
        self._server = client.server

    @property
    def identity(self) -> Identity:
        """How this server identifies new events."""
        return self._server.manifest.identity

    def check_credentials(self) -> AccountFacts:
        """Return who signed in."""
        account = self._client.account
        return self._client.ask(Verb.SIGN_IN, "", lambda: AccountFacts(account, account))

    def list_calendars(self) -> Sequence[CalendarFacts]:
        """Return every calendar that the account may read."""
        return self._client.ask(
            Verb.LIST_CALENDARS, "", lambda: [self._facts(c) for c in self._readable()]
        )

    def create_calendar(self, name: str) -> CalendarFacts:
        """Make a dedicated calendar and return how the server lists it."""
        return self._client.ask(Verb.CREATE_CALENDAR, "", lambda: self._make_calendar(name))

    def check_calendar(self, calendar_id: str) -> CalendarCheck:
        """Return whether the calendar can be read and written; raise only for the account."""
        try:
            return self._client.ask(Verb.CHECK, calendar_id, lambda: self._check(calendar_id))
        except CalendarGone as gone:
            return CalendarCheck(readable=False, writable=False, reason=gone.message)

    def changes(
        self,
        calendar_id: str,
        sync_token: str | None,
        window: Window,
        *,
        known: Mapping[str, str] | None = None,
    ) -> Iterator[Page]:
        """Yield what changed since `sync_token`, or everything where there is none.

        Raises: `SyncTokenExpired` where this kind of server does not start over by itself.
        """
        try:
            report = self._client.report(calendar_id, sync_token)
        except SyncTokenExpired:
            if not self._server.manifest.restarts:
                raise
            report = self._client.report(calendar_id, None)
        restart = sync_token is not None and report.total
        yield from self._pages(calendar_id, report, window, known or {}, restart=restart)

    def fetch(self, calendar_id: str, remote_ids: Sequence[str]) -> Sequence[RemoteEvent]:
        """Return those of the events that are alive, read one by one."""
        read = [self._fetch_one(calendar_id, remote_id) for remote_id in remote_ids]
        return [event for event in read if event is not None]

    def find(self, key: str) -> Sequence[Found]:
        """Return every living carrier of `key` in the account's calendars, oldest first."""
        return self._client.ask(Verb.FIND, "", lambda: self._carriers(key))

    def write(self, calendar_id: str, operations: Sequence[WriteOperation]) -> Iterator[Receipt]:
        """Carry out the operations one by one, each when its receipt is asked for.

        Raises: what concerns the account or the calendar; the rest was then not sent.
        """
        for operation in operations:
            try:
                yield self._write(calendar_id, operation)
            except (CredentialsRejected, CalendarGone):
                raise
            except ProviderError as error:
                yield Failed(operation.reference, error)

    def busy(
        self, calendar_ids: Sequence[str], start: datetime, end: datetime
    ) -> Sequence[BusySpan]:
        """Return live what blocks between the two instants."""
        return [span for c in calendar_ids for span in self._busy(c, start, end)]

    def normalise(self, content: Content) -> Content:
        """Return `content` as this server will hand it back."""
        return normalised(content, self._server.echo)

    def close(self) -> None:
        """Nothing is held open."""

    # ── reading ──────────────────────────────────────────────────────────────────────────

    def _readable(self) -> list[StoredCalendar]:
        return [c for c in self._server.calendars.values() if self._rights(c) > Rights.NONE]

    def _rights(self, calendar: StoredCalendar) -> Rights:
        return calendar.rights.get(self._client.account, Rights.NONE)

    def _facts(self, calendar: StoredCalendar) -> CalendarFacts:
        return CalendarFacts(
            calendar.calendar_id,
            calendar.name,
            writable=self._rights(calendar) is Rights.WRITE,
            primary=calendar.primary,
            epoch=calendar.epoch,
            time_zone=calendar.zone,
        )

    def _make_calendar(self, name: str) -> CalendarFacts:
        calendar_id = f"calendar-{self._server.number()}"
        account = self._client.account
        return self._facts(self._server.add_calendar(calendar_id, name=name, account=account))

    def _check(self, calendar_id: str) -> CalendarCheck:
        calendar = self._seen_calendar(calendar_id)
        writable = self._rights(calendar) is Rights.WRITE
        reason = "" if writable else "The calendar may only be read."
        return CalendarCheck(readable=True, writable=writable, epoch=calendar.epoch, reason=reason)

    def _seen_calendar(self, calendar_id: str) -> StoredCalendar:
        calendar = self._server.calendar(calendar_id)
        if self._rights(calendar) is Rights.NONE:
            raise NoCalendar(403)
        return calendar

    def _event(self, event: StoredEvent, window: Window) -> RemoteEvent:
        calendar = self._server.calendar(event.calendar_id)
        return remote_event(event, window, calendar.zone, self._rights(calendar))

    def _fetch_one(self, calendar_id: str, remote_id: str) -> RemoteEvent | None:
        return self._client.ask(Verb.FETCH, calendar_id, lambda: self._read(calendar_id, remote_id))

    def _read(self, calendar_id: str, remote_id: str) -> RemoteEvent | None:
        self._seen_calendar(calendar_id)
        event = self._server.get(calendar_id, remote_id)
        if event is None or not event.alive:
            return None
        if remote_id in self._server.faults.unreadable:
            raise ProviderUnavailable("The event cannot be read now.")
        return self._event(event, ALWAYS)

    def _carriers(self, key: str) -> list[Found]:
        readable = {c.calendar_id for c in self._readable() if self._rights(c) >= Rights.READ}
        return [
            Found(e.calendar_id, self._event(e, ALWAYS))
            for e in self._server.carriers(key)
            if e.calendar_id in readable and self._server.is_searchable(e)
        ]

    def _busy(self, calendar_id: str, start: datetime, end: datetime) -> list[BusySpan]:
        return self._client.ask(
            Verb.BUSY, calendar_id, lambda: self._blocking(calendar_id, start, end)
        )

    def _blocking(self, calendar_id: str, start: datetime, end: datetime) -> list[BusySpan]:
        calendar = self._seen_calendar(calendar_id)
        return [
            BusySpan(span.start, span.end, shown_as(event.content), event.remote_id)
            for event in self._server.events(calendar_id)
            for span in spans_in(event, ALWAYS, calendar.zone)
            if shown_as(event.content) is not ShowAs.FREE and blocks(span, start, end)
        ]

    def _pages(
        self,
        calendar_id: str,
        report: Report,
        window: Window,
        known: Mapping[str, str],
        *,
        restart: bool,
    ) -> Iterator[Page]:
        read = [e for e in report.alive if known.get(e.remote_id) != e.version]
        gone = list(report.gone)
        size = self._server.page_size
        while len(read) + len(gone) > size:
            upserts, read = read[:size], read[size:]
            tombstones, gone = gone[: size - len(upserts)], gone[size - len(upserts) :]
            yield self._page(upserts, tombstones, window, restart=restart)
            verb = Verb.LISTING if report.total else Verb.CHANGES
            self._client.ask(verb, calendar_id, lambda: self._seen_calendar(calendar_id))
        yield Page(
            upserts=tuple(self._event(e, window) for e in read),
            tombstones=tuple(Tombstone(i) for i in gone),
            unread=report.unread,
            listed=frozenset(e.remote_id for e in report.alive) | frozenset(report.unread),
            complete=report.total,
            restart=restart,
            next_token=report.token,
        )

    def _page(
        self,
        upserts: Sequence[StoredEvent],
        tombstones: Sequence[str],
        window: Window,
        *,
        restart: bool,
    ) -> Page:
        return Page(
            upserts=tuple(self._event(e, window) for e in upserts),
            tombstones=tuple(Tombstone(i) for i in tombstones),
            restart=restart,
        )

    # ── writing ──────────────────────────────────────────────────────────────────────────

    def _write(self, calendar_id: str, operation: WriteOperation) -> Receipt:
        match operation:
            case CreateEvent():
                return self._create(calendar_id, operation)
            case UpdateEvent():
                return self._update(calendar_id, operation)
            case DeleteEvent():
                return self._delete(calendar_id, operation)

    def _create(self, calendar_id: str, wish: CreateEvent) -> Receipt:
        account = self._client.account
        try:
            write = self._client.ask(
                Verb.CREATE,
                calendar_id,
                lambda: self._server.create(account, calendar_id, wish.key, wish.content),
            )
        except Refusal as no:
            return self._adopted(calendar_id, wish, no.event)
        return self._written(wish.reference, write.after)

    def _adopted(
        self, calendar_id: str, wish: CreateEvent, standing: StoredEvent | None
    ) -> Receipt:
        if standing is None or (standing.alive and standing.calendar_id != calendar_id):
            raise VersionConflict("The event stands in another calendar by now.")
        if not standing.alive:
            raise KeyTaken("The id was used by an event that was deleted.", burnt=True)
        if wish.key not in {standing.key, standing.uid}:
            raise KeyTaken("Another event has this id.", remote_id=standing.remote_id)
        return self._written(wish.reference, standing, adopted=True)

    def _update(self, calendar_id: str, wish: UpdateEvent) -> Receipt:
        account = self._client.account
        try:
            write = self._client.ask(
                Verb.UPDATE,
                calendar_id,
                lambda: self._server.update(
                    account,
                    calendar_id,
                    wish.remote_id,
                    version=wish.version,
                    content=wish.content,
                    fields=wish.fields,
                ),
            )
        except Refusal as no:
            raise VersionConflict("The event is another version by now, or gone.") from no
        return self._written(wish.reference, write.after)

    def _delete(self, calendar_id: str, wish: DeleteEvent) -> Receipt:
        account = self._client.account
        try:
            self._client.ask(
                Verb.DELETE,
                calendar_id,
                lambda: self._server.delete(account, calendar_id, wish.remote_id, wish.version),
            )
        except Refusal as no:
            if no.status == _NOT_FOUND:
                return Deleted(wish.reference, wish.remote_id, already_gone=True)
            raise VersionConflict("The event is another version by now.") from no
        return Deleted(wish.reference, wish.remote_id)

    def _written(
        self, reference: str, event: StoredEvent | None, *, adopted: bool = False
    ) -> Written:
        if event is None:
            raise ProviderUnavailable("The server keeps no events.")
        version = event.version if self._server.echo.tells_version else ""
        return Written(reference, event.remote_id, version, event.content.stamp, adopted)


_NOT_FOUND = 404
