"""What is in the way of a time: the book itself, and what the calendars say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from appointed.book.models import Occurrence
from appointed.book.selectors.appointments import taken_times
from appointed.core.clashes import Source, Taken, Wanted, find_clashes
from appointed.sync.selectors import ExternalBusy, external_busy


def clashes_with(times: Sequence[Wanted], *, without: int | None = None) -> tuple[Taken, ...]:
    """Return what overlaps the wanted times, but not the appointment `without` itself.

    Reliable only while the practitioners' rows are held. No network is asked.
    """
    if not times:
        return ()
    people = sorted({time.practitioner_id for time in times})
    start = min(time.blocked_start for time in times)
    end = max(time.blocked_end for time in times)
    return find_clashes(
        times, [*_book(people, start, end, without), *_external(people, start, end)]
    )


def _book(
    people: Sequence[int], start: datetime, end: datetime, without: int | None
) -> list[Taken]:
    taken = taken_times(practitioner_ids=people, start=start, end=end, without=without)
    return [_taken(row) for row in taken]


def _taken(row: Occurrence) -> Taken:
    return Taken(
        practitioner_id=row.practitioner_id,
        start=row.during.lower,
        end=row.during.upper,
        source=Source.BOOK,
        blocked_start=row.blocked.lower,
        blocked_end=row.blocked.upper,
    )


def _external(people: Sequence[int], start: datetime, end: datetime) -> list[Taken]:
    return [
        _outside(busy)
        for busy in external_busy(practitioner_ids=people, start=start, end=end)
        if busy.checked and busy.show == "busy"
    ]


def _outside(busy: ExternalBusy) -> Taken:
    return Taken(
        practitioner_id=busy.practitioner_id,
        start=busy.start,
        end=busy.end,
        source=Source.EXTERNAL,
        blocked_start=busy.start,
        blocked_end=busy.end,
        calendar=busy.calendar,
    )
