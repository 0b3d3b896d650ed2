"""Plans that people look at: kept as they were shown, and carried out exactly or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from appointed.core.events import Content
from appointed.core.steps import (
    Absent,
    Age,
    Create,
    Remove,
    Stand,
    Update,
)
from appointed.core.windows import instants_of
from appointed.sync import models
from appointed.sync.planning import Planned, Planner, action_of, steps_by_kind
from appointed.sync.sealing import seal, unseal


def keep_plan(
    planner: Planner,
    planned: Sequence[Planned],
    *,
    start: datetime | None,
    end: datetime | None,
    asked_by: str,
) -> models.Run:
    """Store a plan as it is shown; nothing is written anywhere else."""
    calendars = dict(
        models.ExternalCalendar.objects.filter(account=planner.account_id).values_list("pk", "name")
    )
    operations = [_shown(planner, item, calendars) for item in planned if action_of(item.step)]
    return models.Run.objects.create(
        connection=planner.connection,
        kind=models.Run.Kind.PLAN,
        state=models.Run.State.PLANNED,
        window_start=start,
        window_end=end,
        counts=steps_by_kind(planned),
        operations_shown={"basis": basis(planned), "sealed": seal({"operations": operations})},
        asked_by=asked_by,
    )


def operations_of(run: models.Run) -> list[dict[str, Any]]:
    """Return the operations of a kept plan as the interface shows them."""
    if not run.operations_shown:
        return []
    operations: list[dict[str, Any]] = unseal(run.operations_shown["sealed"])["operations"]
    return operations


def is_outdated(run: models.Run, planned: Iterable[Planned]) -> bool:
    """Say whether what would be done now differs in anything from what was shown."""
    shown: list[str] = run.operations_shown["basis"] if run.operations_shown else []
    return sorted(shown) != sorted(basis(planned))


def basis(planned: Iterable[Planned]) -> list[str]:
    """Return what a plan rests on: each write, what it writes, and the version it replaces."""
    return [_ground(item) for item in planned if action_of(item.step)]


def _ground(item: Planned) -> str:
    match item.step:
        case Create(link, content):
            return f"create {item.appointment} {link.calendar_id} {content.digest}"
        case Update(link, content, fields):
            names = ",".join(sorted(fields))
            return f"update {item.appointment} {link.version} {content.digest} {names}"
        case Remove(link):
            return f"delete {item.appointment} {link.version}"
        case _:
            return f"{action_of(item.step)} {item.appointment}"


def _shown(planner: Planner, item: Planned, calendars: dict[int, str]) -> dict[str, Any]:
    calendar_id = (
        item.step.link.calendar_id if isinstance(item.step, Create | Update | Remove) else ""
    )
    after = _content(item)
    return {
        "id": str(item.appointment),
        "action": action_of(item.step),
        "calendar": calendars.get(int(calendar_id), "") if calendar_id else "",
        "title": after.title if after else "",
        "start": _start(planner, after),
        "before": _before(planner, item),
        "after": _time(planner, after) if not isinstance(item.step, Remove) else None,
    }


def _content(item: Planned) -> Content | None:
    match item.wanted:
        case Stand(content=content) | Age(content):
            return content
        case Absent():
            return None


def _before(planner: Planner, item: Planned) -> dict[str, str] | None:
    if item.row is None or isinstance(item.step, Create):
        return None
    moved = item.row.moved_to
    if moved and "start" in moved:
        return {"start": moved["start"], "end": moved["end"]}
    occurrence = item.row.appointment.occurrences.filter(
        practitioner=planner.pushing.practitioner
    ).first()
    if occurrence is None:
        return None
    return {
        "start": occurrence.during.lower.isoformat(),
        "end": occurrence.during.upper.isoformat(),
    }


def _time(planner: Planner, content: Content | None) -> dict[str, str] | None:
    if content is None:
        return None
    start, end = instants_of(content.when, planner.pushing.window.zone)
    return {"start": start.isoformat(), "end": end.isoformat()}


def _start(planner: Planner, content: Content | None) -> str | None:
    time = _time(planner, content)
    return None if time is None else time["start"]
