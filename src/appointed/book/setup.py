"""The first visit: the set-up code that the page asks for, and links that set a password."""

from __future__ import annotations

import base64
import hashlib
import hmac
from uuid import UUID

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.db import connection, transaction

from appointed.book.errors import Invalid, Missing, Refused
from appointed.book.models import User
from appointed.book.services.practices import PracticeFields, create_owner, set_password

CODE_LENGTH = 12
ADVISORY_LOCK = 0x5E70


def setup_is_open() -> bool:
    """Say whether nobody has been set up yet."""
    return not User.objects.exists()


def setup_code() -> str:
    """Return the code that proves to be the one who runs this server; it follows from its key."""
    digest = hmac.digest(settings.SECRET_KEY.encode(), b"appointed set-up code", hashlib.sha256)
    code = base64.b32encode(digest).decode()[:CODE_LENGTH]
    return "-".join(code[place : place + 4] for place in range(0, CODE_LENGTH, 4))


def is_setup_code(code: str) -> bool:
    """Say whether `code` is the set-up code, however it was typed."""
    typed = "".join(code.upper().replace("-", " ").split())
    return hmac.compare_digest(typed.encode(), setup_code().replace("-", "").encode())


@transaction.atomic
def set_up(
    *, code: str, name: str, email: str, password: str, practice_name: str, practice: PracticeFields
) -> UUID:
    """Make the first owner and his practice; of two who try at once one is first.

    Raises: `Invalid` (A101 for a wrong code).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
    if not setup_is_open():
        raise Invalid({"code": "This server is set up already. Sign in."})
    if not is_setup_code(code):
        raise Invalid(
            {
                "code": "That set-up code is not the one in the server log. "
                "Run `appointed setup-code` to see it again."
            }
        )
    return create_owner(
        email=email, password=password, practice_name=practice_name, name=name, practice=practice
    )


def setup_link(user: UUID) -> str:
    """Return the path of a page where this user sets his first password, once, within days.

    Raises: `Refused` for who signs in already or belongs to several practices: whoever holds
    the link becomes him.
    """
    row = User.objects.get(uuid=user)
    if row.has_usable_password():
        raise Refused("This person has a password already.")
    if row.memberships.count() > 1:
        raise Refused("Several practices let this person in. Ask who runs this server.")
    return f"/set-up/{row.uuid}/{default_token_generator.make_token(row)}"


def user_of_link(user: UUID, token: str) -> UUID | None:
    """Return the user if the link is good, else nothing."""
    row = User.objects.filter(uuid=user, is_active=True).first()
    if row is None or not default_token_generator.check_token(row, token):
        return None
    return row.uuid


@transaction.atomic
def use_setup_link(*, user: UUID, token: str, password: str) -> None:
    """Set the password; the link is spent then. Raises: `Missing`, `Invalid`."""
    row = User.objects.select_for_update().filter(uuid=user, is_active=True).first()
    if row is None or not default_token_generator.check_token(row, token):
        raise Missing("link")
    set_password(row, password)
