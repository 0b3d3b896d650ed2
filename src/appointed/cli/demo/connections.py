"""The practitioners' connections to their calendars, made as a person would make them."""

from __future__ import annotations

from collections.abc import Sequence

from appointed.cli.demo.practice import DemoPractice
from appointed_standins.phone.configuration import Person

HOLD_SECONDS = 20
"""How long a deletion is held, so that a visitor sees its end."""


def connect_everybody(practice: DemoPractice, people: Sequence[Person]) -> None:
    """Connect whoever is not connected yet, and confirm the first plan."""
