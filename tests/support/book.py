"""A small practice for tests: Pat and Quinn work there, Ann is a client."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from appointed.book.access import Actor, Role
from appointed.book.facts import AppointmentFacts, ClientFacts, PractitionerFacts, ServiceFacts
from appointed.book.models import Membership, Practice, Practitioner, User
from appointed.book.services.catalogue import create_service
from appointed.book.services.clients import create_client
from appointed.book.services.practices import add_user, create_api_key
from appointed.book.services.practitioners import create_practitioner
from appointed.scheduling.appointments import book_appointment

ZONE = "Europe/Berlin"
NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class House:
    """A practice and who is in it."""

    practice: Practice
    owner: Actor
    pat: PractitionerFacts
    quinn: PractitionerFacts
    ann: ClientFacts
    massage: ServiceFacts

    def actor(self, role: Role) -> Actor:
        """Return somebody of this role; a practitioner is Pat."""
        pat = pk_of(self.pat.id) if role is Role.PRACTITIONER else None
        return Actor(self.practice.pk, role, role.value, practitioner_id=pat)

    def key(self, role: Role = Role.MANAGER) -> str:
        """Return a new key of this role; a practitioner's is Pat's."""
        pat = self.pat.id if role is Role.PRACTITIONER else None
        return create_api_key(
            practice_id=self.practice.pk, name=role.value, role=role, practitioner=pat
        )

    def user(self, role: Role, email: str) -> User:
        """Return a new user of this role; a practitioner is Pat."""
        pat = self.pat.id if role is Role.PRACTITIONER else None
        uuid = add_user(actor=self.owner, email=email, name="Dee", role=role, practitioner=pat)
        return User.objects.get(uuid=uuid)

    def book(
        self,
        start: datetime = NINE,
        minutes: int = 60,
        *,
        actor: Actor | None = None,
        allow_clash: bool = False,
        tell: bool = False,
        **wish: Any,
    ) -> AppointmentFacts:
        """Book Ann with Pat unless said otherwise."""
        wanted: dict[str, Any] = {
            "kind": "client",
            "practitioners": [self.pat.id],
            "client": self.ann.id,
            "start": start,
            "end": start + timedelta(minutes=minutes),
            **wish,
        }
        return book_appointment(
            actor=actor or self.owner,
            wish=wanted,  # type: ignore[arg-type]  # a test says it in its own words
            allow_clash=allow_clash,
            tell=tell,
        )


def make_house(name: str = "North") -> House:
    """Make a practice; two of different names are strangers."""
    practice = Practice.objects.create(name=name, slug=name.lower(), time_zone=ZONE)
    owner = Actor(practice.pk, Role.OWNER, "Olga")
    return House(
        practice=practice,
        owner=owner,
        pat=create_practitioner(actor=owner, fields={"name": "Pat"}),
        quinn=create_practitioner(actor=owner, fields={"name": "Quinn"}),
        ann=create_client(
            actor=owner,
            fields={"name": "Ann Ámos", "email": "ann@example.org", "phone": "+49 30 1234"},
        ),
        massage=create_service(actor=owner, fields={"name": "Massage", "minutes": 45}),
    )


def pk_of(practitioner: UUID) -> int:
    """Return a practitioner's inner id."""
    return Practitioner.objects.values_list("pk", flat=True).get(uuid=practitioner)


def membership_of(user: User) -> Membership:
    """Return a user's only membership."""
    return Membership.objects.get(user=user)
