"""Carrying out a plan: questions and signals first, then the writes, until nothing is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from appointed.book.models import AppointmentPractitioner, Change
from appointed.book.services.locks import lock_practitioners
from appointed.core.links import Link, LinkState
from appointed.core.settling import after_vanishing, removed, settle
from appointed.core.steps import (
    Ask,
    Create,
    Hold,
    Note,
    Nothing,
    OnDeletion,
    Remove,
    Signal,
    Update,
    Vanished,
)
from appointed.sync import models, rows
from appointed.sync.asking import Asking
from appointed.sync.crashpoints import CrashPoint, reach
from appointed.sync.health import backoff
from appointed.sync.journal import note
from appointed.sync.lease import Lease
from appointed.sync.planning import Planned, Planner
from appointed.sync.signals import ApplySignal, DeletedOutside
from appointed.sync.writing import (
    Write,
    Writing,
    begin_run,
    forget_busy,
    have_gone_planned,
    new_row,
)

ROUNDS = 4
SEEN_WITHIN = timedelta(seconds=5)
AGAIN_AFTER = timedelta(hours=1)
_ALL_OF_FIVE = 5


@dataclass(slots=True)
class Pushing:
    """One carrying out of a plan, for one connection under one lease."""

    planner: Planner
    lease: Lease
    asking: Asking
    run: models.Run
    writing: Writing
    apply_signal: ApplySignal
    clock: Callable[[], datetime]

    def carry_out(self, planned: Sequence[Planned]) -> None:
        """Take every step of the plan; what an answer makes necessary is planned again.

        Raises: `Fenced`, and a `ProviderError` that concerns the account as a whole.
        """
        waiting = list(planned)
        for _ in range(ROUNDS):
            writes = [write for item in waiting if (write := self._settled(item)) is not None]
            if not writes:
                return
            waiting = list(self.writing.write(writes))

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
        if not item.ours:
            return  # the run of another account decides
        row = item.row
        before = None if row is None else row.due_at
        if row is not None:
            if isinstance(item.step, Hold):
                rows.fill(row, item.step.link)
            row.due_at = row.held_until
        if not item.changes and (row is None or row.due_at == before):
            return
        with self.lease.committing():
            _consume(item)
            if row is not None:
                row.save(update_fields=rows.LINK_COLUMNS)

    def _noted(self, item: Planned, link: Link | None, why: str) -> Planned | None:
        with self.lease.committing():
            _consume(item)
            row = item.row
            if link is None:
                if row is not None and row.pk:
                    row.delete()
                return None
            row = rows.fill(row or new_row(self.planner, item), link)
            row.why, row.due_at = why, None
            row.save()
            note(step=link.state, why=why, link=row, connection=self.planner.connection)
        return self.planner.again(item, row)

    def _asked(self, item: Planned, link: Link) -> Planned | None:
        if item.row is None:
            return None
        now = self.clock()
        if not item.ours or self._was_just_asked(item.row, now):
            with self.lease.committing():
                _consume(item)  # it is planned anew when its question is due
            return None
        last = item.row.operations.order_by("-pk").first()
        answer = self.asking.answer(link, wanted=item.wanted, last=last, now=now)
        known = settle(link, answer)
        with self.lease.committing():
            _consume(item)
            row = rows.fill(item.row, known)
            self._close_open(row, answered=known.state is not link.state)
            row.due_at = now + backoff(row.attempts)
            row.attempts = min(row.attempts + 1, 1000)
            row.save()
            if known.is_ours:
                forget_busy([row])
            have_gone_planned([row])
        if known.state is LinkState.MISSING and isinstance(answer, Vanished):
            step = after_vanishing(
                wanted=item.wanted, link=known, policy=self.planner.policy, now=now
            )
            return replace(item, row=row, step=step)
        if known.state is link.state:
            return None  # no answer, or none that changes anything: asked again when it is due
        return self.planner.again(item, row)

    def _was_just_asked(self, row: models.Link, now: datetime) -> bool:
        """Say whether its last question had no answer and the next is not due yet."""
        open_one = row.state in {LinkState.SENDING, LinkState.UPDATING, LinkState.REMOVING}
        return open_one and row.attempts > 0 and row.due_at is not None and row.due_at > now

    def _signal(self, item: Planned) -> None:
        step, row = item.step, item.row
        if row is None or not isinstance(step, Signal):
            return
        if step.on_deletion is not OnDeletion.CANCEL:
            self._await_answer(row)
            return
        if self._too_many_vanished():
            self._suspend("many_deletions")
            return
        if self._vanished_while_away(row):
            self._suspend("deleted_while_away")
            return
        reach(CrashPoint.BEFORE_SIGNAL)
        with self.lease.committing():
            begin_run(self.run, self.clock())
            lock_practitioners(_people_of(row))
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
            self.writing.done["cancel"] = self.writing.done.get("cancel", 0) + 1
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

    def _await_answer(self, row: models.Link) -> None:
        """Leave the appointment standing: a person was to be asked, and nobody has answered."""
        with self.lease.committing():
            row.why, row.due_at = "awaiting_answer", self.clock() + AGAIN_AFTER
            row.save(update_fields=rows.LINK_COLUMNS)

    def _vanished_while_away(self, row: models.Link) -> bool:
        """Say whether it disappeared before this account was seen healthy again."""
        account = models.Account.objects.get(pk=self.lease.account_id)
        since = account.healthy_since
        return since is None or row.missing_since is None or row.missing_since <= since

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
            missing = models.Link.objects.filter(
                practitioner=connection.practitioner_id, state=LinkState.MISSING
            )
            missing.update(due_at=self.clock() + AGAIN_AFTER)
            note(step="suspended", why=reason, connection=connection)

    # ── rows ──

    def _close_open(self, row: models.Link, *, answered: bool) -> None:
        outcomes = models.Operation.Outcome
        row.operations.filter(outcome=outcomes.OPEN).update(
            outcome=outcomes.DONE if answered else outcomes.UNKNOWN, closed_at=self.clock()
        )


def _people_of(row: models.Link) -> set[int]:
    parts = AppointmentPractitioner.objects.filter(appointment=row.appointment_id)
    return {row.practitioner_id, *parts.values_list("practitioner_id", flat=True)}


def writes_in(planned: Iterable[Planned]) -> list[Planned]:
    """Return the items of a plan that write to a calendar."""
    return [item for item in planned if isinstance(item.step, Write)]


def _consume(item: Planned) -> None:
    """Delete the changes that this plan took into account; later ones stay."""
    if item.changes:
        Change.objects.filter(pk__in=item.changes).delete()
