"""Rows of the engine ↔ values of the core."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from appointed.core.events import AllDay, OwnedField, RemoteEvent, Span, Stamp, Timed, When
from appointed.core.keys import Item
from appointed.core.links import Link, LinkState
from appointed.sync import models


def link_of(row: models.Link) -> Link:
    """Return the link that a row holds; its calendars are named by their row ids."""
    return Link(
        item=item_of(row),
        key=row.key or "",
        target=str(row.target_id),
        calendar_id=str(row.calendar_id),
        state=LinkState(row.state),
        generation=row.generation,
        salt=row.salt,
        remote_id=row.remote_id,
        version=row.version,
        agreed=_stamp(row.agreed),
        sending=_stamp(row.sending),
        shown=_stamp(row.shown),
        moved_to=when_of(row.moved_to),
        seen=row.seen,
        missing_since=row.missing_since,
        held_until=row.held_until,
        reverts=tuple(row.reverts),
        recreations=row.recreations,
        refused=row.refused,
    )


def item_of(row: models.Link) -> Item:
    """Return what a link's row stands for; wants `practitioner` and `appointment` loaded."""
    return Item(row.practitioner.uuid, row.appointment.uuid, row.original_start)


def fill(row: models.Link, link: Link) -> models.Link:
    """Set the row's columns to the link's values; who it stands for is left as it is."""
    row.key = link.key or None
    row.target_id = int(link.target)
    row.calendar_id = int(link.calendar_id)
    row.state = link.state
    row.generation = link.generation
    row.salt = link.salt
    row.remote_id = link.remote_id
    row.version = link.version
    row.agreed = _stored(link.agreed)
    row.sending = _stored(link.sending)
    row.shown = _stored(link.shown)
    row.moved_to = stored_when(link.moved_to)
    row.seen = link.seen
    row.missing_since = link.missing_since
    row.held_until = link.held_until
    row.reverts = list(link.reverts)
    row.recreations = link.recreations
    row.refused = link.refused
    return row


LINK_COLUMNS = (
    "key", "target", "calendar", "state", "generation", "salt", "remote_id", "version", "agreed",
    "sending", "shown", "moved_to", "seen", "missing_since", "held_until", "reverts",
    "recreations", "refused", "why", "problem", "due_at", "attempts", "changed_at",
)  # fmt: skip
"""The columns that `fill` and its callers may change."""


def busy_rows(
    calendar: models.ExternalCalendar, event: RemoteEvent, *, key: str = ""
) -> list[models.BusyTime]:
    """Return the rows of a foreign event: its times and how they show, nothing else of it.

    `key` is the key of ours that it bears, if it bears one.
    """
    spans = [span for span in event.spans if span.start < span.end]
    return [_busy_row(calendar, event, span, key) for span in spans]


def stored_when(when: When | None) -> dict[str, Any] | None:
    """Return a time as JSON values."""
    match when:
        case None:
            return None
        case Timed(start, end, zone):
            return {"start": start.isoformat(), "end": end.isoformat(), "zone": zone}
        case AllDay(start, end):
            return {"first_day": start.isoformat(), "end_day": end.isoformat()}


def when_of(stored: dict[str, Any] | None) -> When | None:
    """Return the time that `stored_when` stored."""
    if stored is None:
        return None
    if "first_day" in stored:
        return AllDay(
            date.fromisoformat(stored["first_day"]), date.fromisoformat(stored["end_day"])
        )
    return Timed(
        datetime.fromisoformat(stored["start"]),
        datetime.fromisoformat(stored["end"]),
        stored["zone"],
    )


def _busy_row(
    calendar: models.ExternalCalendar, event: RemoteEvent, span: Span, key: str
) -> models.BusyTime:
    first, end = span.days or (None, None)
    return models.BusyTime(
        calendar=calendar,
        remote_id=event.remote_id,
        version=event.version,
        original_start=span.original_start,
        during=(span.start.astimezone(UTC), span.end.astimezone(UTC)),
        first_day=first,
        end_day=end,
        show_as=event.show_as,
        private=event.private,
        readable=event.readable,
        key=key,
    )


def _stamp(stored: dict[str, str]) -> Stamp:
    return Stamp(tuple(sorted((OwnedField(f), value) for f, value in stored.items())))


def _stored(stamp: Stamp) -> dict[str, str]:
    return {str(field): value for field, value in stamp.fields}
