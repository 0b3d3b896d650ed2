"""Who signs in at a memory server, and what a calendar allows them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Rights(IntEnum):
    """What an account may do with a calendar; each includes the ones before it."""

    NONE = 0
    FREE_BUSY = 1
    READ = 2
    WRITE = 3


@dataclass(frozen=True, slots=True)
class Grant:
    """An account and whether its sign-in still counts."""

    subject: str
    valid: bool = True
