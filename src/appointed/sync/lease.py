"""The lease of an account: one run at a time, and no result of a run that lost it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from appointed.sync.models import Account

LENGTH = timedelta(minutes=5)
"""Longer than any single request: each commit lengthens it, and the work of a dead worker is
freed by its silence (`queue`), not by waiting for this to end.
"""


class Fenced(Exception):
    """The lease was lost to another run: nothing more may be written by this one."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on an account, as long as its fence is the account's."""

    account_id: int
    fence: int

    @contextmanager
    def committing(self) -> Iterator[None]:
        """Run a transaction that counts only while the lease holds, and lengthen it.

        Raises: `Fenced`, and nothing is committed.
        """
        with transaction.atomic():
            held = Account.objects.filter(pk=self.account_id, fence=self.fence).update(
                lease_until=Now() + LENGTH
            )
            if not held:
                raise Fenced
            yield

    def still_held(self) -> bool:
        """Lengthen the lease; false says that another run has it."""
        return bool(
            Account.objects.filter(pk=self.account_id, fence=self.fence).update(
                lease_until=Now() + LENGTH
            )
        )


def take_lease(account_id: int) -> Lease | None:
    """Return a lease, or None where another run holds one: then that run is told to look again.

    Leases run by the database's clock, so a jump of ours changes nothing.
    """
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=Now())
    with transaction.atomic():
        taken = Account.objects.filter(free, pk=account_id).update(
            lease_owner=uuid4().hex, lease_until=Now() + LENGTH, fence=F("fence") + 1, dirty=False
        )
        if not taken:
            Account.objects.filter(pk=account_id).update(dirty=True)
            return None
        return Lease(account_id, Account.objects.values_list("fence", flat=True).get(pk=account_id))


def take_lease_within(seconds: float, account_id: int) -> Lease | None:
    """Return a lease as soon as there is one to be had; None after `seconds`."""
    until = time.monotonic() + seconds
    while True:
        lease = take_lease(account_id)
        if lease is not None or time.monotonic() > until:
            return lease
        time.sleep(0.1)


def give_back(lease: Lease) -> bool:
    """End the lease; true says that somebody asked for another look meanwhile."""
    with transaction.atomic():
        account = (
            Account.objects.select_for_update().filter(pk=lease.account_id, fence=lease.fence)
        ).first()
        if account is None:
            return False
        again = account.dirty
        Account.objects.filter(pk=account.pk).update(lease_until=None, lease_owner="", dirty=False)
        return again
