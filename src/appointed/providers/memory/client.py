"""The wire between a provider and its memory server: faults, accounts, statuses → port errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from appointed.providers.memory.accounting import EVENT_WRITES, WRITES, Request, Verb
from appointed.providers.memory.auth import Rights
from appointed.providers.memory.faults import (
    Answer,
    Drop,
    Effect,
    EmptyListing,
    HalfListing,
    LoseAnswer,
    RepeatItems,
    Unreachable,
    Zombie,
)
from appointed.providers.memory.mapping import StoredEvent
from appointed.providers.memory.server import MemoryServer, NoCalendar, Refusal
from appointed.providers.port import (
    CalendarGone,
    CredentialsRejected,
    EventRejected,
    OutcomeUnknown,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    ReadOnly,
    SyncTokenExpired,
    VersionConflict,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Report:
    """What a look found: living events, ids gone, ids that cannot be read, the next token.

    `total` says that it names everything there is.
    """

    alive: tuple[StoredEvent, ...]
    gone: tuple[str, ...]
    unread: tuple[str, ...]
    token: str
    total: bool


class MemoryClient:
    """Requests of one account to one server; nothing but port errors and refusals leave it."""

    def __init__(self, server: MemoryServer, account: str) -> None:
        self.server = server
        self.account = account

    def ask(self, verb: Verb, calendar_id: str, carry_out: Callable[[], T]) -> T:
        """Send one request and return its answer; a refusal of an event write passes through.

        Raises: `Refusal` where an event stands in the way, `ProviderError` else.
        """
        with self.server.held():
            effect = self.server.faults.take(verb, calendar_id)
            try:
                answer = self._meet(effect, verb, lambda: self._served(verb, carry_out))
            except (Refusal, ProviderError) as no:
                self._note(verb, calendar_id, str(no) if isinstance(no, Refusal) else _name(no))
                raise
            self._note(verb, calendar_id, "ok")
            return answer

    def report(self, calendar_id: str, token: str | None) -> Report:
        """Look at a calendar: everything, or what changed since `token`.

        Raises: `SyncTokenExpired` where the token is worth nothing.
        """
        verb = Verb.LISTING if token is None else Verb.CHANGES
        with self.server.held():
            effect = self.server.faults.take(verb, calendar_id)
            wire = None if isinstance(effect, _DISTORTING) else effect
            try:
                whole = self._meet(
                    wire, verb, lambda: self._served(verb, lambda: self._look(calendar_id, token))
                )
            except ProviderError as no:
                self._note(verb, calendar_id, _name(no))
                raise
            self._note(verb, calendar_id, "ok")
            return _distorted(whole, effect)

    def _served(self, verb: Verb, carry_out: Callable[[], T]) -> T:
        if not self.server.grants[self.account].valid:
            raise error_of(401, verb)
        try:
            return carry_out()
        except NoCalendar:
            raise CalendarGone("The calendar is not there any more.") from None
        except Refusal as no:
            if verb in EVENT_WRITES and no.status in {404, 409, 412}:
                raise
            raise error_of(no.status, verb) from None

    def _meet(self, effect: Effect | None, verb: Verb, carry_out: Callable[[], T]) -> T:
        match effect:
            case Drop():
                raise _lost(verb)
            case Unreachable():
                raise ProviderUnavailable("The calendar server cannot be reached.")
            case LoseAnswer():
                self._in_vain(carry_out)
                raise _lost(verb)
            case Zombie(delay):
                if verb in WRITES:
                    self.server.later(delay, lambda: self._in_vain(carry_out))
                raise _lost(verb)
            case Answer(status, retry_after):
                raise error_of(status, verb, retry_after)
            case _:
                return carry_out()

    def _in_vain(self, carry_out: Callable[[], object]) -> None:
        try:
            carry_out()
        except (Refusal, ProviderError):
            return

    def _look(self, calendar_id: str, token: str | None) -> Report:
        calendar = self.server.calendar(calendar_id)
        if self.server.rights(self.account, calendar_id) < Rights.FREE_BUSY:
            raise Refusal(403)
        end = len(calendar.log)
        next_token = f"{calendar.epoch}/{end}"
        if token is None:
            ids = [e.remote_id for e in self.server.events(calendar_id)]
        else:
            start = self._position(token, calendar_id)
            moved = (i for i in range(start, end) if i not in calendar.lost)
            ids = list(dict.fromkeys(calendar.log[i] for i in moved))
        events = [e for i in ids if (e := self.server.get(calendar_id, i)) is not None]
        poisoned = self.server.faults.unreadable
        living = [e for e in events if e.alive]
        return Report(
            alive=tuple(e for e in living if e.remote_id not in poisoned),
            gone=tuple(e.remote_id for e in events if not e.alive),
            unread=tuple(e.remote_id for e in living if e.remote_id in poisoned),
            token=next_token,
            total=token is None,
        )

    def _position(self, token: str, calendar_id: str) -> int:
        calendar = self.server.calendar(calendar_id)
        epoch, _, position = token.rpartition("/")
        if epoch != calendar.epoch or not position.isdecimal():
            raise Refusal(410)
        if not calendar.first <= int(position) <= len(calendar.log):
            raise Refusal(410)
        return int(position)

    def _note(self, verb: Verb, calendar_id: str, outcome: str) -> None:
        now = self.server.clock()
        self.server.accounts.requests.append(Request(now, self.account, verb, calendar_id, outcome))


def error_of(status: int, verb: Verb, retry_after: float | None = None) -> ProviderError:
    """Return what an HTTP status means for a request of this class."""
    writing = verb in WRITES
    match status:
        case 401:
            return CredentialsRejected("The sign-in was refused.", code="C221")
        case 403 if writing:
            return ReadOnly("The calendar may not be written to.")
        case 409 | 412 if writing:
            return VersionConflict("The event is another version by now.")
        case 410 if verb is Verb.CHANGES:
            return SyncTokenExpired("The sync token is worth nothing any more.")
        case 403 | 404 | 410:
            return CalendarGone("The calendar is not there any more.")
        case 429:
            return RateLimited("The server asks to wait.", retry_after=retry_after)
        case 400 | 413 | 415 | 422 if writing:
            return EventRejected("The server refuses this event.")
        case 502 | 504:
            return _lost(verb)
        case _:
            return ProviderUnavailable("The calendar server has a fault.")


_DISTORTING = (EmptyListing, HalfListing, RepeatItems)


def _lost(verb: Verb) -> ProviderError:
    if verb in WRITES:
        return OutcomeUnknown("No answer came; the event may or may not be written.")
    return ProviderUnavailable("No answer came.")


def _distorted(report: Report, effect: Effect | None) -> Report:
    match effect:
        case EmptyListing():
            return replace(report, alive=(), gone=(), unread=())
        case HalfListing():
            return replace(report, alive=report.alive[::2], unread=())
        case RepeatItems():
            return replace(report, alive=report.alive * 2, gone=report.gone * 2)
        case _:
            return report


def _name(error: Exception) -> str:
    return type(error).__name__
