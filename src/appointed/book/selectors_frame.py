"""Who is signed in, and the practice whose pages he sees."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from appointed.book.access import Actor, Role
from appointed.book.models import Membership, Practice, User


@dataclass(frozen=True, slots=True)
class PracticeFacts:
    """What every page needs to know of a practice."""

    id: int
    uuid: UUID
    name: str
    slug: str
    country: str
    time_zone: str
    language: str
    client_word: str
    week_start: int
    time_format: str
    practitioners_book_for_others: bool
    version: int


def actor_for_user(user_id: int) -> Actor | None:
    """Return what this user may do in his practice, or nothing where he belongs to none."""
    membership = (
        Membership.objects.select_related("practice", "user")
        .filter(user=user_id, user__is_active=True)
        .order_by("id")
        .first()
    )
    if membership is None:
        return None
    return Actor(
        practice_id=membership.practice_id,
        role=Role(membership.role),
        name=membership.user.name,
        practitioner_id=membership.practitioner_id,
        user_id=membership.user_id,
        books_for_others=membership.practice.practitioners_book_for_others,
    )


def practice_facts(practice_id: int) -> PracticeFacts:
    """Return the facts of a practice that exists."""
    practice = Practice.objects.get(pk=practice_id)
    return PracticeFacts(
        id=practice.pk,
        uuid=practice.uuid,
        name=practice.name,
        slug=practice.slug,
        country=practice.country,
        time_zone=practice.time_zone,
        language=practice.language,
        client_word=practice.client_word,
        week_start=practice.week_start,
        time_format=practice.time_format,
        practitioners_book_for_others=practice.practitioners_book_for_others,
        version=practice.version,
    )


def nobody_is_set_up() -> bool:
    """Say whether this installation still waits for its first owner."""
    return not User.objects.exists()
