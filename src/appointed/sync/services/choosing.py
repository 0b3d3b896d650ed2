"""What a connection does: its calendars, its settings, pausing and going on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from appointed.book.access import Actor
from appointed.book.errors import Invalid, Missing
from appointed.book.services.records import note_audit
from appointed.core.choices import (
    OnMove,
    SyncSettings,
    as_stored,
    from_stored,
    merged,
    out_of_range,
)
from appointed.core.steps import OnDeletion
from appointed.core.texts import fault_of_line
from appointed.core.wording import template_faults
from appointed.providers.port import ProviderError
from appointed.providers.texts import sentence
from appointed.sync.accounts import connect_account
from appointed.sync.errors import Conflict, NotConnected
from appointed.sync.models import Account, CalendarChoice, Connection, ExternalCalendar
from appointed.sync.services.connecting import Outcome, keep_calendars
from appointed.sync.services.finding import connection_for
from appointed.sync.wakeups import Urgency, wake_account

TEMPLATE_LIMIT = 200


def make_calendar(*, actor: Actor, connection: UUID, name: str) -> ExternalCalendar:
    """Make a new, dedicated calendar at the provider.

    Raises: `Refused`, `Missing`, `Invalid`, `NotConnected`.
    """
    row = connection_for(actor, connection)
    wanted = name.strip()
    if fault := "Give the calendar a name." * (not wanted) or fault_of_line(
        wanted, limit=TEMPLATE_LIMIT
    ):
        raise Invalid({"name": fault})
    try:
        provider = connect_account(row.account)
        try:
            facts = provider.create_calendar(wanted)
        finally:
            provider.close()
    except ProviderError as error:
        raise NotConnected(error) from error
    with transaction.atomic():
        keep_calendars(row.account, [facts])
        note_audit(actor=actor, action="calendar.made", kind="connection", uuid=row.uuid)
    return row.account.calendars.get(remote_id=facts.calendar_id)


@transaction.atomic
def choose_calendar(
    *,
    actor: Actor,
    connection: UUID,
    calendar: UUID,
    marks: Mapping[str, bool],
) -> CalendarChoice:
    """Set what a connection does with a calendar: `check_conflicts`, `pull`, `push`.

    The push mark moves from another calendar of the same connection.

    Raises: `Refused`, `Missing`, `Invalid`; `Conflict` (push_taken) naming the other.
    """
    row = connection_for(actor, connection)
    target = row.account.calendars.filter(uuid=calendar).first()
    if target is None:
        raise Missing("calendar")
    if marks.get("push"):
        _free_the_push_mark(row, target)
    choice, _ = CalendarChoice.objects.select_for_update().get_or_create(
        connection=row, calendar=target, defaults={"practitioner_id": row.practitioner_id}
    )
    for name, value in marks.items():
        setattr(choice, name, value)
    choice.save()
    _have_planned_anew(row)
    note_audit(actor=actor, action="connection.calendars", kind="connection", uuid=row.uuid)
    return choice


@transaction.atomic
def change_settings(*, actor: Actor, connection: UUID, changes: Mapping[str, Any]) -> SyncSettings:
    """Change settings; nested objects are merged. What follows is planned anew.

    Raises: `Refused`, `Missing`, `Invalid`.
    """
    row = connection_for(actor, connection)
    row = Connection.objects.select_for_update(of=("self",)).get(pk=row.pk)
    settings = merged_or_invalid(from_stored(row.settings), changes)
    row.settings = as_stored(settings)
    row.save(update_fields=["settings", "changed_at"])
    _have_planned_anew(row)
    note_audit(actor=actor, action="connection.settings", kind="connection", uuid=row.uuid)
    return settings


def merged_or_invalid(settings: SyncSettings, changes: Mapping[str, Any]) -> SyncSettings:
    """Return `settings` with `changes`. Raises: `Invalid` with a sentence a field."""
    try:
        after = merged(settings, changes)
    except (ValueError, TypeError) as fault:
        raise Invalid({"settings": str(fault)}) from fault
    faults = {**out_of_range(after), **_not_built(after)}
    template = after.title_template
    wrong = fault_of_line(template, limit=TEMPLATE_LIMIT) or template_faults(template)
    if wrong:
        faults["title_template"] = wrong
    if faults:
        raise Invalid(faults)
    return after


def _not_built(settings: SyncSettings) -> dict[str, str]:
    """Return a sentence for each choice that this release cannot keep its word on."""
    later = "This release cannot do that yet. Choose another value."
    faults: dict[str, str] = {}
    if settings.external_move is OnMove.ACCEPT:
        faults["external_move"] = later
    if settings.external_deletion is OnDeletion.ASK:
        faults["external_deletion"] = later
    return faults


@transaction.atomic
def pause(*, actor: Actor, connection: UUID) -> None:
    """Switch *Sync is on* off; links stay. Raises: `Refused`, `Missing`."""
    row = connection_for(actor, connection)
    Connection.objects.filter(pk=row.pk).update(sync_on=False, changed_at=timezone.now())
    note_audit(actor=actor, action="connection.paused", kind="connection", uuid=row.uuid)


@transaction.atomic
def resume(*, actor: Actor, connection: UUID) -> None:
    """Switch *Sync is on* on again. Raises: `Refused`, `Missing`."""
    row = connection_for(actor, connection)
    Connection.objects.filter(pk=row.pk).update(sync_on=True, changed_at=timezone.now())
    Account.objects.filter(pk=row.account_id).update(healthy_since=None)
    _have_planned_anew(row)
    note_audit(actor=actor, action="connection.resumed", kind="connection", uuid=row.uuid)


def check_calendar(*, actor: Actor, connection: UUID) -> Outcome:
    """Ask whether the chosen calendars can be read and, where we push, written; apart.

    Raises: `Refused`, `Missing`.
    """
    row = connection_for(actor, connection)
    try:
        provider = connect_account(row.account)
        try:
            for choice in row.choices.select_related("calendar").order_by("pk"):
                check = provider.check_calendar(choice.calendar.remote_id)
                if not check.readable:
                    return Outcome(ok=False, code="C291", message=check.reason)
                if choice.push and not check.writable:
                    return Outcome(ok=False, code="C244", message=sentence("C244"))
        finally:
            provider.close()
    except ProviderError as error:
        return Outcome(ok=False, code=error.code, message=error.message)
    return Outcome(ok=True, message="Succeeded")


def _free_the_push_mark(row: Connection, target: ExternalCalendar) -> None:
    if not target.writable:
        raise Invalid({"push": sentence("C244")})
    held = (
        CalendarChoice.objects.select_related("connection__account", "calendar")
        .filter(practitioner=row.practitioner_id, push=True)
        .exclude(calendar=target)
        .first()
    )
    if held is None:
        return
    if held.connection_id != row.pk:
        raise Conflict(
            "push_taken",
            f"Bookings go to {held.calendar.name} ({held.connection.account.label}) already. "
            "Take the mark away there first.",
        )
    held.push = False
    held.save(update_fields=["push"])


def _have_planned_anew(row: Connection) -> None:
    """Have all connections of the practitioner planned anew: one may give up what another gets."""
    affected = Connection.objects.filter(practitioner=row.practitioner_id)
    affected.update(replan=F("replan") + 1)
    accounts = list(affected.values_list("account_id", flat=True))
    Account.objects.filter(pk__in=accounts).update(due_at=timezone.now(), wait_until=None)
    for account_id in accounts:
        wake_account(account_id, Urgency.PERSON)
