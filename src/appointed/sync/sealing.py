"""Credentials and titles at rest: encrypted with the installation's keys, newest first."""

from __future__ import annotations

import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotUnseal(Exception):
    """What was sealed cannot be opened with the keys of this installation."""


def seal(value: dict[str, Any]) -> str:
    """Return `value` encrypted."""
    return _box().encrypt(json.dumps(value).encode()).decode()


def unseal(sealed: str) -> dict[str, Any]:
    """Return what was sealed.

    Raises: `CannotUnseal`.
    """
    try:
        opened: dict[str, Any] = json.loads(_box().decrypt(sealed.encode()))
    except InvalidToken:
        raise CannotUnseal(
            "The stored credentials were encrypted with another key. Set "
            "APPOINTED_ENCRYPTION_KEYS to the key they were written with."
        ) from None
    return opened


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.APPOINTED_ENCRYPTION_KEYS])
