"""The way in before anybody can sign in: the set-up code, and links to choose a password by."""

from __future__ import annotations

import base64
import hmac
from uuid import UUID

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator

from appointed.book.models import User

PURPOSE = b"appointed set-up code"
GROUP, GROUPS = 4, 3


def is_fresh() -> bool:
    """Say whether nobody can sign in yet: then the first page makes the first owner."""
    return not User.objects.exists()


def setup_code() -> str:
    """Return the code that the first page asks for: who knows it reads this machine's log.

    It follows from the installation's secret, so every process tells the same one.
    """
    digest = hmac.digest(settings.SECRET_KEY.encode(), PURPOSE, "sha256")
    text = base64.b32encode(digest).decode()[: GROUP * GROUPS]
    return "-".join(text[n : n + GROUP] for n in range(0, len(text), GROUP))


def is_setup_code(typed: str) -> bool:
    """Say whether somebody typed the set-up code; case, spaces and dashes do not matter."""
    plain = "".join(typed.split()).replace("-", "").upper()
    return hmac.compare_digest(plain.encode(), setup_code().replace("-", "").encode())


def setup_token(user: UUID) -> str:
    """Return what proves, once and for three days, that its bearer may choose this password."""
    return default_token_generator.make_token(User.objects.get(uuid=user))


def user_of_token(user: UUID, token: str) -> User | None:
    """Return who may choose a password by this token; none where it was used or is too old."""
    row = User.objects.filter(uuid=user, is_active=True).first()
    return row if row and default_token_generator.check_token(row, token) else None


def has_password(user: UUID) -> bool:
    """Say whether this user can sign in by a password."""
    return User.objects.get(uuid=user).has_usable_password()
