"""Which rows of the catalogue are due now, and why the others are left for later."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

CATALOGUE = Path(__file__).parent.parent / "shared" / "scenarios.md"
PASSED = Path(__file__).parent / "passed.txt"
GROUPS = "ABCDEIJM"
ROW = re.compile(r"^\| ([A-Z]\d\d) \| (\d) \| ([^|]+) \|", re.MULTILINE)
HERE = {"all", "C", "I"}
"""The columns that a provider of now can answer for."""

SERIES = "series come with an issue of their own"
REVIEW = "the breaker and its review come next"
REBIND = "rebinding comes later"

LATER = {
    "D04": "what Pat answered to an invitation is not read yet: declined ones count as busy",
    "E14": SERIES,
    "E15": SERIES,
    "E18": REVIEW,
    "J14": REBIND,
    "M08": "no provider of now has access tokens that expire",
}
"""Rows of these groups that are owed, and why."""


def due_rows() -> dict[str, str]:
    """Return the prio-1 rows of the groups of now that a provider of now can show."""
    found: Iterable[tuple[str, str, str]] = ROW.findall(CATALOGUE.read_text())
    return {
        row: providers.strip()
        for row, prio, providers in found
        if prio == "1" and row[0] in GROUPS and HERE & set(providers.split())
    }


def passed_before() -> set[tuple[str, str]]:
    """Return the rows that were passed, each with its provider."""
    lines = (line.split() for line in PASSED.read_text().splitlines())
    return {(row, provider) for row, *providers in lines for provider in providers}
