"""Values for tests of planning: contents, wishes, links in every state, events as read."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from appointed.core.events import NO_EVENT, Content, RemoteEvent, Stamp, Timed
from appointed.core.keys import Item, derive_key
from appointed.core.links import Link, LinkState
from appointed.core.steps import (
    Ask,
    Create,
    Hold,
    Note,
    Nothing,
    Policy,
    Remove,
    Signal,
    Stand,
    Step,
    Update,
)

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
P, Q = "calendar-p", "calendar-q"
ITEM = Item(UUID(int=1), UUID(int=2))
POLICY = Policy(installation=UUID(int=3))
KEY = derive_key(POLICY.installation, ITEM, 1)


def at(start: datetime, title: str = "Ann") -> Content:
    return Content(Timed(start, start + HOUR, "Europe/Berlin"), title)


BOOKED = at(NOW + DAY)
MOVED = at(NOW + 2 * DAY)
RETITLED = at(NOW + DAY, title="Bob")
STARTED = at(NOW - HOUR / 2)


def stand(content: Content = BOOKED, calendar_id: str = P) -> Stand:
    assert isinstance(content.when, Timed)
    return Stand(calendar_id, content, content.when.instants[0])


def link(state: LinkState = LinkState.LIVE, content: Content = BOOKED, **changes: Any) -> Link:
    """Return a link in `state` as it would have come there with `content` agreed."""
    made = Link(
        ITEM,
        KEY,
        target=P,
        calendar_id=P,
        state=state,
        remote_id="id-1",
        version="v1",
        agreed=content.stamp,
        shown=content.stamp,
        seen=True,
    )
    return replace(made, **{**_TYPICAL.get(state, {}), **changes})


_NOTHING_THERE: Mapping[str, Any] = {
    "remote_id": "",
    "version": "",
    "agreed": NO_EVENT,
    "shown": NO_EVENT,
    "seen": False,
}
_TYPICAL: Mapping[LinkState, Mapping[str, Any]] = {
    LinkState.PLANNED: _NOTHING_THERE,
    LinkState.SENDING: {**_NOTHING_THERE, "sending": BOOKED.stamp},
    LinkState.UPDATING: {"sending": MOVED.stamp},
    LinkState.MISSING: {"missing_since": NOW - HOUR},
    LinkState.GONE: {"agreed": NO_EVENT},
}


def drifted(state: LinkState = LinkState.LIVE, **changes: Any) -> Link:
    """Return a link whose event a person dragged to another time."""
    return link(state, shown=MOVED.stamp, moved_to=MOVED.when, version="v2", **changes)


def event(content: Content = BOOKED, version: str = "v2", **changes: Any) -> RemoteEvent:
    return replace(
        RemoteEvent("id-1", version, content, uid=KEY, key=KEY),
        **changes,
    )


def partly(stamp: Stamp, *without: str) -> Stamp:
    return Stamp(tuple((f, value) for f, value in stamp.fields if f not in without))


def said(step: Step) -> tuple[Any, ...]:
    """Return what a step says in short: its kind, the state it leads to, why, which fields."""
    match step:
        case Nothing(why):
            return (Nothing, why)
        case Note(link=None, why=why):
            return (Note, None, why)
        case Update(after, _, fields, why):
            return (Update, after.state, why, set(fields))
        case Note(after, why) | Create(after, _, why) | Remove(after, why) | Ask(after, why):
            return (type(step), after.state, why)
        case Hold(after) | Signal(after):
            return (type(step), after.state)
