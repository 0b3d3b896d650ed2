"""What the API takes and answers of connections, calendars, settings and runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

from appointed.api.inputs import Closed
from appointed.api.outputs import Instant
from appointed.core.choices import SyncSettings, as_stored
from appointed.sync.facts import CalendarRow, ConnectionFacts, RunFacts
from appointed.sync.services.connecting import Outcome
from appointed.sync.standing import Standing

State = Literal[
    "in_step",
    "catching_up",
    "waiting",
    "needs_sign_in",
    "needs_approval",
    "suspended",
    "paused",
    "off",
]


class ConnectionIn(Closed):
    practitioner: UUID
    provider: Literal["caldav", "icloud"]
    url: str = ""
    username: str
    password: str


class DirectionOut(Schema):
    state: State
    reason: str


class DirectionsOut(Schema):
    push: DirectionOut
    pull: DirectionOut


class ConnectionOut(Schema):
    id: UUID
    practitioner: UUID
    provider: str
    account: str
    state: State
    state_since: Instant | None
    state_reason: str
    directions: DirectionsOut
    last_success: Instant | None
    waiting: int
    failed: int


class CredentialsIn(Closed):
    password: str


class TryIn(Closed):
    password: str | None = None


class OutcomeOut(Schema):
    ok: bool
    code: str
    message: str


class CalendarIn(Closed):
    name: str


class MarksIn(Closed):
    check_conflicts: bool = False
    pull: bool = False
    push: bool = False


class CalendarOut(Schema):
    id: UUID
    name: str
    colour: str
    writable: bool
    check_conflicts: bool
    pull: bool
    push: bool


class DirectionIn(Closed):
    enabled: bool = True
    mode: Literal["automatic", "manual"] = "automatic"


class IncludeIn(Closed):
    client: bool = True
    casual: bool = True
    meeting: bool = True
    recurring: bool = True
    unavailable: bool = False
    cancelled: Literal["remove", "mark"] = "remove"


class DetailsIn(Closed):
    phone: bool = False
    notes: bool = False
    service: bool = True
    place: bool = True
    book_link: bool = True
    private: bool = True


class BusyIn(Closed):
    tentative: bool = True
    out_of_office: bool = True
    working_elsewhere: bool = False


class UnreadableIn(Closed):
    after_seconds: int = 120
    then: Literal["close", "call", "offer"] = "close"


class ThresholdIn(Closed):
    changes: int = 25
    percent: int = 20
    deletions: int = 10


class SettingsShape(Closed):
    """The settings of a connection; a change names what is different, nested ones are merged."""

    push: DirectionIn = DirectionIn()
    pull: DirectionIn = DirectionIn()
    check_conflicts: bool = True
    cancellation_notification: bool = True
    external_move: Literal["restore_and_ask", "restore", "accept"] = "restore_and_ask"
    external_deletion: Literal["cancel", "ask", "put_back"] = "cancel"
    hold_seconds: int = 120
    days_in_arrears: int | None = 30
    days_in_advance: int | None = 365
    include: IncludeIn = IncludeIn()
    title_template: str = "{service} {client}"
    name_level: Literal["code", "initials", "first_name", "full", "none"] = "initials"
    titles: Literal["nobody", "owner"] = "nobody"
    details: DetailsIn = DetailsIn()
    busy: BusyIn = BusyIn()
    unreadable: UnreadableIn = UnreadableIn()
    threshold: ThresholdIn = ThresholdIn()


class PlanIn(Closed):
    from_: str | None = Field(default=None, alias="from")
    to: str | None = None


class SyncIn(Closed):
    plan: UUID | None = None


class TimeOut(Schema):
    start: Instant
    end: Instant


class OperationOut(Schema):
    id: UUID
    action: Literal["create", "update", "delete", "cancel", "restore", "adopt"]
    calendar: str
    title: str
    start: Instant | None
    before: TimeOut | None
    after: TimeOut | None


class PlanOut(Schema):
    id: UUID
    counts: dict[str, int]
    operations: list[OperationOut]


class RunAsked(Schema):
    run: UUID


class RunOut(Schema):
    id: UUID
    connection: UUID
    state: Literal["waiting", "running", "done", "failed", "suspended"]
    started: Instant | None
    finished: Instant | None
    counts: dict[str, int]
    error: str


def connection_out(facts: ConnectionFacts) -> dict[str, Any]:
    """Return a connection as it is answered."""
    standing = facts.standing
    return {
        "id": facts.uuid,
        "practitioner": facts.practitioner,
        "provider": facts.provider,
        "account": facts.account,
        "state": standing.state,
        "state_since": _instant(standing.since),
        "state_reason": standing.reason,
        "directions": {name: _direction(d) for name, d in facts.directions.items()},
        "last_success": _instant(facts.last_success),
        "waiting": facts.waiting,
        "failed": facts.failed,
    }


def calendar_out(row: CalendarRow) -> dict[str, Any]:
    """Return a calendar as it is answered."""
    return {
        "id": row.uuid,
        "name": row.name,
        "colour": row.colour,
        "writable": row.writable,
        "check_conflicts": row.check_conflicts,
        "pull": row.pull,
        "push": row.push,
    }


def settings_out(settings: SyncSettings) -> dict[str, Any]:
    """Return settings as they are answered."""
    return as_stored(settings)


def outcome_out(outcome: Outcome) -> dict[str, Any]:
    """Return what a check found."""
    return {"ok": outcome.ok, "code": outcome.code, "message": outcome.message}


def run_out(facts: RunFacts) -> dict[str, Any]:
    """Return a run as it is answered."""
    return {
        "id": facts.uuid,
        "connection": facts.connection,
        "state": facts.state,
        "started": _instant(facts.started),
        "finished": _instant(facts.finished),
        "counts": facts.counts,
        "error": facts.error,
    }


def _direction(standing: Standing) -> dict[str, str]:
    return {"state": standing.state, "reason": standing.reason}


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
