"""How an agreed appointment is put into rows; whoever calls holds its practitioners' rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from appointed.book.errors import Clash
from appointed.book.models import Appointment, AppointmentPractitioner, Occurrence
from appointed.core.clashes import Source, Wanted
from appointed.scheduling.clashes import clashes_with
from appointed.scheduling.wishes import Agreed


def refuse_clashes(
    agreed: Agreed, *, allow_clash: bool, without: int | None = None
) -> frozenset[int]:
    """Return the practitioners who are knowingly overbooked in the book by this.

    Raises: `Clash` unless that is allowed.
    """
    clashes = clashes_with(agreed.times(), without=without)
    if clashes and not allow_clash:
        raise Clash(clashes)
    return frozenset(clash.practitioner_id for clash in clashes if clash.source is Source.BOOK)


def write_times(row: Appointment, agreed: Agreed, *, overbooked: Iterable[int]) -> None:
    """Make the occurrences those that were agreed, active; who no longer takes part loses his."""
    knowingly = frozenset(overbooked)
    leaving = row.occurrences.exclude(practitioner__in=agreed.practitioner_ids)
    leaving.delete()
    row.parts.exclude(practitioner__in=agreed.practitioner_ids).delete()
    for time in agreed.times():
        AppointmentPractitioner.objects.get_or_create(
            appointment=row, practitioner_id=time.practitioner_id
        )
        Occurrence.objects.update_or_create(
            appointment=row,
            practitioner_id=time.practitioner_id,
            original_start=None,
            defaults=_columns(time, overbooked=time.practitioner_id in knowingly),
        )


def _columns(time: Wanted, *, overbooked: bool) -> dict[str, Any]:
    return {
        "during": (time.start, time.end),
        "blocked": (time.blocked_start, time.blocked_end),
        "active": True,
        "overbooked": overbooked,
    }
