"""Book, move, change, cancel: the use cases that need the book and the calendars' busy times."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from appointed.book.access import Action, Actor, require, require_for_somebody
from appointed.book.errors import Clash, Invalid, Missing
from appointed.book.facts import AppointmentFacts
from appointed.book.models import Appointment, AppointmentPractitioner
from appointed.book.selectors.appointments import appointment_of
from appointed.book.services.locks import Overtaken, lock_practitioners, once_more
from appointed.book.services.rows import refuse_stale, save_changes
from appointed.book.validation import checking
from appointed.core.clashes import Taken
from appointed.scheduling.clashes import clashes_with
from appointed.scheduling.telling import note_all, tell_client
from appointed.scheduling.times import columns_of
from appointed.scheduling.wishes import Agreed, AppointmentFields, agree, agreed_of
from appointed.scheduling.writing import refuse_clashes, write_times

Status = Appointment.Status
CancelledBy = Appointment.CancelledBy


def book_appointment(
    *,
    actor: Actor,
    wish: AppointmentFields,
    allow_clash: bool = False,
    tell: bool = False,
) -> AppointmentFacts:
    """Book what is wanted; with `tell` the client gets a mail.

    Raises: `Refused`, `Invalid`, `Clash` (unless `allow_clash`).
    """
    require_for_somebody(actor, Action.BOOK)
    agreed = agree(actor.practice_id, {"kind": "", **wish})
    _require_all(actor, agreed.practitioner_ids)
    attempt = partial(_book, actor, agreed, allow_clash=allow_clash, tell=tell)
    return appointment_of(actor, _or_taken(attempt, agreed))


def change_appointment(
    *,
    actor: Actor,
    appointment: UUID,
    changes: AppointmentFields,
    version: int | None = None,
    allow_clash: bool = False,
    tell: bool = False,
) -> AppointmentFacts:
    """Change, move, hand over, or book again (`status`) an appointment.

    What stands already changes nothing more. Raises: `Refused`, `Missing`, `Stale`,
    `Invalid`, `Clash` (unless `allow_clash`).
    """
    how = _How(actor, changes, version, allow_clash=allow_clash, tell=tell)
    try:
        once_more(partial(_change, how, appointment))
    except Overtaken:
        row = _standing(actor, appointment)
        wanted = agree(actor.practice_id, changes, standing=agreed_of(row))
        raise Clash(clashes_with(wanted.times(), without=row.pk)) from None
    return appointment_of(actor, appointment)


def cancel_appointment(
    *,
    actor: Actor,
    appointment: UUID,
    reason: str = "",
    tell: bool = False,
    version: int | None = None,
) -> AppointmentFacts:
    """Cancel an appointment; cancelling it twice changes nothing more.

    Raises: `Refused`, `Missing`, `Stale`, `Invalid`.
    """
    with checking() as faults:
        reason = faults.line("reason", reason)
    once_more(partial(_cancel, actor, appointment, reason=reason, tell=tell, version=version))
    return appointment_of(actor, appointment)


def clashes_of(
    *, actor: Actor, wish: AppointmentFields, appointment: UUID | None = None
) -> tuple[Taken, ...]:
    """Return what would be in the way, without booking: a warning, not a promise.

    Raises: `Refused`, `Missing`, `Invalid`.
    """
    require_for_somebody(actor, Action.BOOK)
    row = None if appointment is None else _standing(actor, appointment)
    standing = None if row is None else agreed_of(row)
    agreed = agree(actor.practice_id, wish, standing=standing)
    return clashes_with(agreed.times(), without=row.pk if row else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ways:
    allow_clash: bool
    tell: bool


@dataclass(frozen=True, slots=True)
class _How(_Ways):
    actor: Actor
    changes: AppointmentFields
    version: int | None


def _book(actor: Actor, agreed: Agreed, *, allow_clash: bool, tell: bool) -> UUID:
    lock_practitioners(agreed.practitioner_ids)
    overbooked = refuse_clashes(agreed, allow_clash=allow_clash)
    row = Appointment.objects.create(
        practice_id=actor.practice_id, created_by=actor.name, **agreed.columns()
    )
    write_times(row, agreed, overbooked=overbooked)
    note_all(row=row, actor=actor, step="booked", practitioners=agreed.practitioner_ids)
    if tell:
        tell_client(row=row, actor=actor.name, reason="booked")
    return row.uuid


def _change(how: _How, uuid: UUID) -> None:
    row, standing, wanted = _hold(how, uuid)
    refuse_stale(row, how.version, lambda _: appointment_of(how.actor, uuid))
    status = _status(row, how.changes)
    restored = row.status == Status.CANCELLED and status != Status.CANCELLED
    retimed = restored or _times_differ(standing, wanted)
    if row.status == status == Status.CANCELLED and retimed:
        raise Invalid({"status": "It is cancelled. Book it again first (status booked)."})
    if retimed:
        overbooked = refuse_clashes(wanted, allow_clash=how.allow_clash, without=row.pk)
        write_times(row, wanted, overbooked=overbooked)
    before = row.status
    columns = wanted.columns() | {"status": status}
    if restored:
        columns |= {"cancelled_by": "", "cancel_reason": ""}
    if not save_changes(row, columns, touched=retimed):
        return
    _note_change(how, row, standing, wanted=wanted, status_before=before)


def _note_change(
    how: _How, row: Appointment, standing: Agreed, *, wanted: Agreed, status_before: str
) -> None:
    step = _step(row, standing, wanted, status_before)
    note_all(
        row=row,
        actor=how.actor,
        step=step,
        practitioners=standing.practitioner_ids | wanted.practitioner_ids,
        result=row.status if step == "status" else "",
    )
    if how.tell:
        tell_client(row=row, actor=how.actor.name, reason=step, before=standing.when)


def _cancel(actor: Actor, uuid: UUID, *, reason: str, tell: bool, version: int | None) -> None:
    people = _part_ids(_standing(actor, uuid))
    _require_all(actor, people)
    row = _locked(actor, uuid, people)
    if row.status == Status.CANCELLED:
        return
    refuse_stale(row, version, lambda _: appointment_of(actor, uuid))
    end_appointment(row, cancelled_by=CancelledBy.STAFF, reason=reason)
    note_all(row=row, actor=actor, step="cancelled", practitioners=people)
    if tell:
        tell_client(row=row, actor=actor.name, reason="cancelled")


def end_appointment(row: Appointment, *, cancelled_by: str, reason: str) -> None:
    """Set a locked appointment cancelled and free its times; the rows of them stay."""
    save_changes(
        row,
        {"status": Status.CANCELLED, "cancelled_by": cancelled_by, "cancel_reason": reason},
    )
    row.occurrences.update(active=False)


def _hold(how: _How, uuid: UUID) -> tuple[Appointment, Agreed, Agreed]:
    """Lock everybody concerned, then the appointment; return it as it stands and as wanted."""
    seen = _standing(how.actor, uuid)
    people = _part_ids(seen)
    _require_all(how.actor, people)
    wanted = agree(how.actor.practice_id, how.changes, standing=agreed_of(seen))
    _require_all(how.actor, wanted.practitioner_ids)
    row = _locked(how.actor, uuid, people | wanted.practitioner_ids)
    standing = agreed_of(row)
    return row, standing, agree(how.actor.practice_id, how.changes, standing=standing)


def _locked(actor: Actor, uuid: UUID, people: frozenset[int]) -> Appointment:
    lock_practitioners(people)
    rows = Appointment.objects.select_for_update(no_key=True).filter(
        practice_id=actor.practice_id, uuid=uuid
    )
    row = rows.get()
    if not _part_ids(row) <= people:
        raise Overtaken
    return row


def _standing(actor: Actor, uuid: UUID) -> Appointment:
    row = Appointment.objects.filter(practice_id=actor.practice_id, uuid=uuid).first()
    if row is None:
        raise Missing("appointment")
    return row


def _part_ids(row: Appointment) -> frozenset[int]:
    parts = AppointmentPractitioner.objects.filter(appointment=row)
    return frozenset(parts.values_list("practitioner_id", flat=True))


def _require_all(actor: Actor, practitioners: Iterable[int]) -> None:
    for practitioner in practitioners:
        require(actor, Action.BOOK, practitioner)


def _or_taken(attempt: Callable[[], UUID], agreed: Agreed) -> UUID:
    try:
        return once_more(attempt)
    except Overtaken:
        raise Clash(clashes_with(agreed.times())) from None


def _status(row: Appointment, changes: AppointmentFields) -> str:
    status = changes.get("status", row.status)
    if status not in Status.values:
        raise Invalid({"status": f"Choose one of {', '.join(Status.values)}."})
    if status == Status.CANCELLED != row.status:
        raise Invalid({"status": "Cancel it with its own call: POST …/cancel."})
    return status


def _times_differ(standing: Agreed, wanted: Agreed) -> bool:
    return standing.times() != wanted.times() or _when(standing) != _when(wanted)


def _when(agreed: Agreed) -> dict[str, Any]:
    """Return what tells times apart, also the two equal wall times of an autumn night."""
    return columns_of(agreed.when, agreed.zone)


def _step(row: Appointment, standing: Agreed, wanted: Agreed, status_before: str) -> str:
    if status_before == Status.CANCELLED != row.status:
        return "booked_again"
    if _when(standing) != _when(wanted):
        return "moved"
    if standing.practitioner_ids != wanted.practitioner_ids:
        return "handed_over"
    return "changed" if standing.columns() != wanted.columns() else "status"
