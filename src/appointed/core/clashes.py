"""Clashes: where a wanted time overlaps what is taken already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Source(StrEnum):
    """Where a taken time is known from."""

    BOOK = "book"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A time wanted of a practitioner: `blocked_…` is it with its buffers around it."""

    practitioner_id: int
    start: datetime
    end: datetime
    blocked_start: datetime
    blocked_end: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """A time at which a practitioner is not free: `start`, `end` are shown to people.

    What it really blocks may be more (buffers of the book).
    """

    practitioner_id: int
    start: datetime
    end: datetime
    source: Source
    blocked_start: datetime
    blocked_end: datetime
    calendar: str = ""


def want(
    practitioner_id: int,
    start: datetime,
    *,
    end: datetime,
    buffer_before: int = 0,
    buffer_after: int = 0,
) -> Wanted:
    """Return the wanted time with its buffers, given in minutes."""
    return Wanted(
        practitioner_id,
        start,
        end,
        start - timedelta(minutes=buffer_before),
        end + timedelta(minutes=buffer_after),
    )


def find_clashes(wanted: Iterable[Wanted], taken: Iterable[Taken]) -> tuple[Taken, ...]:
    """Return what is taken of the same practitioner and overlaps, by start, each once.

    Ranges are half-open: times that only touch do not clash, and a time without length never
    does.
    """
    times = tuple(wanted)
    found = {thing for thing in taken if any(_overlap(time, thing) for time in times)}
    return tuple(
        sorted(found, key=lambda t: (t.start, t.end, t.source, t.practitioner_id, t.calendar))
    )


def _overlap(wanted: Wanted, taken: Taken) -> bool:
    return (
        wanted.practitioner_id == taken.practitioner_id
        and wanted.blocked_start < wanted.blocked_end
        and taken.blocked_start < taken.blocked_end
        and wanted.blocked_start < taken.blocked_end
        and taken.blocked_start < wanted.blocked_end
    )
