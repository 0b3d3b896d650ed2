"""Where the entries of a page stand in the calendars: one word each."""

from __future__ import annotations

from collections.abc import Iterable

from appointed.book.facts import AppointmentFacts
from appointed.sync.selectors import SyncState, sync_states

Marks = dict[tuple[int, int], SyncState]


def marks_of(entries: Iterable[AppointmentFacts]) -> Marks:
    """Return the state of each appointment and practitioner who has a calendar."""
    states = sync_states(sorted({entry.appointment_pk for entry in entries}))
    return {(pk, state.practitioner_id): state for pk, found in states.items() for state in found}
