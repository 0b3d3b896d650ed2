"""What to do with each pushed event: decisions from values to values (sync-algorithm.md 3-8).

`decide` looks at what the book wants and at the link and says the next step. Where the answer
needs a read first, the step is `Ask`; `settle` takes the read's answer and returns the link as
it is then known, and `decide` is asked again. No step is taken on absence alone.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from appointed.core.events import (
    NO_EVENT,
    Content,
    OwnedField,
)
from appointed.core.keys import (
    Item,
    derive_key,
)
from appointed.core.links import (
    REVERTS_A_DAY,
    Link,
    LinkState,
)
from appointed.core.settling import (
    is_as_agreed,
    put_back,
)
from appointed.core.steps import (
    Absent,
    Age,
    Ask,
    Create,
    Note,
    Nothing,
    Policy,
    Remove,
    Stand,
    Step,
    Update,
    Wanted,
    Why,
)

# ── deciding ─────────────────────────────────────────────────────────────────────────────


def decide(*, item: Item, wanted: Wanted, link: Link | None, policy: Policy, now: datetime) -> Step:
    """Return the next step for `item`.

    The book decides when an appointment takes place; the calendar may only say that it no
    longer does. Where nothing differs, the step is `Nothing`: planning twice changes nothing.
    """
    if link is None:
        return _first(item, wanted, policy)
    step = _next(wanted, link, policy, now)
    if isinstance(step, Update | Remove) and not link.version:
        return Ask(link, Why.NEVER_SEEN)  # every write names the version that it replaces
    return step


def _next(wanted: Wanted, link: Link, policy: Policy, now: datetime) -> Step:
    match link.state:
        case LinkState.SENDING | LinkState.UPDATING | LinkState.REMOVING:
            return Ask(link, Why.UNKNOWN_OUTCOME)
        case LinkState.DETACHED:
            return Ask(link, Why.FOUND_AGAIN)
        case LinkState.PLANNED:
            return _planned(wanted, link, policy)
        case LinkState.LIVE | LinkState.CONTESTED:
            return _live(wanted, link, now)
        case LinkState.MISSING:
            return _missing(wanted, link, policy, now)
        case LinkState.GONE:
            return _gone(wanted, link)
        case LinkState.AGED:
            return _aged(wanted, link)
        case LinkState.PARKED:
            return _parked(wanted, link, policy, now)
        case LinkState.RELEASED:
            return Nothing(Why.CONTESTED)
        case _:
            assert_never(link.state)


def _first(item: Item, wanted: Wanted, policy: Policy) -> Step:
    match wanted:
        case Stand(calendar_id, content):
            planned = Link(item, key="", target=calendar_id, calendar_id=calendar_id)
            return _create(planned, calendar_id, content, policy, Why.BOOKED)
        case Age():
            return Nothing(Why.BEFORE_ARREARS)
        case Absent(why):
            return Nothing(why)
        case _:
            assert_never(wanted)


def _create(link: Link, calendar_id: str, content: Content, policy: Policy, why: Why) -> Create:
    sending = replace(
        link,
        key=derive_key(policy.installation, link.item, link.generation, link.salt),
        state=LinkState.SENDING,
        target=calendar_id,
        calendar_id=calendar_id,
        sending=content.stamp,
        refused="",
    )
    return Create(sending, content, why)


def _update(link: Link, content: Content, fields: frozenset[OwnedField], why: Why) -> Update:
    updating = replace(link, state=LinkState.UPDATING, sending=content.stamp, refused="")
    return Update(updating, content, fields, why)


def _remove(link: Link, why: Why) -> Remove:
    removing = replace(link, state=LinkState.REMOVING, missing_since=None, held_until=None)
    return Remove(removing, why)


def _planned(wanted: Wanted, link: Link, policy: Policy) -> Step:
    match wanted:
        case Stand(calendar_id, content):
            return _create(link, calendar_id, content, policy, Why.BOOKED)
        case Age():
            return _forget(link, Why.BEFORE_ARREARS)
        case Absent(why):
            return _forget(link, why)
        case _:
            assert_never(wanted)


def _forget(link: Link, why: Why) -> Note:
    if link.generation == 1:
        return Note(None, why)
    return Note(replace(link, state=LinkState.GONE, agreed=NO_EVENT, remote_id=""), why)


def _live(wanted: Wanted, link: Link, now: datetime) -> Step:
    match wanted:
        case Absent(Why.BEYOND_ADVANCE as why, Content() as content) if (
            OwnedField.WHEN not in content.stamp.differing(link.agreed)
        ):
            return Nothing(why)
        case Age(content) if OwnedField.WHEN in content.stamp.differing(link.agreed):
            return _remove(link, Why.BEFORE_ARREARS)
        case Age():
            return Note(replace(link, state=LinkState.AGED), Why.BEFORE_ARREARS)
        case Absent(why):
            return _remove(link, why)
        case Stand(calendar_id) if calendar_id != link.target:
            return _remove(link, Why.ANOTHER_CALENDAR)
        case Stand(content=content):
            return _in_step(content, link, now)
        case _:
            assert_never(wanted)


def _in_step(content: Content, link: Link, now: datetime) -> Step:
    changed = content.stamp.differing(link.agreed)
    when = frozenset({OwnedField.WHEN})
    if changed:
        return _update(link, content, changed | when if link.has_drifted else changed, Why.CHANGED)
    if not link.has_drifted:
        return Nothing(Why.IN_STEP)
    if link.state is LinkState.CONTESTED:
        return Nothing(Why.CONTESTED)
    if link.reverts_since(now) >= REVERTS_A_DAY:
        return Note(replace(link, state=LinkState.CONTESTED), Why.CONTESTED)
    reverted = replace(link, reverts=(*link.reverts[-REVERTS_A_DAY:], now))
    return _update(reverted, content, when, Why.MOVED_OUTSIDE)


def _missing(wanted: Wanted, link: Link, policy: Policy, now: datetime) -> Step:
    held = link.held_until is not None and now < link.held_until <= now + policy.hold
    if held and isinstance(wanted, Stand) and is_as_agreed(wanted, link):
        return Nothing(Why.DELETED_OUTSIDE)
    return Ask(link, Why.DELETED_OUTSIDE)


def _gone(wanted: Wanted, link: Link) -> Step:
    match wanted:
        case Stand(content=content) if content.stamp.differing(link.agreed):
            return Note(put_back(link), Why.BOOKED)
        case Stand():
            return Nothing(Why.DELETED_OUTSIDE)
        case Absent(why) if link.agreed:
            return Note(replace(link, agreed=NO_EVENT), why)
        case Absent(why):
            return Nothing(why)
        case Age():
            return Nothing(Why.BEFORE_ARREARS)
        case _:
            assert_never(wanted)


def _aged(wanted: Wanted, link: Link) -> Step:
    match wanted:
        case Age():
            return Nothing(Why.BEFORE_ARREARS)
        case Absent(why=Why.CANCELLED | Why.EXCLUDED | Why.HANDED_OVER as why):
            return Nothing(why)
        case Absent() | Stand():
            return Ask(link, Why.FOUND_AGAIN)
        case _:
            assert_never(wanted)


def _parked(wanted: Wanted, link: Link, policy: Policy, now: datetime) -> Step:
    match wanted:
        case Stand(calendar_id, content) if content.digest == link.refused:
            if calendar_id == link.target:
                return Nothing(Why.REFUSED)
    if not link.remote_id:
        return (
            Nothing(Why.BEFORE_ARREARS)
            if isinstance(wanted, Age)
            else _planned(wanted, link, policy)
        )
    standing = replace(link, state=LinkState.LIVE, refused="")
    step = _live(wanted, standing, now)
    return Note(standing, step.why) if isinstance(step, Nothing) else step
