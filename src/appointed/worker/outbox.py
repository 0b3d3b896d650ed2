"""Mails that are due, one after the other."""

from __future__ import annotations

OUTBOX_SECONDS = 1.0


def empty_outbox() -> None:
    """Send what is due."""
