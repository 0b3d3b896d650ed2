"""How the calendars are doing, bringing them in step now, a calendar as text."""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from appointed.book.access import Actor
from appointed.book.errors import Missing
from appointed.book.selectors.operators import operator_for_practitioner, operators
from appointed.cli.installation import installation
from appointed.cli.problems import CommandFailed, WrongUsage
from appointed.core.windows import midnight
from appointed.scheduling.export import export_appointments
from appointed.scheduling.signals import apply_signal
from appointed.sync.engine import Engine
from appointed.sync.errors import Conflict, NotNow
from appointed.sync.facts import ConnectionFacts, all_connections
from appointed.sync.plans import operations_of
from appointed.sync.selectors_health import look_at_health
from appointed.sync.services.finding import run_for
from appointed.sync.services.running import plan, sync_now

RUN_SECONDS = 900.0
EXPORTED_DAYS = 365
OPEN_STATES = frozenset({"waiting", "running"})


def status(arguments: Namespace) -> None:
    """Print every connection with its state, what waits, and its last success."""
    with installation():
        found = [facts for _, facts in _connections(None)]
        health = look_at_health()
    if arguments.json:
        shown = [_as_json(facts) for facts in found]
        print(json.dumps({"worker": health.worker, "connections": shown}, indent=2))
        return
    print(f"Worker: {'at work' if health.worker else 'none is at work'}")
    for facts in found:
        print(_line(facts))
    if not found:
        print("No calendar is connected yet.")


def sync(arguments: Namespace) -> int:
    """Bring connections in step now, or print what would be done; return 1 where one failed."""
    with installation():
        chosen = list(_connections(arguments.connection))
        if arguments.connection is not None and not chosen:
            raise Missing("connection")
        engine = Engine(apply_signal=apply_signal)
        one = _plan_one if arguments.dry_run else _sync_one
        done = [_tried(one, actor, facts, engine) for actor, facts in chosen]
    if arguments.json:
        print(json.dumps(done, indent=2))
    else:
        print("\n".join(line for each in done for line in _told(each)) or "Nothing is connected.")
    return int(any(each["error"] for each in done))


def export_ical(arguments: Namespace) -> None:
    """Print a practitioner's appointments as iCalendar; days are days in his zone."""
    with installation():
        actor, zone = operator_for_practitioner(arguments.practitioner)
        first = arguments.first or date.today()  # noqa: DTZ011 - the operator's own day
        end = arguments.end or first + timedelta(days=EXPORTED_DAYS)
        if end <= first:
            raise WrongUsage("--to is the day after the last one: it has to lie behind --from.")
        body = export_appointments(
            actor,
            midnight(first, zone),
            end=midnight(end, zone),
            practitioner=arguments.practitioner,
            now=datetime.now(UTC),
        )
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()


def _connections(wanted: UUID | None) -> Iterator[tuple[Actor, ConnectionFacts]]:
    for actor in operators():
        for facts in all_connections(actor):
            if wanted in {None, facts.uuid}:
                yield actor, facts


def _tried(one: Any, actor: Actor, facts: ConnectionFacts, engine: Engine) -> dict[str, Any]:
    head = {"connection": str(facts.uuid), "practitioner": facts.practitioner_name}
    try:
        return {**head, "error": "", **one(actor, facts, engine)}
    except (Conflict, NotNow) as fault:
        return {**head, "error": fault.message, "counts": {}, "operations": []}


def _plan_one(actor: Actor, facts: ConnectionFacts, engine: Engine) -> dict[str, Any]:
    shown = plan(actor=actor, connection=facts.uuid, start=None, end=None, engine=engine)
    return {"counts": shown.counts, "operations": operations_of(shown)}


def _sync_one(actor: Actor, facts: ConnectionFacts, engine: Engine) -> dict[str, Any]:
    """Ask for a run and carry it out here, unless a worker is faster; wait for its end."""
    run = sync_now(actor=actor, connection=facts.uuid, engine=engine)
    limit = time.monotonic() + RUN_SECONDS
    while run.state in OPEN_STATES:
        if time.monotonic() > limit:
            raise CommandFailed("the run has not ended after 15 minutes: see `appointed status`.")
        if not engine.run(run.connection.account_id):
            time.sleep(0.2)  # another process is at it
        run = run_for(actor, run.uuid)
    return {"state": run.state, "error": run.error, "counts": run.counts, "operations": []}


def _told(done: Mapping[str, Any]) -> Iterable[str]:
    counts = ", ".join(f"{name} {number}" for name, number in done["counts"].items() if number)
    yield f"{done['practitioner']}: {done['error'] or counts or 'everything is in step'}"
    for operation in done["operations"]:
        yield f"  {operation['action']:8} {operation['start'] or '':25} {operation['title']}"


def _line(facts: ConnectionFacts) -> str:
    reason = f" ({facts.standing.reason})" if facts.standing.reason else ""
    last = f"{facts.last_success:%Y-%m-%d %H:%M} UTC" if facts.last_success else "never"
    return (
        f"{facts.uuid}  {facts.practitioner_name}, {facts.provider} {facts.account}: "
        f"{facts.standing.state}{reason}, {facts.waiting} waiting, {facts.failed} failed, "
        f"last success {last}"
    )


def _as_json(facts: ConnectionFacts) -> dict[str, Any]:
    return {
        "id": str(facts.uuid),
        "practitioner": {"id": str(facts.practitioner), "name": facts.practitioner_name},
        "provider": facts.provider,
        "account": facts.account,
        "state": facts.standing.state,
        "state_reason": facts.standing.reason,
        "directions": {
            name: {"state": each.state, "reason": each.reason}
            for name, each in facts.directions.items()
        },
        "waiting": facts.waiting,
        "failed": facts.failed,
        "last_success": facts.last_success.isoformat() if facts.last_success else None,
    }
