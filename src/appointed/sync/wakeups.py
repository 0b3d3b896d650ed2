"""Wake-ups: "look at account X". A lost, doubled or swallowed one changes nothing.

The committed `Change` row is the truth; the dispatcher finds what no wake-up brought.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from enum import IntEnum
from functools import partial

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException

from appointed.book.models import Change
from appointed.core.choices import Mode
from appointed.sync.models import Account, CalendarChoice, ExternalCalendar, Link

TASK = "look_at_account"
QUEUE = "accounts"

logger = logging.getLogger(__name__)


class Urgency(IntEnum):
    """A person waiting > a change > a poll > an audit."""

    AUDIT = 0
    POLL = 10
    CHANGE = 20
    PERSON = 30


def wake_practitioners(practitioner_ids: Iterable[int]) -> None:
    """Have the accounts that these practitioners push to looked at, once this commits."""
    accounts = Account.objects.filter(
        calendars__choices__push=True,
        calendars__choices__practitioner__in=list(practitioner_ids),
    )
    for account_id in accounts.values_list("pk", flat=True).distinct():
        wake_account(account_id, Urgency.CHANGE)


def wake_account(account_id: int, urgency: Urgency) -> None:
    """Have this account looked at, once the transaction commits (at once outside of one)."""
    transaction.on_commit(partial(_defer, account_id, urgency), robust=True)


def due_accounts(now: datetime) -> list[int]:
    """Return the accounts that have something to do by now, and nobody at work.

    What waits for a person (paused, manual, a first plan, a calendar that is gone or read-only)
    is nothing to do: it wakes nobody.
    """
    changes = Change.objects.filter(practitioner=OuterRef("practitioner"))
    late = Link.objects.filter(
        practitioner=OuterRef("practitioner"),
        target__account=OuterRef("calendar__account"),
        due_at__lte=now,
    )
    writing = _free_to_write().filter(calendar__account=OuterRef("pk"))
    return list(
        Account.objects.filter(
            Q(due_at__lte=now)
            | Q(dirty=True)
            | Exists(writing.filter(Exists(changes)))
            | Exists(writing.filter(Exists(late))),
            Q(wait_until__isnull=True) | Q(wait_until__lte=now),
            Q(lease_until__isnull=True) | Q(lease_until__lte=Now()),
            state=Account.State.OK,
            connections__isnull=False,
        )
        .distinct()
        .values_list("pk", flat=True)
    )


def _free_to_write() -> QuerySet[CalendarChoice]:
    return CalendarChoice.objects.filter(
        push=True,
        calendar__writable=True,
        connection__sync_on=True,
        connection__first_plan_seen=True,
        connection__waits_for="",
        connection__settings__push__enabled=True,
        connection__settings__push__mode=Mode.AUTOMATIC,
    ).exclude(calendar__state=ExternalCalendar.State.GONE)


def drop_unwanted_changes() -> int:
    """Delete the changes of practitioners who push to no calendar; return how many."""
    pushing = CalendarChoice.objects.filter(practitioner=OuterRef("practitioner"), push=True)
    deleted, _ = Change.objects.filter(~Exists(pushing)).delete()
    return deleted


def _defer(account_id: int, urgency: Urgency) -> None:
    task = app.configure_task(
        TASK,
        queue=QUEUE,
        priority=int(urgency),
        queueing_lock=f"account-{account_id}",
    )
    try:
        task.defer(account_id=account_id)
    except AlreadyEnqueued:
        return  # the job that waits will see what was committed
    except (ConnectorException, DatabaseError) as fault:
        logger.warning("a wake-up was lost (%s); the dispatcher brings it", type(fault).__name__)
