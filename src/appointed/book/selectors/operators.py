"""The operator at the command line: who runs commands on this machine acts for every practice."""

from __future__ import annotations

from uuid import UUID

from appointed.book.access import Actor, Role
from appointed.book.errors import Missing
from appointed.book.models import Practice, Practitioner

NAME = "appointed"


def operators() -> list[Actor]:
    """Return the operator once for every practice, with an owner's rights."""
    ids = Practice.objects.order_by("pk").values_list("pk", flat=True)
    return [Actor(pk, Role.OWNER, NAME) for pk in ids]


def operator_for_practitioner(practitioner: UUID) -> tuple[Actor, str]:
    """Return the operator for a practitioner's practice, and the practitioner's time zone.

    Raises: `Missing`.
    """
    row = Practitioner.objects.filter(uuid=practitioner).first()
    if row is None:
        raise Missing("practitioner")
    return Actor(row.practice_id, Role.OWNER, NAME), row.time_zone
