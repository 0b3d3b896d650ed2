"""What the pages say of a connection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from appointed.book.access import Actor
from appointed.sync.facts import ConnectionFacts, calendars_of
from appointed.web.words import CONNECTION_STATES, STATE_REASONS

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class StateLine:
    words: str
    icon: str
    tone: str
    reason: str
    since: datetime | None


def state_line(one: ConnectionFacts) -> StateLine:
    """Return where a connection stands, in words."""
    standing = one.standing
    words, icon, tone = CONNECTION_STATES.get(standing.state, (standing.state, "circle", ""))
    reason = STATE_REASONS.get(standing.reason, standing.reason)
    return StateLine(words, icon, tone, reason, standing.since)


def calendar_words(actor: Actor, one: ConnectionFacts) -> str:
    """Return what is done with the calendars: how many are read, which gets the bookings."""
    rows = calendars_of(actor, one.uuid)
    read = sum(row.pull or row.check_conflicts for row in rows)
    target = next((row.name for row in rows if row.push), "")
    return f"reads {read}" + (f", adds to {target}" if target else ", adds nothing")


def ago(moment: datetime, now: datetime | None = None) -> str:
    """Return how long ago something was, roughly."""
    seconds = max(0, int(((now or datetime.now(UTC)) - moment).total_seconds()))
    for size, word in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= size:
            return f"{seconds // size} {word} ago"
    return f"{seconds} s ago"


def oldest_success(connections: Iterable[ConnectionFacts]) -> datetime | None:
    """Return when the calendar that was asked longest ago answered."""
    found = [one.last_success for one in connections if one.last_success is not None]
    return min(found) if found else None
