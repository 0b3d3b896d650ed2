"""The identity of a pushed event: derived, never drawn anew (design.md, rule 2)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

KEY_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Item:
    """What one remote event stands for: an appointment of a practitioner, or a part of it.

    `original_start` is None for the whole appointment; otherwise the aware start of an
    occurrence as its rule gives it.
    """

    practitioner: UUID
    appointment: UUID
    original_start: datetime | None = None


def derive_key(installation: UUID, item: Item, generation: int, salt: int = 0) -> str:
    """Return the key of `item` in its `generation`: 32 characters of lower-case base32hex.

    It depends on no row id, so it is the same after a disconnect, a reconnect and a restore.
    """
    start = item.original_start
    parts = (
        str(installation),
        str(item.practitioner),
        str(item.appointment),
        "" if start is None else start.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"),
        str(generation),
        str(salt),
    )
    digest = hashlib.sha256("/".join(parts).encode()).digest()
    return base64.b32hexencode(digest).decode().lower()[:KEY_LENGTH]
