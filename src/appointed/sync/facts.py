"""A connection as surfaces show it: one value, whoever asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from appointed.book.access import Actor
from appointed.book.models import Change
from appointed.core.choices import SyncSettings, from_stored
from appointed.core.links import LinkState
from appointed.sync.models import CalendarChoice, Connection, ExternalCalendar, Link, Run
from appointed.sync.plans import operations_of
from appointed.sync.services.finding import connection_for, connections_for, run_for
from appointed.sync.standing import Standing, directions_of, standing_of

UNSETTLED = (
    LinkState.PLANNED,
    LinkState.SENDING,
    LinkState.UPDATING,
    LinkState.REMOVING,
    LinkState.MISSING,
)


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """What is shown of a connection. `waiting` counts appointments, `failed` refused events."""

    uuid: UUID
    practitioner: UUID
    practitioner_name: str
    provider: str
    account: str
    standing: Standing
    directions: Mapping[str, Standing]
    settings: SyncSettings
    last_success: datetime | None
    waiting: int
    failed: int
    sync_on: bool
    next_look: datetime | None


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """A calendar of a connection, with its marks."""

    uuid: UUID
    name: str
    colour: str
    writable: bool
    check_conflicts: bool
    pull: bool
    push: bool
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is shown of a run."""

    uuid: UUID
    connection: UUID
    state: str
    started: datetime | None
    finished: datetime | None
    counts: dict[str, int]
    error: str


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """A plan as it was shown, its operations in the words of the interface."""

    uuid: UUID
    counts: dict[str, int]
    operations: list[dict[str, Any]]
    asked_at: datetime


def connection_facts(row: Connection) -> ConnectionFacts:
    """Return what is shown of a connection."""
    settings = from_stored(row.settings)
    waiting = count_waiting(row)
    failed = Link.objects.filter(
        practitioner=row.practitioner_id,
        target__account=row.account_id,
        state=LinkState.PARKED,
    ).count()
    return ConnectionFacts(
        uuid=row.uuid,
        practitioner=row.practitioner.uuid,
        practitioner_name=row.practitioner.name,
        provider=row.account.provider,
        account=row.account.label,
        standing=standing_of(row, waiting=waiting),
        directions=directions_of(row, settings, waiting=waiting),
        settings=settings,
        last_success=row.account.last_success,
        waiting=waiting,
        failed=failed,
        sync_on=row.sync_on,
        next_look=row.account.wait_until or row.account.due_at,
    )


def count_waiting(row: Connection) -> int:
    """Return how many appointments are not yet as the book says in the push calendar."""
    if not row.choices.filter(push=True).exists():
        return 0
    changed = Change.objects.filter(practitioner=row.practitioner_id)
    unsettled = Link.objects.filter(
        Q(state__in=UNSETTLED) | Q(state=LinkState.LIVE, due_at__isnull=False),
        practitioner=row.practitioner_id,
        target__account=row.account_id,
    )
    return len(
        set(changed.values_list("appointment_id", flat=True))
        | set(unsettled.values_list("appointment_id", flat=True))
    )


def all_connections(actor: Actor) -> list[ConnectionFacts]:
    """Return the connections that `actor` may manage. Raises: `Refused`."""
    return [connection_facts(row) for row in connections_for(actor)]


def one_connection(actor: Actor, uuid: UUID) -> ConnectionFacts:
    """Return one connection. Raises: `Refused`, `Missing`."""
    return connection_facts(connection_for(actor, uuid))


def calendars_of(actor: Actor, uuid: UUID) -> list[CalendarRow]:
    """Return the calendars of a connection, with their marks. Raises: `Refused`, `Missing`."""
    row = connection_for(actor, uuid)
    choices = {choice.calendar_id: choice for choice in row.choices.all()}
    found: Iterable[ExternalCalendar] = row.account.calendars.order_by("-primary", "name", "pk")
    return [calendar_row(calendar, choices.get(calendar.pk)) for calendar in found]


def calendar_row(calendar: ExternalCalendar, choice: CalendarChoice | None) -> CalendarRow:
    """Return a calendar with the marks of a choice; none are set where there is no choice."""
    return CalendarRow(
        uuid=calendar.uuid,
        name=calendar.name,
        colour=calendar.colour,
        writable=calendar.writable,
        check_conflicts=choice is not None and choice.check_conflicts,
        pull=choice is not None and choice.pull,
        push=choice is not None and choice.push,
        state=calendar.state,
        reason=calendar.state_reason,
    )


def zone_of(actor: Actor, uuid: UUID) -> str:
    """Return the zone of a connection's practitioner. Raises: `Refused`, `Missing`."""
    return connection_for(actor, uuid).practitioner.time_zone


def one_run(actor: Actor, uuid: UUID) -> RunFacts:
    """Return a run. Raises: `Refused`, `Missing`."""
    return run_facts(run_for(actor, uuid))


def run_facts(run: Run) -> RunFacts:
    """Return what is shown of a run; a plan that nobody applied counts as waiting."""
    words = {Run.State.PLANNED: "waiting", Run.State.OUTDATED: "failed"}
    state = Run.State(run.state)
    return RunFacts(
        uuid=run.uuid,
        connection=run.connection.uuid,
        state=words.get(state, str(state)),
        started=run.started_at,
        finished=run.finished_at,
        counts=run.counts,
        error=run.error,
    )


def plan_facts(run: Run) -> PlanFacts:
    """Return a kept plan."""
    return PlanFacts(run.uuid, run.counts, operations_of(run), run.created_at)
