"""Writing to calendars: intents committed before the requests, receipts as they come after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection as database
from django.db.models import Q

from appointed.book.models import Change
from appointed.core.events import Content
from appointed.core.links import Link, LinkState
from appointed.core.settling import (
    not_sent,
    refused,
    removed,
    written,
)
from appointed.core.steps import (
    Create,
    Remove,
    Update,
    Why,
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
from appointed.sync.asking import BURNT, GONE_BEFORE, TAKEN
from appointed.sync.crashpoints import CrashPoint, reach
from appointed.sync.grouping import as_they_come
from appointed.sync.guard import Guard
from appointed.sync.health import REASON_LIMIT, backoff, calendar_failed
from appointed.sync.journal import note
from appointed.sync.lease import Lease
from appointed.sync.look import READ_ONLY_AGAIN_AFTER
from appointed.sync.planning import Planned, Planner
from appointed.sync.wakeups import wake_practitioners

CHUNK = 50
CLOSED_FOR = timedelta(hours=1)
"""So long a calendar that takes no writes is left alone."""

Write = Create | Update | Remove


@dataclass(slots=True)
class Intent:
    """A write that was announced: its operation's row, its link's row, the step."""

    operation: models.Operation
    row: models.Link
    link: Link
    item: Planned
    again: bool = False
    """Whether the receipt makes another step necessary at once."""


@dataclass(slots=True)
class Writing:
    """The writes of one run, for one connection under one lease."""

    planner: Planner
    lease: Lease
    calendars: dict[str, models.ExternalCalendar]
    run: models.Run
    clock: Callable[[], datetime]
    done: dict[str, int] = field(default_factory=dict)
    created: bool = False

    def write(self, items: Sequence[Planned]) -> Iterator[Planned]:
        """Write chunk by chunk, a calendar at a time; yield what has to be planned again.

        Raises: `Fenced`, and a `ProviderError` that concerns the account as a whole.
        """
        for start in range(0, len(items), CHUNK):
            by_calendar: dict[str, list[Planned]] = {}
            for item in items[start : start + CHUNK]:
                by_calendar.setdefault(link_of_step(item).calendar_id, []).append(item)
            for calendar_id, group in by_calendar.items():
                yield from self._write_to(self.calendars[calendar_id], group)

    def _write_to(
        self, calendar: models.ExternalCalendar, items: Sequence[Planned]
    ) -> Iterator[Planned]:
        if not calendar.writable or calendar.state == models.ExternalCalendar.State.GONE:
            self._put_off(items)
            return
        intents = self._announce(items)
        requests = [_request(intent) for intent in intents.values()]
        receipts = Guard(self.planner.provider).write(calendar, requests)
        try:
            for group in as_they_come(receipts):
                reach(CrashPoint.ANSWER_RECEIVED)
                met = [intents.pop(receipt.reference) for receipt in group]
                self._remember(calendar, list(zip(met, group, strict=True)))
                yield from (self.planner.again(i.item, i.row) for i in met if i.again)
        except (ReadOnly, CalendarGone) as error:
            self._turned_away(calendar, list(intents.values()), error)

    def _put_off(self, items: Sequence[Planned]) -> None:
        """Leave what cannot be written now for later, and ask no oftener than that."""
        with self.lease.committing():
            waiting = [item.row or self._unsent_row(item) for item in items]
            for row in waiting:
                row.due_at = self.clock() + CLOSED_FOR
            save_links(waiting)
            _consume(items)

    def _unsent_row(self, item: Planned) -> models.Link:
        link = not_sent(link_of_step(item), LinkState.PLANNED)
        return rows.fill(new_row(self.planner, item), link)

    def _turned_away(
        self, calendar: models.ExternalCalendar, intents: Sequence[Intent], error: ProviderError
    ) -> None:
        """Remember that the calendar as a whole takes no writes: each has to be asked for."""
        with self.lease.committing():
            self._calendar_level(calendar, error, self.clock())
            for intent in intents:
                intent.row.problem = error.message[:REASON_LIMIT]
                intent.row.due_at = self.clock() + CLOSED_FOR
            save_links([intent.row for intent in intents])

    # ── before ──

    def _announce(self, items: Sequence[Planned]) -> dict[str, Intent]:
        """Commit what is about to be written, with the changes that it answers."""
        reach(CrashPoint.BEFORE_INTENT)
        now = self.clock()
        with self.lease.committing():
            begin_run(self.run, now)
            linked = [(item, self._announced_row(item, now)) for item in items]
            save_links([row for _, row in linked])
            _consume(items)
            _give_up_open([row for _, row in linked], now)
            intents = [self._intent(item, row, now) for item, row in linked]
            models.Operation.objects.bulk_create([intent.operation for intent in intents])
        reach(CrashPoint.AFTER_INTENT)
        return {str(intent.operation.uuid): intent for intent in intents}

    def _announced_row(self, item: Planned, now: datetime) -> models.Link:
        row = rows.fill(item.row or new_row(self.planner, item), link_of_step(item))
        row.why = item.step.why if isinstance(item.step, Write) else ""
        row.due_at = now  # whoever finds it open has to ask
        row.problem = ""
        return row

    def _intent(self, item: Planned, row: models.Link, now: datetime) -> Intent:
        link, step = link_of_step(item), item.step
        operation = models.Operation(
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
        return Intent(operation, row, link, item)

    # ── after ──

    def _remember(
        self, calendar: models.ExternalCalendar, met: Sequence[tuple[Intent, Receipt]]
    ) -> None:
        """Commit receipts: what each says of its link, and that its operation is closed."""
        reach(CrashPoint.BEFORE_LINK)
        with self.lease.committing():
            _without_waiting_for_the_disk()
            for intent, receipt in met:
                self._take(calendar, intent, receipt)
            save_links([intent.row for intent, _ in met])
            _close([intent.operation for intent, _ in met])
            forget_busy([intent.row for intent, _ in met])
            have_gone_planned([intent.row for intent, _ in met])
        reach(CrashPoint.AFTER_LINK)

    def _take(self, calendar: models.ExternalCalendar, intent: Intent, receipt: Receipt) -> None:
        match receipt:
            case Written(_, remote_id, version, stamp, adopted):
                after = written(
                    intent.link, remote_id=remote_id, version=version, stamp=stamp, adopted=adopted
                )
                self._succeeded(intent, after, adopted=adopted)
            case Deleted(already_gone=True):
                intent.row.due_at, intent.again = self.clock(), True
                intent.operation.answer = GONE_BEFORE  # moved, perhaps: a search by key tells
                self._end(intent, models.Operation.Outcome.DONE)
            case Deleted():
                self._succeeded(intent, removed(intent.link), adopted=False)
            case Failed(_, error):
                self._failed(calendar, intent, error)

    def _succeeded(self, intent: Intent, after: Link, *, adopted: bool) -> None:
        row, operation = rows.fill(intent.row, after), intent.operation
        row.due_at, row.attempts, row.problem = None, 0, ""
        operation.version_after = after.version
        self._end(intent, models.Operation.Outcome.DONE)
        self.created = self.created or operation.kind == models.Operation.Kind.CREATE
        self._count("adopt" if adopted else operation.kind)
        intent.again = adopted

    def _failed(
        self, calendar: models.ExternalCalendar, intent: Intent, error: ProviderError
    ) -> None:
        row, link, now = intent.row, intent.link, self.clock()
        outcomes = models.Operation.Outcome
        row.problem = intent.operation.answer = error.message[:REASON_LIMIT]
        match error:
            case KeyTaken(burnt=burnt):
                row.due_at, intent.again = now, True
                intent.operation.answer = BURNT if burnt else TAKEN
                self._end(intent, outcomes.CONFLICT)
            case EventRejected():
                rows.fill(row, refused(link, _content(intent.item)))
                removing = isinstance(intent.item.step, Remove)
                row.due_at = now + backoff(row.attempts) if removing else None
                self._end(intent, outcomes.REFUSED)
                self._count("failed")
            case VersionConflict():
                row.due_at, intent.again = now + backoff(row.attempts), True
                self._end(intent, outcomes.CONFLICT)
            case OutcomeUnknown():
                row.due_at = now + backoff(row.attempts)
                self._end(intent, outcomes.UNKNOWN)
            case _:
                rows.fill(row, not_sent(link, _before(intent.operation.kind)))
                row.due_at = now + backoff(row.attempts)
                self._end(intent, outcomes.POSTPONED)
                self._calendar_level(calendar, error, now)
        row.attempts = min(row.attempts + 1, 1000)

    def _calendar_level(
        self, calendar: models.ExternalCalendar, error: ProviderError, now: datetime
    ) -> None:
        if isinstance(error, ReadOnly) and calendar.writable:
            calendar.writable = False
            calendar.whole_look_at = now + READ_ONLY_AGAIN_AFTER
            calendar.save(update_fields=["writable", "whole_look_at"])
            note(step="read_only", connection=self.planner.connection, result=error.message)
        elif isinstance(error, CalendarGone):
            calendar_failed(calendar, error, now=now, gone=True)

    def _end(self, intent: Intent, outcome: str) -> None:
        intent.operation.outcome = outcome
        intent.operation.closed_at = self.clock()

    def _count(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1


# ── rows, many at once ───────────────────────────────────────────────────────────────────


def save_links(links: Sequence[models.Link]) -> None:
    """Store new and known links with one statement each."""
    models.Link.objects.bulk_create([row for row in links if not row.pk])
    models.Link.objects.bulk_create(
        [row for row in links if row.pk],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=rows.LINK_COLUMNS,
    )


def new_row(planner: Planner, item: Planned) -> models.Link:
    """Return the row of a link that is yet to be."""
    practitioner = planner.pushing.practitioner
    return models.Link(practitioner=practitioner, appointment_id=item.appointment_id)


def begin_run(run: models.Run, now: datetime) -> None:
    """Keep the run's row from its first deed on: a run that does nothing leaves none."""
    if not run.state:
        run.state = models.Run.State.RUNNING
        run.started_at = now
        run.save()


def forget_busy(links: Sequence[models.Link]) -> None:
    """Take events that are ours out of the busy times: an event is here or there, never both."""
    named = Q()
    for row in links:
        if row.remote_id:
            named |= Q(calendar=row.calendar_id, remote_id=row.remote_id)
    if named:
        models.BusyTime.objects.filter(named).delete()


def have_gone_planned(changed: Sequence[models.Link]) -> None:
    """Have the account of the new push calendar plan what has left the old one."""
    left = [r for r in changed if r.state == LinkState.GONE and r.why == Why.ANOTHER_CALENDAR]
    Change.objects.bulk_create(
        Change(practitioner_id=row.practitioner_id, appointment_id=row.appointment_id)
        for row in left
    )
    if left:
        wake_practitioners([row.practitioner_id for row in left])


def link_of_step(item: Planned) -> Link:
    """Return the link of a step that writes, in the state that is committed before it."""
    match item.step:
        case Create(link) | Update(link) | Remove(link):
            return link
        case _:
            raise TypeError(f"{type(item.step).__name__} writes nothing")


def _consume(items: Sequence[Planned]) -> None:
    """Delete the changes that these plans took into account; later ones stay."""
    Change.objects.filter(pk__in=[pk for item in items for pk in item.changes]).delete()


def _give_up_open(links: Sequence[models.Link], now: datetime) -> None:
    outcomes = models.Operation.Outcome
    models.Operation.objects.filter(link__in=links, outcome=outcomes.OPEN).update(
        outcome=outcomes.UNKNOWN, closed_at=now
    )


def _close(operations: Sequence[models.Operation]) -> None:
    models.Operation.objects.bulk_create(
        operations,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["outcome", "closed_at", "answer", "version_after"],
    )


def _without_waiting_for_the_disk() -> None:
    """Let this commit return before it is on disk: a receipt that is lost is asked for again."""
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")


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


def _request(intent: Intent) -> WriteOperation:
    reference = str(intent.operation.uuid)
    match intent.item.step:
        case Create(link, content):
            return CreateEvent(reference, link.key, content)
        case Update(link, content, fields):
            return UpdateEvent(reference, link.key, link.remote_id, link.version, content, fields)
        case Remove(link):
            return DeleteEvent(reference, link.key, link.remote_id, link.version)
        case _:
            raise TypeError(f"{type(intent.item.step).__name__} writes nothing")
