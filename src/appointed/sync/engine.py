"""A run: look, plan, carry out, remember – for one account at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from appointed.core.steps import Create
from appointed.providers.port import CalendarProvider, CredentialsRejected, ProviderError
from appointed.sync import models
from appointed.sync.accounts import connect_account
from appointed.sync.asking import Asking
from appointed.sync.ending import end_connection
from appointed.sync.health import account_answered, account_failed
from appointed.sync.hours import poll_every
from appointed.sync.lease import Fenced, Lease, give_back, take_lease, take_lease_within
from appointed.sync.look import look_at_calendar
from appointed.sync.planning import Planned, Planner, leaving_planner, planner_for
from appointed.sync.plans import is_outdated, keep_plan
from appointed.sync.pushing import SEEN_WITHIN, Pushing
from appointed.sync.sealing import CannotUnseal
from appointed.sync.signals import ApplySignal
from appointed.sync.standing import may_write
from appointed.sync.wakeups import Urgency, wake_account
from appointed.sync.writing import Writing

CREATES_UNSEEN = 200
"""More creates than this in a run that nobody saw a plan of wait for a person."""

LEAVE_WITHIN = timedelta(hours=1)
"""So long a connection that ends tries to take its events away; then it ends and keeps them."""
PATIENCE = 15.0
"""Seconds that a person waits for a run that is under way."""

logger = logging.getLogger(__name__)


class Busy(Exception):
    """A run is under way at this account and does not end."""


class NoPushCalendar(Exception):
    """The practitioner pushes to no calendar: there is nothing to plan."""


Connect = Callable[[models.Account], CalendarProvider]


@dataclass(frozen=True, slots=True)
class Engine:
    """Everything a run needs from outside: the clock, the way to providers, the book's ear."""

    apply_signal: ApplySignal
    connect: Connect = connect_account
    clock: Callable[[], datetime] = timezone.now

    def run(self, account_id: int) -> bool:
        """Look at an account and bring it in step; false says that another run is at it.

        A fault is noted at the account or its calendar; the next run begins where this one
        ended. Nothing is lost by ending it at any point.
        """
        lease = take_lease(account_id)
        if lease is None:
            return False
        try:
            self._run(account_id, lease)
        except Fenced:
            logger.warning("a run lost its lease and stopped")
        finally:
            if give_back(lease):
                wake_account(account_id, Urgency.CHANGE)
        return True

    def _run(self, account_id: int, lease: Lease) -> None:
        account = models.Account.objects.get(pk=account_id)
        if account.state != models.Account.State.OK or self._has_to_wait(account):
            return
        try:
            provider = self.connect(account)
        except CannotUnseal as fault:
            account_failed(account, CredentialsRejected(str(fault)), now=self.clock())
            return
        try:
            self._look_and_push(account, provider, lease)
        except ProviderError as error:
            with lease.committing():
                account_failed(account, error, now=self.clock())
        finally:
            provider.close()

    def _has_to_wait(self, account: models.Account) -> bool:
        return account.wait_until is not None and account.wait_until > self.clock()

    def _look_and_push(
        self, account: models.Account, provider: CalendarProvider, lease: Lease
    ) -> None:
        if account.due_at is None or account.due_at <= self.clock():
            self.look(account, provider, lease)
        connections = account.connections.select_related("practitioner", "practice", "account")
        created = [
            self._leave(connection, provider, lease)
            if connection.leaving
            else self._push(connection, provider, lease)
            for connection in connections.order_by("pk")
        ]
        if any(created):
            soon = self.clock() + SEEN_WITHIN
            models.Account.objects.filter(pk=account.pk, due_at__gt=soon).update(due_at=soon)

    # ── plans to be looked at ──

    def plan(
        self,
        connection: models.Connection,
        *,
        start: datetime | None,
        end: datetime | None,
        asked_by: str,
    ) -> models.Run:
        """Look now, and keep what would be done as a plan; nothing is written.

        Raises: `Busy`, `NoPushCalendar`, and what the provider raises.
        """
        with self._looking_at(connection) as planner:
            planned = planner.plan(planner.within(start, end))
            return keep_plan(planner, planned, start=start, end=end, asked_by=asked_by)

    def is_outdated(self, run: models.Run) -> bool:
        """Look now, and say whether a kept plan is no longer what would be done.

        Raises: as `plan`.
        """
        with self._looking_at(run.connection) as planner:
            return is_outdated(run, planner.plan(planner.within(run.window_start, run.window_end)))

    @contextmanager
    def _looking_at(self, connection: models.Connection) -> Iterator[Planner]:
        lease = take_lease_within(PATIENCE, connection.account_id)
        if lease is None:
            raise Busy
        try:
            provider = self.connect(connection.account)
            try:
                self.look(connection.account, provider, lease)
                planner = planner_for(connection, provider, self.clock())
                if planner is None:
                    raise NoPushCalendar
                yield planner
            finally:
                provider.close()
        finally:
            if give_back(lease):
                wake_account(connection.account_id, Urgency.CHANGE)

    # ── look ──

    def look(self, account: models.Account, provider: CalendarProvider, lease: Lease) -> None:
        """Read what changed in every calendar of the account that matters to anybody."""
        answered = [
            look_at_calendar(calendar=calendar, provider=provider, lease=lease, now=self.clock())
            for calendar in calendars_to_read(account)
        ]
        now = self.clock()
        with lease.committing():
            account.refresh_from_db()
            if answered and not any(answered):
                failed = ProviderError("None of the calendars could be read.")
                account_failed(account, failed, now=now)
                account.due_at = account.wait_until
                account.save(update_fields=["due_at"])
            else:
                account_answered(account, now=now, look_again_in=poll_every(account, now))

    # ── push ──

    def _push(
        self, connection: models.Connection, provider: CalendarProvider, lease: Lease
    ) -> bool:
        """Bring one practitioner's items in step; true says that events were created."""
        self._end_interrupted(connection)
        planner = planner_for(connection, provider, self.clock())
        run = connection.runs.filter(state=models.Run.State.WAITING).order_by("pk").first()
        if planner is None or not may_write(connection, planner.pushing.settings, run):
            if run is not None:
                _finish(run, models.Run.State.DONE, self.clock())
            return False
        if run is not None and run.kind == models.Run.Kind.PLAN:
            return self._carry_out_plan(run, planner, provider, lease)
        everything = planner.edges_are_due() or (
            run is not None and run.kind == models.Run.Kind.FULL_REFRESH
        )
        planned = planner.plan(planner.everything() if everything else planner.touched())
        if self._waits_for_a_look(connection, planned, run):
            return False
        created = self._carry_out(planner, planned, provider, lease, run)
        if everything:
            self._planned_everything(planner, lease)
        return created

    def _end_interrupted(self, connection: models.Connection) -> None:
        """Take up the runs that a crash left open: this one holds the lease, so nobody has them.

        What a person asked for goes on; a plan that was begun goes on as an ordinary run, since
        what is left of it is no longer what was shown.
        """
        left = connection.runs.filter(state=models.Run.State.RUNNING)
        left.exclude(asked_by="").update(
            state=models.Run.State.WAITING, kind=models.Run.Kind.ORDINARY
        )
        left.filter(state=models.Run.State.RUNNING).update(
            state=models.Run.State.FAILED, error="interrupted", finished_at=self.clock()
        )

    def _leave(
        self, connection: models.Connection, provider: CalendarProvider, lease: Lease
    ) -> bool:
        """Take away what we wrote for a connection that ends; then forget it."""
        planner = leaving_planner(connection, provider, self.clock())
        run = models.Run(connection=connection, kind=models.Run.Kind.DISCONNECT)
        self._carry_out(planner, planner.plan_removal(), provider, lease, run)
        too_late = self.clock() - connection.changed_at > LEAVE_WITHIN
        if too_late or not planner.plan_removal():
            with lease.committing():
                end_connection(connection)
        return False

    def _carry_out_plan(
        self, run: models.Run, planner: Planner, provider: CalendarProvider, lease: Lease
    ) -> bool:
        planned = planner.plan(planner.within(run.window_start, run.window_end))
        if is_outdated(run, planned):
            run.error = "plan_outdated"
            _finish(run, models.Run.State.FAILED, self.clock())
            return False
        created = self._carry_out(planner, planned, provider, lease, run)
        if run.window_start is None and run.window_end is None:
            self._planned_everything(planner, lease)
        return created

    def _planned_everything(self, planner: Planner, lease: Lease) -> None:
        """Note that all was planned, unless a new reason to came meanwhile."""
        connection = planner.connection
        with lease.committing():
            models.Connection.objects.filter(pk=connection.pk, replan=connection.replan).update(
                replan=0, planned_day=planner.today()
            )

    def _carry_out(
        self,
        planner: Planner,
        planned: list[Planned],
        provider: CalendarProvider,
        lease: Lease,
        run: models.Run | None,
    ) -> bool:
        """Take every step of a plan; true says that events were created."""
        calendars = known_calendars(planner.connection.account_id)
        kept = run or models.Run(connection=planner.connection)
        writing = Writing(planner, lease, calendars, kept, self.clock)
        pushing = Pushing(
            planner=planner,
            lease=lease,
            asking=Asking(provider, calendars, calendars_to_read(planner.connection.account)),
            run=kept,
            writing=writing,
            apply_signal=self.apply_signal,
            clock=self.clock,
        )
        if run is not None:
            _begin(run, self.clock())
        pushing.carry_out(planned)  # ended by a fault, the run stays open and is taken up again
        if kept.state:
            kept.counts = writing.done
            _finish(kept, models.Run.State.DONE, self.clock())
        return writing.created

    def _waits_for_a_look(
        self, connection: models.Connection, planned: list[Planned], run: models.Run | None
    ) -> bool:
        """Say whether so much would be created unseen that a person has to look first."""
        creates = sum(1 for item in planned if isinstance(item.step, Create))
        if run is not None or creates <= CREATES_UNSEEN:
            return False
        connection.waits_for = "many_creates"
        connection.save(update_fields=["waits_for", "changed_at"])
        return True


def calendars_to_read(account: models.Account) -> list[models.ExternalCalendar]:
    """Return the calendars that somebody pulls, checks or pushes to, or that hold our events."""
    chosen = models.CalendarChoice.objects.filter(
        Q(check_conflicts=True) | Q(pull=True) | Q(push=True), calendar=OuterRef("pk")
    )
    held = models.Link.objects.filter(calendar=OuterRef("pk")).exclude(
        state__in=["planned", "gone", "released", "aged", "detached"]
    )
    return list(account.calendars.filter(Exists(chosen) | Exists(held)).order_by("pk"))


def known_calendars(account_id: int) -> dict[str, models.ExternalCalendar]:
    """Return all calendars of an account by the core's name for them."""
    found = models.ExternalCalendar.objects.filter(account=account_id)
    return {str(calendar.pk): calendar for calendar in found}


def _begin(run: models.Run, now: datetime) -> None:
    run.state = models.Run.State.RUNNING
    run.started_at = now
    run.save()


def _finish(run: models.Run, state: str, now: datetime) -> None:
    run.state = state
    run.finished_at = now
    models.Run.objects.filter(pk=run.pk).update(
        state=state, finished_at=now, counts=run.counts, error=run.error
    )
