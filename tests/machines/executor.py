"""The engine in small: look, plan, carry out, remember, over a store of values.

The order of its steps is that of the real one (`appointed.sync`): questions first, intents
before requests, receipts after, one by one; the token moves with its effects. Every place
where a process may die is named, and a crash there leaves exactly what was committed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from appointed.core.events import RemoteEvent
from appointed.core.evidence import proven, recognised
from appointed.core.keys import Item
from appointed.core.links import Link, LinkState, reported_gone, seen_alive
from appointed.core.planning import decide
from appointed.core.settling import (
    after_vanishing,
    not_sent,
    refused,
    removed,
    settle,
    written,
)
from appointed.core.steps import (
    Absent,
    Alive,
    Answer,
    Ask,
    Create,
    Hold,
    Note,
    Nothing,
    OnDeletion,
    Policy,
    Remove,
    Signal,
    Step,
    Taken,
    Unclear,
    Update,
    Vanished,
    Wanted,
    Why,
)
from appointed.core.windows import EARLIEST, LATEST, Window
from appointed.providers.port import (
    CalendarGone,
    CalendarProvider,
    CreateEvent,
    CredentialsRejected,
    Deleted,
    DeleteEvent,
    EventRejected,
    Failed,
    Identity,
    KeyTaken,
    OutcomeUnknown,
    Page,
    ProviderError,
    Receipt,
    SyncTokenExpired,
    UpdateEvent,
    VersionConflict,
    WriteOperation,
    Written,
)
from machines.store import Block, State, Store

ALWAYS = Window(EARLIEST, LATEST)
ROUNDS = 6
AUDIT_EVERY = timedelta(hours=24)
DOUBT_AGAIN_AFTER = timedelta(seconds=60)
FEWEST_DOUBTFUL = 20

Write = Create | Update | Remove


class CrashPoint(StrEnum):
    """The numbered steps of a remote write (scenarios.md, J), and the others that commit."""

    BEFORE_INTENT = "before_intent_commit"
    AFTER_INTENT = "after_intent_commit"
    REQUEST_SENT = "request_sent"
    ANSWER_RECEIVED = "answer_received"
    BEFORE_LINK = "before_link_commit"
    AFTER_LINK = "after_link_commit"
    BEFORE_TOKEN = "before_token_commit"
    BEFORE_SIGNAL = "before_signal_commit"
    AFTER_SIGNAL = "after_signal_commit"


class Crash(BaseException):
    """The process dies: nobody catches it but the test."""


class Unlinked(AssertionError):
    """A request without a committed intent, or for an event that no link names."""


@dataclass(slots=True)
class Engine:
    """Everything a run needs: the store, the provider, what is wanted, the clock.

    `wanted` is asked for each item of the book and of the links; `reach` is called at each
    crash point.
    """

    store: Store
    provider: CalendarProvider
    wanted: Callable[[Item], Wanted]
    policy: Callable[[], Policy]
    clock: Callable[[], datetime]
    calendars: Sequence[str]
    reach: Callable[[CrashPoint], None]
    _conflicts: dict[Item, Answer] = field(default_factory=dict)
    _gone_before: set[Item] = field(default_factory=set)

    def cycle(self) -> None:
        """Look at every calendar, then bring everything in step; a fault ends what it concerns."""
        self._conflicts.clear()
        self._gone_before.clear()
        try:
            readable = [c for c in self.calendars if self._look(c)]
            self._push(set(readable))
        except CredentialsRejected:
            self._journal("account", "credentials_rejected")

    # ── look ─────────────────────────────────────────────────────────────────────────────

    def _look(self, calendar: str) -> bool:
        """Take over what changed; false says that the calendar could not be read."""
        try:
            self._read(calendar)
        except CredentialsRejected:
            raise
        except ProviderError:
            return False
        return True

    def _read(self, calendar: str) -> None:
        self._refuse_another(calendar)
        state, now = self.store.state, self.clock()
        due = state.audit_due.get(calendar)
        token = state.tokens.get(calendar)
        if token is None or due is None or due <= now or due > now + AUDIT_EVERY:
            self._read_pages(calendar, None)
            return
        try:
            self._read_pages(calendar, token)
        except SyncTokenExpired:
            self._read_pages(calendar, None)

    def _refuse_another(self, calendar: str) -> None:
        check = self.provider.check_calendar(calendar)
        known = self.store.state.epochs.get(calendar, check.epoch)
        if not check.readable or known != check.epoch:
            raise CalendarGone("Another calendar stands there, or none.")
        if calendar not in self.store.state.epochs:
            with self.store.committing() as draft:
                draft.epochs[calendar] = check.epoch

    def _read_pages(self, calendar: str, token: str | None) -> None:
        whole = token is None
        listed: set[str] = set()
        for page in self.provider.changes(calendar, token, ALWAYS, known={}):
            whole = whole or page.restart
            listed.update(page.listed)
            with self.store.committing() as draft:
                self._take_over(draft, calendar, page)
                if page.next_token is None:
                    continue
                if whole and page.complete:
                    self._take_over_absence(draft, calendar, listed | set(page.unread))
                self.reach(CrashPoint.BEFORE_TOKEN)
                draft.tokens[calendar] = page.next_token
                if whole:
                    again = DOUBT_AGAIN_AFTER if draft.doubts.get(calendar) else AUDIT_EVERY
                    draft.audit_due[calendar] = self.clock() + again

    def _take_over(self, draft: State, calendar: str, page: Page) -> None:
        ours = _ours(draft, calendar)
        for event in page.upserts:
            item = ours.get(event.remote_id)
            if item is None:
                draft.busy[calendar, event.remote_id] = _block(event)
            else:
                draft.links[item] = seen_alive(draft.links[item], event, calendar)
        for tombstone in page.tombstones:
            draft.busy.pop((calendar, tombstone.remote_id), None)
        self._gone(draft, calendar, (t.remote_id for t in page.tombstones))

    def _take_over_absence(self, draft: State, calendar: str, listed: set[str]) -> None:
        busy = {i for c, i in draft.busy if c == calendar}
        ours = set(_ours(draft, calendar))
        lost = (busy | ours) - listed
        total = len(busy | ours)
        doubtful = lost and (len(lost) == total or len(lost) > max(FEWEST_DOUBTFUL, total // 2))
        if doubtful and not draft.doubts.get(calendar):
            draft.doubts[calendar] = True
            return
        draft.doubts[calendar] = False
        for remote_id in lost & busy:
            del draft.busy[calendar, remote_id]
        self._gone(draft, calendar, lost & ours)

    def _gone(self, draft: State, calendar: str, remote_ids: Iterable[str]) -> None:
        ours = _ours(draft, calendar)
        for item in {ours[i] for i in remote_ids if i in ours}:
            draft.links[item] = reported_gone(draft.links[item], self.clock())

    # ── plan and carry out ───────────────────────────────────────────────────────────────

    def _push(self, readable: set[str]) -> None:
        state = self.store.state
        waiting = sorted(state.book.keys() | state.links.keys(), key=lambda i: i.appointment)
        for _ in range(ROUNDS):
            writes = [w for item in waiting if (w := self._settled(item, readable)) is not None]
            waiting = list(self._write(writes))
            if not waiting:
                return

    def plan(self, item: Item) -> Step:
        """Return the next step of an item, as the committed state has it."""
        return decide(
            item=item,
            wanted=self._wanted(item),
            link=self.store.state.links.get(item),
            policy=self.policy(),
            now=self.clock(),
        )

    def _wanted(self, item: Item) -> Wanted:
        if item not in self.store.state.book:
            return Absent(Why.HANDED_OVER)
        return self.wanted(item)

    def _settled(self, item: Item, readable: set[str]) -> tuple[Item, Write] | None:
        """Take the steps that write nothing; return the write that remains, if one does."""
        step = self.plan(item)
        for _ in range(ROUNDS):
            match step:
                case Create(link) | Update(link) | Remove(link):
                    return (item, step) if link.calendar_id in readable else None
                case Nothing():
                    return None
                case Hold(link):
                    self._remember(item, link, "held")
                    return None
                case Signal():
                    self._signal(item, step)
                    return None
                case Note(link, why):
                    self._remember(item, link, why)
                    step = self.plan(item)
                case Ask(link):
                    found = self._asked(item, link, readable)
                    if found is None:
                        return None
                    step = found
        return None

    def _asked(self, item: Item, link: Link, readable: set[str]) -> Step | None:
        answer = self._answer(item, link, readable)
        known = settle(link, answer)
        if known != link:
            with self.store.committing() as draft:
                self._keep(draft, item, known)
                if known.state is not link.state:
                    draft.journal.append((str(item.appointment), f"settled {known.state}"))
        if link.state is LinkState.MISSING and isinstance(answer, Vanished):
            return after_vanishing(
                wanted=self._wanted(item), link=known, policy=self.policy(), now=self.clock()
            )
        return None if known == link else self.plan(item)

    def _answer(self, item: Item, link: Link, readable: set[str]) -> Answer:
        if link.calendar_id not in readable:
            return Unclear()
        try:
            return self._search(item, link, readable)
        except CredentialsRejected:
            raise
        except ProviderError:
            return Unclear()

    def _search(self, item: Item, link: Link, readable: set[str]) -> Answer:
        if link.remote_id:
            alive = self.provider.fetch(link.calendar_id, [link.remote_id])
            if alive:
                return Alive(link.calendar_id, alive[0])
        if not readable.issuperset(self.calendars):
            return Unclear()  # it may stand in the one that nobody can read now
        self._refuse_another(link.calendar_id)
        chosen = self.provider.identity is not Identity.SERVER_ID
        carriers = [Alive(f.calendar_id, f.event) for f in self.provider.find(link.key)]
        found = recognised(link, carriers, chosen=chosen, gone_before_us=item in self._gone_before)
        if isinstance(found, Vanished) and item in self._conflicts:
            found = self._conflicts[item]
        return proven(
            found,
            link=link,
            wanted=self._wanted(item),
            chosen=chosen,
            sent_at=self.store.state.sent_at.get(item),
            now=self.clock(),
        )

    def _signal(self, item: Item, signal: Signal) -> None:
        state = self.store.state
        appointment = state.book[item]
        if signal.on_deletion is OnDeletion.ASK:
            if item not in state.questions:
                with self.store.committing() as draft:
                    draft.questions[item] = appointment.version
            return
        self.reach(CrashPoint.BEFORE_SIGNAL)
        with self.store.committing() as draft:
            cancelled = replace(appointment, cancelled=True, by_calendar=True)
            draft.book[item] = cancelled
            draft.links[item] = removed(signal.link)
            draft.mails[item, appointment.version] = self.clock()
            draft.journal.append((str(item.appointment), f"cancelled {signal.link.key}"))
        self.reach(CrashPoint.AFTER_SIGNAL)

    # ── writing ──────────────────────────────────────────────────────────────────────────

    def _write(self, writes: Sequence[tuple[Item, Write]]) -> Iterator[Item]:
        by_calendar: dict[str, list[tuple[Item, Write]]] = {}
        for item, step in writes:
            by_calendar.setdefault(step.link.calendar_id, []).append((item, step))
        for calendar, group in by_calendar.items():
            yield from self._write_to(calendar, group)

    def _write_to(self, calendar: str, group: Sequence[tuple[Item, Write]]) -> list[Item]:
        self.reach(CrashPoint.BEFORE_INTENT)
        with self.store.committing() as draft:
            for item, step in group:
                self._keep(draft, item, step.link)
                draft.sent_at[item] = self.clock()
                draft.journal.append((str(item.appointment), f"{type(step).__name__} {step.why}"))
        self.reach(CrashPoint.AFTER_INTENT)
        steps = {str(number): pair for number, pair in enumerate(group)}
        requests = [_request(name, step) for name, (_, step) in steps.items()]
        self._guard(calendar, requests)
        again: list[Item] = []
        try:
            for receipt in self.provider.write(calendar, requests):
                self.reach(CrashPoint.REQUEST_SENT)
                self.reach(CrashPoint.ANSWER_RECEIVED)
                item, step = steps[receipt.reference]
                if self._close(item, step, receipt):
                    again.append(item)
        except CalendarGone:
            self._journal(calendar, "may_not_write")
        return again

    def _guard(self, calendar: str, requests: Sequence[WriteOperation]) -> None:
        """Refuse a request that no committed link stands behind (invariants 2 and 10)."""
        links = self.store.state.links.values()
        keys = {x.key for x in links if x.state is LinkState.SENDING and x.target == calendar}
        ids = {x.remote_id for x in links if x.is_ours and x.calendar_id == calendar}
        for request in requests:
            linked = request.key in keys
            if not isinstance(request, CreateEvent):
                linked = request.remote_id in ids and bool(request.version)
            if not linked:
                raise Unlinked(request)

    def _close(self, item: Item, step: Write, receipt: Receipt) -> bool:
        """Remember a receipt; true asks for another round with this item."""
        self.reach(CrashPoint.BEFORE_LINK)
        link = self.store.state.links[item]
        after, again = self._after(item, link, step, receipt)
        with self.store.committing() as draft:
            self._keep(draft, item, after)
        self.reach(CrashPoint.AFTER_LINK)
        return again

    def _after(self, item: Item, link: Link, step: Write, receipt: Receipt) -> tuple[Link, bool]:
        match receipt:
            case Written(_, remote_id, version, stamp, adopted):
                after = written(
                    link, remote_id=remote_id, version=version, stamp=stamp, adopted=adopted
                )
                return after, adopted
            case Deleted(already_gone=True):
                self._gone_before.add(item)  # moved, perhaps: only a search by its key tells
                return link, True
            case Deleted():
                return removed(link), False
            case Failed(_, error):
                return self._after_failure(item, link, step, error)

    def _after_failure(
        self, item: Item, link: Link, step: Write, error: ProviderError
    ) -> tuple[Link, bool]:
        match error:
            case KeyTaken():
                self._conflicts[item] = Vanished(burnt=True) if error.burnt else Taken()
                return link, True
            case EventRejected():
                return refused(link, None if isinstance(step, Remove) else step.content), False
            case VersionConflict():
                return link, True
            case OutcomeUnknown():
                return link, False
            case _:
                before = LinkState.PLANNED if isinstance(step, Create) else LinkState.LIVE
                return not_sent(link, before), False

    # ── remembering ──────────────────────────────────────────────────────────────────────

    def _remember(self, item: Item, link: Link | None, why: str) -> None:
        if self.store.state.links.get(item) == link:
            return
        with self.store.committing() as draft:
            if link is None:
                draft.links.pop(item, None)
            else:
                self._keep(draft, item, link)
            draft.journal.append((str(item.appointment), why))

    def _keep(self, draft: State, item: Item, link: Link) -> None:
        draft.links[item] = link
        if link.is_ours:
            draft.busy.pop((link.calendar_id, link.remote_id), None)

    def _journal(self, what: str, word: str) -> None:
        with self.store.committing() as draft:
            draft.journal.append((what, word))


def _ours(state: State, calendar: str) -> dict[str, Item]:
    return {
        link.remote_id: item
        for item, link in state.links.items()
        if link.is_ours and link.calendar_id == calendar
    }


def _block(event: RemoteEvent) -> Block:
    return Block(event.version, event.spans, event.show_as)


def _request(reference: str, step: Write) -> WriteOperation:
    match step:
        case Create(link, content):
            return CreateEvent(reference, link.key, content)
        case Update(link, content, fields):
            return UpdateEvent(reference, link.key, link.remote_id, link.version, content, fields)
        case Remove(link):
            return DeleteEvent(reference, link.key, link.remote_id, link.version)
