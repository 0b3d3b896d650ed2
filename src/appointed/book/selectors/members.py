"""Who signs in to a practice, and which keys of programs it has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from appointed.book.access import Action, Actor, require
from appointed.book.models import ApiKey, Membership, Practitioner


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """A user and his role here."""

    id: UUID
    name: str
    email: str
    role: str
    practitioner: UUID | None
    practitioner_name: str
    signs_in: bool
    """False until he has set a password."""
    last_sign_in: datetime | None


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """A program's key; itself it was shown once."""

    id: UUID
    name: str
    role: str
    practitioner_name: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None


def list_members(actor: Actor) -> tuple[MemberFacts, ...]:
    """Return the users of the practice. Raises: `Refused`."""
    require(actor, Action.ADMINISTER)
    rows = (
        Membership.objects.filter(practice=actor.practice_id)
        .select_related("user", "practitioner")
        .order_by("id")
    )
    return tuple(
        MemberFacts(
            id=row.user.uuid,
            name=row.user.name,
            email=row.user.email,
            role=row.role,
            practitioner=row.practitioner.uuid if row.practitioner else None,
            practitioner_name=row.practitioner.name if row.practitioner else "",
            signs_in=row.user.has_usable_password(),
            last_sign_in=row.user.last_login,
        )
        for row in rows
    )


def list_api_keys(actor: Actor) -> tuple[KeyFacts, ...]:
    """Return the keys that still work, the newest first. Raises: `Refused`."""
    require(actor, Action.ADMINISTER)
    rows = (
        ApiKey.objects.filter(practice=actor.practice_id, revoked_at=None)
        .select_related("practitioner")
        .order_by("-id")
    )
    return tuple(
        KeyFacts(
            id=row.uuid,
            name=row.name,
            role=row.role,
            practitioner_name=row.practitioner.name if row.practitioner else "",
            prefix=row.prefix,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
        )
        for row in rows
    )


def practitioner_pks(actor: Actor) -> dict[UUID, int]:
    """Return the inner ids of the practitioners, by the ids that people see."""
    require(actor, Action.SEE_BOOK)
    rows = Practitioner.objects.filter(practice=actor.practice_id)
    return dict(rows.values_list("uuid", "pk"))
