"""CalDAV behind the port: one account at one server."""

from __future__ import annotations

import re
import secrets
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime
from functools import partial
from urllib.parse import urljoin

from appointed.core.events import Content, RemoteEvent, ShowAs
from appointed.core.windows import EARLIEST, LATEST, Window
from appointed.ical.reading import Unreadable
from appointed.providers.addresses import AddressGuard
from appointed.providers.caldav import looking, mapping, xml
from appointed.providers.caldav.auth import Settings, access_to
from appointed.providers.caldav.client import GONE, XML, DavClient, Pause, Voice
from appointed.providers.caldav.discovery import Account, discover, list_calendars
from appointed.providers.caldav.manifest import pace_of
from appointed.providers.caldav.writing import EVERYTHING, NOTHING, Writer
from appointed.providers.http import REDIRECTS, Access, HttpClient, HttpFault, Limits
from appointed.providers.port import (
    AccountFacts,
    BusySpan,
    CalendarCheck,
    CalendarFacts,
    CalendarGone,
    CalendarProvider,
    Found,
    Identity,
    OutcomeUnknown,
    Page,
    ProviderError,
    ProviderUnavailable,
    Receipt,
    WriteOperation,
)
from appointed.providers.texts import fault

MOST_NAMES = 20
OK = 200


def connect(
    *, url: str, username: str, password: str, settings: Settings | None = None
) -> CalendarProvider:
    """Return the provider for one account; nothing is sent yet.

    Raises: `AddressRefused` for what is no address, or is Google's (C242).
    """
    access = access_to(url, username, password)
    asked = settings or Settings()
    chosen = replace(asked, writers=min(asked.writers, pace_of(access.url).writers))
    return CalDavProvider(
        dav_client(access, chosen, Voice(worked_until=chosen.worked_until)), chosen
    )


def dav_client(
    access: Access, settings: Settings, voice: Voice, pause: Pause = time.sleep
) -> DavClient:
    """Return a client for `access`, with TLS wherever the setting does not allow to go without."""
    guard = AddressGuard(settings.allowed_private)
    http = HttpClient(
        access,
        guard=guard,
        limits=Limits(silence=settings.silence, connections=settings.writers),
        certificates=settings.certificates,
    )
    http.access = replace(access, url=http.safe(access.url))
    return DavClient(http, voice, pause)


class CalDavProvider:
    """One account at one CalDAV server.

    Remote ids are canonical paths; a calendar's id is its path, or its address where it is
    kept on another server than the one that was typed (iCloud's partitions).
    """

    def __init__(self, client: DavClient, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._found: Account | None = None
        self._recent: dict[str, float] = {}

    @property
    def identity(self) -> Identity:
        """Return that we choose the resource's name."""
        return Identity.NAME

    def close(self) -> None:
        """Give connections back."""
        self._client.http.close()

    # ── the account ──────────────────────────────────────────────────────────────────────

    def check_credentials(self) -> AccountFacts:
        """Return who signed in."""
        return self._account().facts(self._client.http.access.username)

    def list_calendars(self) -> Sequence[CalendarFacts]:
        """Return every event calendar that the account may read.

        Raises: `CalendarGone` (C247) where there is none.
        """
        return list_calendars(self._client, self._account())

    def create_calendar(self, name: str) -> CalendarFacts:
        """Make a calendar for events and return how the server lists it."""
        account = self._account()
        if not account.homes:
            raise ProviderUnavailable("This address is that of one calendar.")
        before = self._calendars_or_none()
        path = self._made(account.homes[0], name)
        listed = {facts.calendar_id: facts for facts in self.list_calendars()}
        if path in listed:
            return listed[path]
        new = [facts for calendar_id, facts in listed.items() if calendar_id not in before]
        if len(new) == 1:
            return new[0]
        raise OutcomeUnknown("The new calendar is not listed yet.")

    def check_calendar(self, calendar_id: str) -> CalendarCheck:
        """Return whether the calendar can be read and written, as its server says."""
        try:
            collection = self._client.collection(calendar_id)
        except ProviderUnavailable as error:
            if error.code:
                raise
            return CalendarCheck(readable=False, writable=False, reason=error.message)
        if collection is None:
            reason = "The calendar is not there, or no longer ours to see."
            return CalendarCheck(readable=False, writable=False, reason=reason)
        writable = collection.writable is not False
        reason = "" if writable else fault(ProviderError, "C244").message
        return CalendarCheck(
            readable=True, writable=writable, epoch=collection.epoch, reason=reason
        )

    def _account(self) -> Account:
        if self._found is None:
            self._found = discover(self._client, self._client.http.access.username)
        return self._found

    def _calendars_or_none(self) -> frozenset[str]:
        try:
            return frozenset(facts.calendar_id for facts in self.list_calendars())
        except CalendarGone:
            return frozenset()

    def _made(self, home: str, name: str) -> str:
        """Return the id under which a new calendar was asked for; the address was free."""
        for _ in range(MOST_NAMES):
            url = urljoin(home, f"{_slug(name)}-{secrets.token_hex(4)}/")
            path = mapping.calendar_id_of(url, self._client.home)
            try:
                answer = self._client.write("MKCALENDAR", path, XML, xml.mkcalendar(name))
                status = answer.status
            except HttpFault:
                status = 0
            if status in {OK, 201, 207} or self._client.collection(path) is not None:
                return path
            if status in {403, 501, 507}:
                raise ProviderUnavailable("The server does not make calendars for us.")
        raise ProviderUnavailable("The server made no calendar.")

    # ── looking ──────────────────────────────────────────────────────────────────────────

    def changes(
        self,
        calendar_id: str,
        sync_token: str | None,
        window: Window,
        *,
        known: Mapping[str, str] | None = None,
    ) -> Iterator[Page]:
        """Yield what changed since `sync_token`, or everything where there is none."""
        client = self._client.at(calendar_id)
        return looking.changes(client, calendar_id, sync_token, window, known or {})

    def fetch(self, calendar_id: str, remote_ids: Sequence[str]) -> Sequence[RemoteEvent]:
        """Return those of the events that are alive, each read by a request of its own."""
        read = partial(_read_one, self._client.at(calendar_id))
        with ThreadPoolExecutor(self._settings.writers) as pool:
            found = list(pool.map(read, dict.fromkeys(remote_ids)))
        alive = [event for event in found if event is not None]
        if len(alive) < len(found) and self._client.collection(calendar_id) is None:
            raise CalendarGone("The calendar is not there, or no longer ours to see.")
        return alive

    def find(self, key: str) -> Sequence[Found]:
        """Return the carriers of `key` that stand under its own name, in any calendar.

        A person's client may have given a moved event another name; a UID query is not to be
        trusted (iCloud answers it with nothing), so such a one is found by a look only.
        """
        calendars = [facts.calendar_id for facts in self.list_calendars()]
        with ThreadPoolExecutor(self._settings.writers) as pool:
            events = list(pool.map(partial(self._named, mapping.name_for(key)), calendars))
        return [
            Found(calendar, event)
            for calendar, event in zip(calendars, events, strict=True)
            if event is not None and key in {event.uid, event.key}
        ]

    def _named(self, name: str, calendar_id: str) -> RemoteEvent | None:
        client = self._client.at(calendar_id)
        try:
            return _read_one(client, f"{client.path_of(calendar_id)}{name}")
        except CalendarGone:
            return None  # a shared calendar that may not be read cannot be asked

    def busy(
        self, calendar_ids: Sequence[str], start: datetime, end: datetime
    ) -> Sequence[BusySpan]:
        """Return live what blocks between the two instants, by a whole listing."""
        window = Window(max(start, EARLIEST), min(end, LATEST))
        return [
            span
            for calendar_id in calendar_ids
            for page in self.changes(calendar_id, None, window)
            for event in page.upserts
            for span in _blocks(event, window)
        ]

    # ── writing ──────────────────────────────────────────────────────────────────────────

    def write(self, calendar_id: str, operations: Sequence[WriteOperation]) -> Iterator[Receipt]:
        """Carry out the operations on kept connections; yield receipts as they come."""
        writer = Writer(self._client.at(calendar_id), calendar_id, self._recent)
        yield from _carry_out(writer, _by_event(operations), self._settings.writers)

    def normalise(self, content: Content) -> Content:
        """Return `content` as this provider will hand it back."""
        return mapping.normalise(content)


Work = Sequence[WriteOperation]
Outcome = tuple[list[Receipt], ProviderError | None]


def _by_event(operations: Iterable[WriteOperation]) -> list[Work]:
    """Group what concerns one event: its operations follow each other, never at once."""
    groups: dict[str, list[WriteOperation]] = {}
    for operation in operations:
        groups.setdefault(operation.key, []).append(operation)
    return list(groups.values())


def _carry_out(writer: Writer, groups: Sequence[Work], width: int) -> Iterator[Receipt]:
    """Yield receipts as they come; after an error of the whole no further work is begun."""
    waiting = deque(groups)
    running: set[Future[Outcome]] = set()
    failure: ProviderError | None = None
    pool = ThreadPoolExecutor(min(width, max(1, len(groups))))
    try:
        while running or (waiting and failure is None):
            while waiting and failure is None and len(running) < 2 * width:
                running.add(pool.submit(_group, writer, waiting.popleft()))
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                receipts, error = future.result()
                failure = failure or error
                yield from receipts
            if failure is not None:
                running = {future for future in running if not future.cancel()}
    finally:
        pool.shutdown(cancel_futures=True)
    if failure is not None:
        raise failure


def _group(writer: Writer, operations: Work) -> Outcome:
    receipts: list[Receipt] = []
    for operation in operations:
        try:
            receipts.append(writer.carry_out(operation))
        except ProviderError as error:
            return receipts, error
    return receipts, None


def _blocks(event: RemoteEvent, window: Window) -> Iterator[BusySpan]:
    if event.show_as is ShowAs.FREE:
        return
    for span in event.spans:
        if window.holds(span.start, span.end):
            yield BusySpan(span.start, span.end, event.show_as, event.remote_id)


def _read_one(client: DavClient, remote_id: str) -> RemoteEvent | None:
    """Return the event, None where it is certainly gone.

    Raises: `ProviderUnavailable` where it cannot be read now.
    """
    answer = client.get(remote_id)
    if answer.status in GONE:
        return None
    if answer.status in REDIRECTS | {403}:
        raise CalendarGone("The event is no longer ours to see.")
    if answer.status != OK:
        raise ProviderUnavailable(f"The server answered {answer.status}.")
    version = answer.headers.get("etag", "")
    try:
        return mapping.to_event(remote_id, version, answer.body, EVERYTHING, NOTHING)
    except Unreadable:
        raise ProviderUnavailable("The event cannot be read.") from None


def _slug(name: str) -> str:
    kept = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return kept[:40] or "calendar"
