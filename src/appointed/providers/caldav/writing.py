"""Writing: one operation after another made true, and never guessed to be.

Whatever may have been carried out is looked at before it is repeated. A status that could
mean the calendar is checked against the calendar before it is taken to mean the event.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from appointed.core.events import Content, RemoteEvent
from appointed.core.windows import EARLIEST, LATEST, Window
from appointed.ical.reading import Unreadable
from appointed.ical.writing import NotRewritable, new_event, rewrite_event
from appointed.providers.caldav import xml
from appointed.providers.caldav.client import GONE, DavClient
from appointed.providers.caldav.mapping import (
    canonical_path,
    etag_to_send,
    is_inside,
    name_for,
    normalise,
    to_event,
)
from appointed.providers.http import REDIRECTS, Answer, AnswerLost, AnswerTooLarge
from appointed.providers.port import (
    CalendarGone,
    CreateEvent,
    CredentialsRejected,
    Deleted,
    DeleteEvent,
    EventRejected,
    Failed,
    KeyTaken,
    OutcomeUnknown,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    ReadOnly,
    Receipt,
    UpdateEvent,
    VersionConflict,
    WriteOperation,
    Written,
)
from appointed.providers.texts import fault

ICALENDAR = {"Content-Type": "text/calendar; charset=utf-8"}
EVERYTHING = Window(EARLIEST, LATEST)
NOTHING = Window(EARLIEST, EARLIEST)
TRIES = 6
MOST_LOST = 3
PAUSES = (0.1, 0.3, 0.7, 1.5, 3.0)
SETTLING = 1.5
RECENT = 5.0
RESTARTING_ETAG = '"gcs'
DONE = frozenset({200, 201, 202, 204, 205})
UNSURE = frozenset({408, 423, 425, 500, 502, 503, 504})
MAYBE_CALENDAR = frozenset({403, 404, 405, 409, 410}) | REDIRECTS
UID_TAKEN = frozenset(
    {
        f"{{{xml.CALDAV}}}no-uid-conflict",
        f"{{{xml.CALDAV}}}unique-scheduling-object-resource",
    }
)
NEED_PRIVILEGES = "{DAV:}need-privileges"
LOOK_AGAIN = frozenset({207, 404, 410, 412})
OK, CREATED, NO_CONTENT, FORBIDDEN = 200, 201, 204, 403
PRECONDITION, LOCKED, SERVER_ERRORS = 412, 423, 500


@dataclass(slots=True)
class _Patience:
    """How often one operation is tried; `spend` pauses before the next try, or gives up."""

    pause: Callable[[float], None]
    tries: int = 0
    lost: int = 0

    def spend(self, answer: Answer | None) -> None:
        """Wait a little longer each time.

        Raises: `OutcomeUnknown` after lost answers, `ProviderUnavailable` after refusals.
        """
        self.tries += 1
        self.lost += answer is None
        if self.tries >= TRIES or self.lost >= MOST_LOST:
            if self.lost:
                raise OutcomeUnknown("The server's answers were lost.")
            raise ProviderUnavailable("The server could not carry it out.")
        self.pause(PAUSES[self.tries - 1] * random.uniform(0.5, 1.5))  # noqa: S311 - no secret


@dataclass(frozen=True, slots=True)
class _Stored:
    """What stands at an address: its bytes and, where it can be read, the event."""

    version: str
    body: bytes = field(repr=False)
    event: RemoteEvent | None = None

    def bears(self, key: str) -> bool:
        """Say whether it is the event made with `key`."""
        return self.event is not None and key in {self.event.uid, self.event.key}


@dataclass(slots=True)
class Writer:
    """Writes into one calendar; several threads may carry out operations at once.

    Where the server cannot bear parallel writers (423), they go one by one from then on.
    `recent` remembers our own writes of the last seconds.
    """

    client: DavClient
    calendar: str
    recent: dict[str, float] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    alone: bool = False
    turn: threading.Lock = field(default_factory=threading.Lock)

    def carry_out(self, operation: WriteOperation) -> Receipt:
        """Return what became of one operation.

        Raises: what concerns the account or the calendar as a whole.
        """
        try:
            match operation:
                case CreateEvent():
                    return self._create(operation)
                case UpdateEvent():
                    return self._update(operation)
                case DeleteEvent():
                    return self._delete(operation)
        except (CredentialsRejected, RateLimited, CalendarGone, ReadOnly):
            raise
        except ProviderError as error:
            return Failed(operation.reference, error)

    # ── create ───────────────────────────────────────────────────────────────────────────

    def _create(self, operation: CreateEvent) -> Receipt:
        path = f"{self.client.path_of(self.calendar)}{name_for(operation.key)}"
        content = normalise(operation.content)
        body = new_event(content, key=operation.key, now=self.now())
        headers = {**ICALENDAR, "If-None-Match": "*"}
        patience = _Patience(self.client.pause)
        refused = False
        while True:
            answer = self._try("PUT", path, headers, body)
            if answer is not None and answer.status in DONE:
                receipt = self._written(operation.reference, path, answer, content)
                return replace(receipt, adopted=answer.status == NO_CONTENT)
            if answer is not None and answer.status not in UNSURE | {PRECONDITION}:
                return self._refused_create(operation, answer)
            standing = self._look(path)
            if standing is not None:
                ours = patience.lost > 0 or answer is None
                return _found(operation, path, standing, sent=content if ours else None)
            if refused and answer is not None and answer.status == PRECONDITION:
                raise KeyTaken("The calendar has an event with this identity elsewhere.")
            refused = answer is not None and answer.status == PRECONDITION
            patience.spend(answer)

    def _refused_create(self, operation: CreateEvent, answer: Answer) -> Receipt:
        named = xml.conditions(answer.body)
        taken = next((tag for tag in named if tag in UID_TAKEN), None)
        if taken is None:
            raise self._refusal(answer, named)
        href = named[taken]
        path = canonical_path(href, self.client.url_of(self.calendar)) if href else ""
        standing = self._look(path) if path else None
        if standing is not None and standing.bears(operation.key):
            if is_inside(path, self.client.path_of(self.calendar)):
                return _found(operation, path, standing, sent=None)
            raise VersionConflict("The event stands in another calendar by now.")
        raise KeyTaken("The account has an event with this identity already.", remote_id=path)

    # ── update ───────────────────────────────────────────────────────────────────────────

    def _update(self, operation: UpdateEvent) -> Receipt:
        patience = _Patience(self.client.pause)
        while True:
            stored = self._stored(operation.remote_id, unsure=patience.lost > 0)
            if stored is None or stored.event is None or not stored.bears(operation.key):
                raise VersionConflict("The event is gone, or another one stands there.")
            content = _merged(stored.event.content, operation)
            if stored.event.digest == content.digest:
                return _as_it_stands(operation, operation.remote_id, stored.event)
            if not _same_version(stored.version, operation.version):
                raise VersionConflict("The event was changed.")
            answer = self._put_over(operation, stored, stored.event.content, content)
            if answer is not None and answer.status in DONE:
                self._check_update(operation, answer)
                return self._written(operation.reference, operation.remote_id, answer, content)
            if answer is not None and answer.status == PRECONDITION:
                operation = self._settled(operation, stored.event, content)
            elif answer is not None and answer.status not in UNSURE:
                raise self._refusal(answer, xml.conditions(answer.body))
            patience.spend(answer)

    def _put_over(
        self, operation: UpdateEvent, stored: _Stored, was: Content, content: Content
    ) -> Answer | None:
        now = self.now()
        try:
            text = rewrite_event(stored.body, was=was, content=content, key=operation.key, now=now)
        except NotRewritable:
            raise EventRejected("The event's text cannot be changed safely.") from None
        headers = {**ICALENDAR, "If-Match": etag_to_send(stored.version)}
        return self._try("PUT", operation.remote_id, headers, text)

    def _check_update(self, operation: UpdateEvent, answer: Answer) -> None:
        """Refuse an update that created: a person had just deleted the event.

        SOGo is known to answer so, and there it is undone; elsewhere a look has to tell.

        Raises: `VersionConflict`.
        """
        if answer.status != CREATED:
            return
        version = answer.headers.get("etag", "")
        if version.startswith(RESTARTING_ETAG):
            self._try("DELETE", operation.remote_id, {"If-Match": version}, b"")
        raise VersionConflict("The event had been deleted.")

    def _settled(self, operation: UpdateEvent, seen: RemoteEvent, content: Content) -> UpdateEvent:
        """Return the operation as it may be tried again after its version was refused.

        What was refused may have arrived before (a request carried out twice), and some
        servers report an old version for a moment after our own write (OX).

        Raises: `VersionConflict` where neither is so.
        """
        if self._digest_at(operation.remote_id) == content.digest:
            return operation
        written = self.recent.pop(operation.remote_id, None)
        if written is None or time.monotonic() - written > RECENT:
            raise VersionConflict("The event was changed.")
        self.client.pause(SETTLING)
        stored = self._stored(operation.remote_id)
        if stored is None or stored.event is None or stored.event.digest != seen.digest:
            raise VersionConflict("The event was changed.")
        return replace(operation, version=stored.version)

    def _digest_at(self, path: str) -> str:
        stored = self._stored(path)
        return stored.event.digest if stored is not None and stored.event is not None else ""

    # ── delete ───────────────────────────────────────────────────────────────────────────

    def _delete(self, operation: DeleteEvent) -> Receipt:
        patience = _Patience(self.client.pause)
        while True:
            stored = self._stored(operation.remote_id, unsure=patience.lost > 0)
            if stored is None:
                gone = patience.tries == 0
                return Deleted(operation.reference, operation.remote_id, already_gone=gone)
            if stored.event is not None and not stored.bears(operation.key):
                raise VersionConflict("Another event stands there.")
            if not _same_version(stored.version, operation.version):
                raise VersionConflict("The event was changed.")
            headers = {"If-Match": etag_to_send(stored.version)}
            answer = self._try("DELETE", operation.remote_id, headers, b"")
            if answer is not None and answer.status in DONE:
                return Deleted(operation.reference, operation.remote_id)
            if answer is not None and answer.status not in UNSURE | LOOK_AGAIN:
                raise self._refusal(answer, xml.conditions(answer.body))
            patience.spend(answer)

    # ── what they share ──────────────────────────────────────────────────────────────────

    def _try(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer | None:
        """Return the answer, or None where nobody knows what became of the request."""
        try:
            answer = self._in_turn(method, path, headers, body)
        except (AnswerLost, AnswerTooLarge):
            return None
        self.alone = self.alone or answer.status == LOCKED
        if answer.status in DONE and method == "PUT":
            self.recent[path] = time.monotonic()
        return answer

    def _in_turn(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if not self.alone:
            return self.client.write(method, path, headers, body)
        with self.turn:
            return self.client.write(method, path, headers, body)

    def _written(self, reference: str, path: str, answer: Answer, content: Content) -> Written:
        """Return the receipt; a server that tells no strong version is asked for it."""
        version = answer.headers.get("etag", "")
        if version and not version.startswith("W/"):
            return Written(reference, path, version, content.stamp)
        try:
            stored = self._look(path)
        except OutcomeUnknown:
            stored = None
        if stored is None or stored.event is None:
            return Written(reference, path, "", content.stamp)
        return Written(reference, path, stored.version, stored.event.content.stamp)

    def _look(self, path: str) -> _Stored | None:
        """Return what stands at `path`, after something that may have been carried out.

        Raises: `OutcomeUnknown` where that cannot be told.
        """
        try:
            answer = self.client.get(path)
        except ProviderUnavailable as error:
            raise OutcomeUnknown(error.message, code=error.code) from None
        if answer.status in GONE:
            return None
        if answer.status != OK:
            raise OutcomeUnknown(f"The server answered {answer.status}.")
        return _stored(path, answer)

    def _stored(self, path: str, *, unsure: bool = False) -> _Stored | None:
        """Return what stands at `path`; None says that it is gone and the calendar is not.

        Raises: `CalendarGone`; `ProviderUnavailable`, or `OutcomeUnknown` where a former try
        is still `unsure`.
        """
        try:
            return self._read(path)
        except ProviderUnavailable as error:
            if unsure:
                raise OutcomeUnknown(error.message, code=error.code) from None
            raise

    def _read(self, path: str) -> _Stored | None:
        answer = self.client.get(path)
        if answer.status == OK:
            return _stored(path, answer)
        if answer.status in MAYBE_CALENDAR:
            self._check_calendar()
        if answer.status in GONE:
            return None
        raise ProviderUnavailable(f"The server answered {answer.status}.")

    def _check_calendar(self) -> bool | None:
        """Return whether the calendar may be written to (None: the server does not say).

        Raises: `CalendarGone`.
        """
        collection = self.client.collection(self.calendar)
        if collection is None:
            raise CalendarGone("The calendar is not there, or no longer ours to see.")
        return collection.writable

    def _refusal(self, answer: Answer, named: Mapping[str, str]) -> ProviderError:
        """Return what a refusal means, once the calendar is known to be there."""
        if answer.status in MAYBE_CALENDAR:
            writable = self._check_calendar()
            unsaid = answer.status == FORBIDDEN and writable is None and not named
            if writable is False or unsaid or NEED_PRIVILEGES in named:
                return fault(ReadOnly, "C244")
        if answer.status >= SERVER_ERRORS:
            return ProviderUnavailable(f"The server answered {answer.status}.")
        return EventRejected(f"The server refuses this event ({answer.status}).")


def _stored(path: str, answer: Answer) -> _Stored:
    version = answer.headers.get("etag", "")
    try:
        event = to_event(path, version, answer.body, EVERYTHING, NOTHING)
    except Unreadable:
        event = None
    return _Stored(version, answer.body, event)


def _merged(was: Content, operation: UpdateEvent) -> Content:
    """Return what the event will say: the fields that are named, and the others as they stand."""
    wanted = normalise(operation.content)
    return normalise(replace(was, **{name: getattr(wanted, name) for name in operation.fields}))


def _found(operation: CreateEvent, path: str, stored: _Stored, *, sent: Content | None) -> Written:
    """Return the receipt for an event that stands where ours was to be made.

    It is adopted unless it is what we `sent` a moment ago, whose answer was lost.
    """
    if stored.event is None or not stored.bears(operation.key):
        raise KeyTaken("Another event stands where this one would.", remote_id=path)
    receipt = _as_it_stands(operation, path, stored.event)
    return replace(receipt, adopted=sent is None or stored.event.content.stamp != sent.stamp)


def _as_it_stands(operation: CreateEvent | UpdateEvent, path: str, event: RemoteEvent) -> Written:
    return Written(operation.reference, path, event.version, event.content.stamp)


def _same_version(one: str, other: str) -> bool:
    return bool(one) and etag_to_send(one) == etag_to_send(other)
