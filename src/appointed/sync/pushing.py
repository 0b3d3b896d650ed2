"""Carrying out: questions first, intents before requests, receipts after, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db import connection as database

from appointed.book.models import Change
from appointed.core.events import Content
from appointed.core.links import Link, LinkState
from appointed.core.planning import (
    Ask,
    Create,
    Hold,
    Note,
    Nothing,
    Remove,
    Signal,
    Taken,
    Update,
    Vanished,
    Why,
    after_vanishing,
    not_sent,
    refused,
    removed,
    settle,
    written,
)
from appointed.providers.port import (
    CalendarGone,
    CreateEvent,
    Deleted,
    DeleteEvent,
    EventRejected,
    Failed,
    KeyTaken,
    OutcomeUnknown,
    ProviderError,
    ReadOnly,
    Receipt,
    UpdateEvent,
    VersionConflict,
    WriteOperation,
    Written,
)
from appointed.sync import models, rows
from appointed.sync.asking import Asking
from appointed.sync.crashpoints import CrashPoint, reach
from appointed.sync.guard import Guard
from appointed.sync.health import REASON_LIMIT, backoff, calendar_failed
from appointed.sync.journal import note
from appointed.sync.lease import Lease
from appointed.sync.planning import Planned, Planner
from appointed.sync.signals import ApplySignal, DeletedOutside
from appointed.sync.wakeups import wake_practitioners

CHUNK = 50
ROUNDS = 4
SEEN_WITHIN = timedelta(seconds=5)

Write = Create | Update | Remove


@dataclass(slots=True)
class Pushing:
    """One carrying out of a plan, for one connection under one lease."""

    planner: Planner
    lease: Lease
    asking: Asking
    run: models.Run
    apply_signal: ApplySignal
    clock: Callable[[], datetime]
    done: dict[str, int] = field(default_factory=dict)
    created: bool = False

    def carry_out(self, planned: Sequence[Planned]) -> None:
        """Take every step of the plan; what an answer makes necessary is planned again.

        Raises: `Fenced`, and a `ProviderError` that concerns the account as a whole.
        """
        waiting = list(planned)
        for _ in range(ROUNDS):
            writes = [write for item in waiting if (write := self._settled(item)) is not None]
            if not writes:
                return
            waiting = list(self._write(writes))

    # ── our own records, questions, signals ──

    def _settled(self, item: Planned) -> Planned | None:
        """Take the steps that write nothing, and return the write that remains, if one does."""
        current: Planned | None = item
        for _ in range(ROUNDS):
            if current is None:
                return None
            match current.step:
                case Create() | Update() | Remove():
                    return current
                case Nothing() | Hold():
                    self._rest(current)
                    return None
                case Signal():
                    self._signal(current)
                    return None
                case Note(link, why):
                    current = self._noted(current, link, why)
                case Ask(link):
                    current = self._asked(current, link)
        return None

    def _rest(self, item: Planned) -> None:
        row = item.row
        before = None if row is None else row.due_at
        if row is not None:
            if isinstance(item.step, Hold):
                rows.fill(row, item.step.link)
            row.due_at = row.held_until
        if not item.changes and (row is None or row.due_at == before):
            return
        with self.lease.committing():
            self._consume(item)
            if row is not None:
                row.save(update_fields=rows.LINK_COLUMNS)

    def _noted(self, item: Planned, link: Link | None, why: str) -> Planned | None:
        with self.lease.committing():
            self._consume(item)
            row = item.row
            if link is None:
                if row is not None and row.pk:
                    row.delete()
                return None
            row = rows.fill(row or self._new_row(item), link)
            row.why, row.due_at = why, None
            row.save()
            note(step=link.state, why=why, link=row, connection=self.planner.connection)
        return self.planner.again(item, row)

    def _asked(self, item: Planned, link: Link) -> Planned | None:
        if item.row is None:
            return None
        answer = self.asking.answer(link, conflicted=self._was_conflict(item.row))
        known = settle(link, answer)
        now = self.clock()
        with self.lease.committing():
            row = rows.fill(item.row, known)
            self._close_open(row, answered=known.state is not link.state)
            row.due_at = now + backoff(row.attempts)
            row.attempts = min(row.attempts + 1, 1000) if known == link else 0
            row.save()
            if known.is_ours:
                self._forget_busy(row)
        if known.state is LinkState.MISSING and isinstance(answer, Vanished):
            step = after_vanishing(
                wanted=item.wanted, link=known, policy=self.planner.policy, now=now
            )
            return replace(item, row=row, step=step)
        if known.state is link.state:
            return None  # no answer, or none that changes anything: asked again when it is due
        return self.planner.again(item, row)

    def _signal(self, item: Planned) -> None:
        step, row = item.step, item.row
        if row is None or not isinstance(step, Signal):
            return
        if self._too_many_vanished():
            self._suspend("many_deletions")
            return
        reach(CrashPoint.BEFORE_SIGNAL)
        with self.lease.committing():
            self._begin_run()
            if Change.objects.filter(
                practitioner=row.practitioner_id, appointment=row.appointment_id
            ).exists():
                return  # the book has changed meanwhile: it is planned again, and wins
            self.apply_signal(self._deleted_outside(row))
            rows.fill(row, removed(step.link))
            row.why, row.due_at = "deleted_outside", None
            row.save()
            note(
                step="cancelled_outside", why="deleted_outside", link=row, run=self.run,
                connection=self.planner.connection,
                result="Read twice as gone, with the hold between.",
            )  # fmt: skip
            self._count("cancel")
        reach(CrashPoint.AFTER_SIGNAL)

    def _deleted_outside(self, row: models.Link) -> DeletedOutside:
        return DeletedOutside(
            appointment_id=row.appointment_id,
            practitioner_id=row.practitioner_id,
            connection_id=self.planner.connection.pk,
            evidence=f"missing since {row.missing_since:%Y-%m-%d %H:%M:%S} UTC, read twice",
            found_at=row.missing_since or self.clock(),
            tell_client=self.planner.pushing.settings.cancellation_notification,
        )

    def _too_many_vanished(self) -> bool:
        limit = self.planner.pushing.settings.threshold.deletions
        links = models.Link.objects.filter(practitioner=self.planner.pushing.practitioner)
        missing = links.filter(state=LinkState.MISSING).count()
        standing = links.filter(state=LinkState.LIVE).count()
        return missing > limit or (standing == 0 and missing >= _ALL_OF_FIVE)

    def _suspend(self, reason: str) -> None:
        with self.lease.committing():
            connection = self.planner.connection
            connection.waits_for = reason
            connection.save(update_fields=["waits_for", "changed_at"])
            note(step="suspended", why=reason, connection=connection)

    # ── writing ──

    def _write(self, items: Sequence[Planned]) -> Iterator[Planned]:
        """Write chunk by chunk; yield what has to be planned again."""
        for start in range(0, len(items), CHUNK):
            chunk = items[start : start + CHUNK]
            by_calendar: dict[str, list[Planned]] = {}
            for item in chunk:
                by_calendar.setdefault(_link(item).calendar_id, []).append(item)
            for calendar_id, group in by_calendar.items():
                yield from self._write_to(calendar_id, group)

    def _write_to(self, calendar_id: str, items: Sequence[Planned]) -> Iterator[Planned]:
        calendar = self.asking.calendars[calendar_id]
        if not calendar.writable or calendar.state == models.ExternalCalendar.State.GONE:
            return
        intents = self._commit_intents(items)
        requests = [_request(operation, item) for operation, item in intents.values()]
        for receipt in Guard(self.planner.provider).write(calendar, requests):
            reach(CrashPoint.ANSWER_RECEIVED)
            operation, item = intents[receipt.reference]
            if self._close(calendar, operation, item, receipt):
                yield self.planner.again(item, operation.link)

    def _commit_intents(
        self, items: Sequence[Planned]
    ) -> dict[str, tuple[models.Operation, Planned]]:
        reach(CrashPoint.BEFORE_INTENT)
        now = self.clock()
        intents: dict[str, tuple[models.Operation, Planned]] = {}
        with self.lease.committing():
            self._begin_run()
            for item in items:
                operation = self._intent(item, now)
                intents[str(operation.uuid)] = (operation, item)
        reach(CrashPoint.AFTER_INTENT)
        return intents

    def _intent(self, item: Planned, now: datetime) -> models.Operation:
        link, step = _link(item), item.step
        row = rows.fill(item.row or self._new_row(item), link)
        row.why = step.why if isinstance(step, Write) else ""
        row.due_at = now  # whoever finds it open has to ask
        row.problem = ""
        row.save()
        self._consume(item)
        self._close_open(row, answered=False)
        return models.Operation.objects.create(
            link=row,
            run=self.run,
            kind=_kind(item),
            why=row.why,
            digest=link.sending.digest,
            fields=sorted(step.fields) if isinstance(step, Update) else [],
            version_before=link.version,
            fence=self.lease.fence,
            started_at=now,
        )

    def _close(
        self,
        calendar: models.ExternalCalendar,
        operation: models.Operation,
        item: Planned,
        receipt: Receipt,
    ) -> bool:
        """Remember a receipt; true asks for another round with this item."""
        reach(CrashPoint.BEFORE_LINK)
        row = operation.link
        link = rows.link_of(row)
        again = False
        with self.lease.committing():
            _without_waiting_for_the_disk()
            match receipt:
                case Written(_, remote_id, version, stamp, adopted):
                    after = written(
                        link, remote_id=remote_id, version=version, stamp=stamp, adopted=adopted
                    )
                    again = self._succeeded(operation, row, after, adopted=adopted)
                case Deleted(already_gone=True):
                    again = self._was_gone_already(operation, row)
                case Deleted():
                    again = self._succeeded(operation, row, removed(link), adopted=False)
                case Failed(_, error):
                    again = self._failed(calendar, operation, item, error)
        reach(CrashPoint.AFTER_LINK)
        return again

    def _succeeded(
        self, operation: models.Operation, row: models.Link, after: Link, *, adopted: bool
    ) -> bool:
        rows.fill(row, after)
        row.due_at, row.attempts, row.problem = None, 0, ""
        row.save()
        self._forget_busy(row)
        operation.version_after = after.version
        self._end(operation, models.Operation.Outcome.DONE)
        self.created = self.created or operation.kind == models.Operation.Kind.CREATE
        self._count("adopt" if adopted else operation.kind)
        gone = after.state is LinkState.GONE
        if gone and row.why == Why.ANOTHER_CALENDAR:
            note_another_look(row)
        return adopted

    def _was_gone_already(self, operation: models.Operation, row: models.Link) -> bool:
        """Have it searched by its key: a person may have moved it to another calendar."""
        row.due_at = self.clock()
        row.save()
        self._end(operation, models.Operation.Outcome.DONE)
        return True

    def _failed(
        self,
        calendar: models.ExternalCalendar,
        operation: models.Operation,
        item: Planned,
        error: ProviderError,
    ) -> bool:
        row, outcomes = operation.link, models.Operation.Outcome
        link, now = rows.link_of(row), self.clock()
        row.problem = error.message[:REASON_LIMIT]
        operation.answer = row.problem
        again = False
        match error:
            case KeyTaken(burnt=burnt):
                taken = Vanished(burnt=True) if burnt else Taken()
                rows.fill(row, settle(link, taken))
                row.due_at, again = now, True
                self._end(operation, outcomes.CONFLICT)
            case EventRejected():
                content = None if isinstance(item.step, Remove) else _content(item)
                rows.fill(row, refused(link, content))
                row.due_at = None
                self._end(operation, outcomes.REFUSED)
                self._count("failed")
            case VersionConflict():
                row.due_at, again = now, True
                self._end(operation, outcomes.CONFLICT)
            case OutcomeUnknown():
                row.due_at = now + backoff(row.attempts)
                self._end(operation, outcomes.UNKNOWN)
            case _:
                rows.fill(row, not_sent(link, _before(operation.kind)))
                row.due_at = now + backoff(row.attempts)
                self._end(operation, outcomes.POSTPONED)
                self._calendar_level(calendar, error, now)
        row.attempts = min(row.attempts + 1, 1000)
        row.save()
        return again

    def _calendar_level(
        self, calendar: models.ExternalCalendar, error: ProviderError, now: datetime
    ) -> None:
        if isinstance(error, ReadOnly):
            calendar.writable = False
            calendar.save(update_fields=["writable"])
            note(step="read_only", connection=self.planner.connection, result=error.message)
        elif isinstance(error, CalendarGone):
            calendar_failed(calendar, error, now=now, gone=True)

    # ── rows ──

    def _begin_run(self) -> None:
        """Keep the run's row from its first deed on: a run that does nothing leaves none."""
        if not self.run.state:
            self.run.state = models.Run.State.RUNNING
            self.run.started_at = self.clock()
            self.run.save()

    def _new_row(self, item: Planned) -> models.Link:
        practitioner = self.planner.pushing.practitioner
        return models.Link(practitioner=practitioner, appointment_id=item.appointment_id)

    def _consume(self, item: Planned) -> None:
        """Delete the changes that this plan took into account; later ones stay."""
        if item.changes:
            Change.objects.filter(pk__in=item.changes).delete()

    def _was_conflict(self, row: models.Link) -> bool:
        last = row.operations.order_by("-pk").first()
        conflict = models.Operation.Outcome.CONFLICT
        return last is not None and last.outcome == conflict and last.kind == "create"

    def _close_open(self, row: models.Link, *, answered: bool) -> None:
        outcomes = models.Operation.Outcome
        row.operations.filter(outcome=outcomes.OPEN).update(
            outcome=outcomes.DONE if answered else outcomes.UNKNOWN, closed_at=self.clock()
        )

    def _end(self, operation: models.Operation, outcome: str) -> None:
        operation.outcome = outcome
        operation.closed_at = self.clock()
        operation.save(update_fields=["outcome", "closed_at", "answer", "version_after"])

    def _forget_busy(self, row: models.Link) -> None:
        models.BusyTime.objects.filter(calendar=row.calendar_id, remote_id=row.remote_id).delete()

    def _count(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1


_ALL_OF_FIVE = 5


def note_another_look(row: models.Link) -> None:
    """Have the account of the new push calendar plan what has left the old one."""
    Change.objects.create(practitioner_id=row.practitioner_id, appointment_id=row.appointment_id)
    wake_practitioners([row.practitioner_id])


def writes_in(planned: Iterable[Planned]) -> list[Planned]:
    """Return the items of a plan that write to a calendar."""
    return [item for item in planned if isinstance(item.step, Write)]


def _without_waiting_for_the_disk() -> None:
    """Let this commit return before it is on disk: a receipt that is lost is asked for again."""
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")


def _link(item: Planned) -> Link:
    match item.step:
        case Create(link) | Update(link) | Remove(link):
            return link
        case _:
            raise TypeError(f"{type(item.step).__name__} writes nothing")


def _content(item: Planned) -> Content | None:
    match item.step:
        case Create(_, content) | Update(_, content):
            return content
        case _:
            return None


def _kind(item: Planned) -> str:
    kinds = models.Operation.Kind
    match item.step:
        case Create():
            return kinds.CREATE
        case Update():
            return kinds.UPDATE
        case _:
            return kinds.DELETE


def _before(kind: str) -> LinkState:
    """Return the state of a link before a write of this kind that changed nothing."""
    return LinkState.PLANNED if kind == models.Operation.Kind.CREATE else LinkState.LIVE


def _request(operation: models.Operation, item: Planned) -> WriteOperation:
    reference = str(operation.uuid)
    match item.step:
        case Create(link, content):
            return CreateEvent(reference, link.key, content)
        case Update(link, content, fields):
            return UpdateEvent(reference, link.key, link.remote_id, link.version, content, fields)
        case Remove(link):
            return DeleteEvent(reference, link.key, link.remote_id, link.version)
        case _:
            raise TypeError(f"{type(item.step).__name__} writes nothing")
