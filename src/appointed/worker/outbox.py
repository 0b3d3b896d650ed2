"""Mails that are due, one after the other."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone

from appointed.notices.outbox import outbox_of_installation

OUTBOX_SECONDS = 1.0


def empty_outbox(after_each: Callable[[], None]) -> None:
    """Send what is due, telling after each mail that it gets on."""
    outbox_of_installation().send_due(now=timezone.now(), after_each=after_each)
