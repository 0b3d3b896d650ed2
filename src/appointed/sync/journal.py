"""The journal: every decision and its reason, without a text of anybody's."""

from __future__ import annotations

from appointed.sync.models import Connection, Entry, Link, Run


def note(
    *,
    step: str,
    why: str = "",
    result: str = "",
    connection: Connection | None = None,
    link: Link | None = None,
    run: Run | None = None,
) -> Entry:
    """Write one line; it commits with what it tells of."""
    return Entry.objects.create(
        step=step,
        why=why,
        result=result,
        connection=connection,
        appointment_id=None if link is None else link.appointment_id,
        run=run,
        version="" if link is None else link.version,
    )
