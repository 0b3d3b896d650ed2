"""What the engine found outside and the book has to decide: handed over by the worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DeletedOutside:
    """A practitioner deleted our event, verified twice. Row ids; instants in UTC."""

    appointment_id: int
    practitioner_id: int
    connection_id: int
    evidence: str
    """How we know: which reads, when; no text of anybody's."""
    found_at: datetime
    tell_client: bool


ApplySignal = Callable[[DeletedOutside], None]
"""Applies a signal inside the transaction that is open; doing it twice changes nothing more."""
