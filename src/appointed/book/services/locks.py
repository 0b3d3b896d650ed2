"""Who writes times holds the practitioners' rows first, in one order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models.functions import Now

from appointed.book.models import Occurrence, Practitioner

EXCLUSION_VIOLATED = "23P01"
DEADLOCK = "40P01"

Made = TypeVar("Made")


class Overtaken(Exception):
    """Somebody else was faster, so what was read is no longer true: do it once more."""


def lock_practitioners(practitioner_ids: Iterable[int]) -> None:
    """Hold these practitioners' times until the transaction ends; expired slot holds go."""
    ids = sorted(set(practitioner_ids))
    rows = Practitioner.objects.filter(pk__in=ids).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk", flat=True))
    Occurrence.objects.filter(practitioner__in=ids, appointment=None, held_until__lt=Now()).delete()


def once_more(attempt: Callable[[], Made]) -> Made:
    """Carry out `attempt` in a transaction, and once more where another one got in its way.

    Raises: `Overtaken` where that did not help either.
    """
    try:
        return _attempt(attempt)
    except Overtaken:
        return _attempt(attempt)


def _attempt(attempt: Callable[[], Made]) -> Made:
    try:
        with transaction.atomic():
            return attempt()
    except (IntegrityError, OperationalError) as fault:
        if getattr(fault.__cause__, "sqlstate", None) not in {EXCLUSION_VIOLATED, DEADLOCK}:
            raise
        if connection.needs_rollback:
            raise
        raise Overtaken from fault
