"""Letting somebody in: a column in the book, a sign-in, or both."""

from __future__ import annotations

from django.db import transaction

from appointed.book.access import Actor, Role
from appointed.book.errors import Invalid
from appointed.book.services.practices import add_user
from appointed.book.services.practitioners import create_practitioner


@transaction.atomic
def add_person(
    actor: Actor, *, name: str, email: str, role: str, bookable: bool, colour: str
) -> None:
    """Add one person as the form describes him: all of it or nothing. Raises: `Invalid`."""
    if not bookable and not email:
        raise Invalid({"email": "Enter an e-mail address, or let the person see clients."})
    practitioner = None
    if bookable:
        made = create_practitioner(
            actor=actor, fields={"name": name, "email": email, "colour": colour}
        )
        practitioner = made.id
    if email:
        add_user(actor=actor, email=email, name=name, role=Role(role), practitioner=practitioner)
