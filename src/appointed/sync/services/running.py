"""Plans, runs, and asking for one now."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from appointed.book.access import Actor
from appointed.book.errors import Missing
from appointed.book.services.records import note_audit
from appointed.core.choices import from_stored
from appointed.providers.port import ProviderError
from appointed.sync.engine import Busy, Engine, NoPushCalendar
from appointed.sync.errors import Conflict, NotNow
from appointed.sync.lease import Fenced
from appointed.sync.models import Account, Connection, Run
from appointed.sync.sealing import CannotUnseal
from appointed.sync.services.finding import connection_for
from appointed.sync.standing import SUSPENDING, directions_of
from appointed.sync.wakeups import Urgency, wake_account


def plan(
    *,
    actor: Actor,
    connection: UUID,
    start: datetime | None,
    end: datetime | None,
    engine: Engine,
) -> Run:
    """Look now and keep what would be done; nothing is written.

    Raises: `Refused`, `Missing`, `Conflict`, `NotNow`.
    """
    row = connection_for(actor, connection)
    try:
        return engine.plan(row, start=start, end=end, asked_by=actor.name)
    except (Busy, NoPushCalendar, ProviderError, CannotUnseal, Fenced) as fault:
        raise _told(fault) from fault


def sync_now(*, actor: Actor, connection: UUID, engine: Engine, plan_id: UUID | None = None) -> Run:
    """Ask for a run, of exactly the plan that was shown if one is named.

    While a run waits, that run is the answer. It carries out what waits in manual mode, the
    first plan, and many creates.

    Raises: `Refused`, `Missing`; `Conflict` (paused, suspended, plan_outdated), `NotNow`.
    """
    row = connection_for(actor, connection)
    _refuse_where_nothing_runs(row)
    if plan_id is not None:
        return _apply_plan(actor, row, plan_id, engine)
    return _ask_for_run(actor, row, Run.Kind.ORDINARY)


def full_refresh(*, actor: Actor, connection: UUID) -> Run:
    """Have everything read and planned anew. Raises: `Refused`, `Missing`, `Conflict`."""
    row = connection_for(actor, connection)
    _refuse_where_nothing_runs(row)
    row.account.calendars.update(whole_look_at=timezone.now())
    return _ask_for_run(actor, row, Run.Kind.FULL_REFRESH)


def _apply_plan(actor: Actor, row: Connection, plan_id: UUID, engine: Engine) -> Run:
    kept = Run.objects.filter(connection=row, uuid=plan_id, kind=Run.Kind.PLAN).first()
    if kept is None:
        raise Missing("plan")
    if kept.state != Run.State.PLANNED:
        return kept
    try:
        outdated = engine.is_outdated(kept)
    except (Busy, NoPushCalendar, ProviderError, CannotUnseal, Fenced) as fault:
        raise _told(fault) from fault
    if outdated and _turned(kept, Run.State.OUTDATED):
        raise Conflict(
            "plan_outdated",
            "Something changed since this plan was made, and nothing was written. Look at a new "
            "plan.",
        )
    with transaction.atomic():
        if _turned(kept, Run.State.WAITING, asked_by=actor.name):
            _allowed(actor, row, whole=kept.window_start is None and kept.window_end is None)
    kept.refresh_from_db()
    return kept


def _turned(kept: Run, state: Run.State, **also: str) -> bool:
    """Turn a plan that nobody has used yet; false says that somebody was faster."""
    unused = Run.objects.filter(pk=kept.pk, state=Run.State.PLANNED)
    return bool(unused.update(state=state, **also))


@transaction.atomic
def _ask_for_run(actor: Actor, row: Connection, kind: Run.Kind) -> Run:
    Connection.objects.select_for_update().get(pk=row.pk)
    waiting = row.runs.filter(state=Run.State.WAITING).first()
    run = waiting or Run.objects.create(
        connection=row, kind=kind, state=Run.State.WAITING, asked_by=actor.name
    )
    _allowed(actor, row, whole=kind is Run.Kind.ORDINARY)
    return run


def _allowed(actor: Actor, row: Connection, *, whole: bool) -> None:
    now = timezone.now()
    if whole:
        Connection.objects.filter(pk=row.pk).update(first_plan_seen=True)
        Connection.objects.filter(pk=row.pk).exclude(waits_for__in=SUSPENDING).update(waits_for="")
    Account.objects.filter(pk=row.account_id).update(due_at=now, wait_until=None)
    note_audit(actor=actor, action="connection.sync", kind="connection", uuid=row.uuid)
    wake_account(row.account_id, Urgency.PERSON)


def _refuse_where_nothing_runs(row: Connection) -> None:
    if not row.sync_on:
        raise Conflict("paused", "This connection is paused. Resume it first.")
    directions = directions_of(row, from_stored(row.settings), waiting=0)
    states = {d.state for d in directions.values() if d.state != "off"}
    if states == {"suspended"}:
        raise Conflict("suspended", "This connection is suspended. Review what waits first.")


def _told(fault: Exception) -> Exception:
    match fault:
        case CannotUnseal():
            return NotNow(str(fault))
        case Busy() | Fenced():
            return NotNow("A run is under way at this account. Try again in a minute.")
        case NoPushCalendar():
            return Conflict("no_push_calendar", "Choose the calendar that bookings go to first.")
        case ProviderError(message=message):
            return NotNow(message)
        case _:
            return fault
