"""What is noted beside each change of an appointment: calendars, history, audit, the client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from appointed.book.access import Actor
from appointed.book.models import Appointment
from appointed.book.services.records import ask_notice, note_audit, note_change, note_history
from appointed.core.events import AllDay, Timed, When
from appointed.scheduling.times import said, when_of
from appointed.sync.wakeups import wake_practitioners

NOT_TOLD = "The client has no e-mail address and was not told."
TOLD = "The client is told by e-mail."


def note_all(
    *,
    row: Appointment,
    actor: Actor,
    step: str,
    practitioners: Iterable[int],
    result: str = "",
) -> None:
    """Note a step for the history, the audit and the calendars of everybody touched."""
    touched = sorted(set(practitioners))
    note_change(appointment=row, practitioners=touched)
    note_history(appointment=row, actor=actor.name, step=step, result=result or said(when_of(row)))
    note_audit(actor=actor, action=f"appointment.{step}", kind="appointment", uuid=row.uuid)
    wake_practitioners(touched)


def tell_client(*, row: Appointment, actor: str, reason: str, before: When | None = None) -> None:
    """Ask for the mail to the client, and say in the history whether there will be one."""
    if row.client is None:
        return
    payload = _payload(row, before)
    told = ask_notice(appointment=row, reason=reason, payload=payload)
    note_history(appointment=row, actor=actor, step="notice", result=TOLD if told else NOT_TOLD)


def _payload(row: Appointment, before: When | None) -> Mapping[str, Any]:
    """Return the times as they are now: the mail tells of them even if it goes out later."""
    return {"when": _stored(when_of(row)), "before": _stored(before) if before else None}


def _stored(when: When) -> dict[str, str]:
    match when:
        case Timed(start, end, zone):
            return {"start": start.isoformat(), "end": end.isoformat(), "zone": zone}
        case AllDay(start, end):
            return {"first_day": start.isoformat(), "end_day": end.isoformat()}
