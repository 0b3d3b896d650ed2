"""What is known of a link after an answer or a receipt (sync-algorithm.md 4, 6 and 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from appointed.core.events import (
    NO_EVENT,
    Content,
    RemoteEvent,
    Stamp,
)
from appointed.core.links import (
    RECREATIONS,
    Link,
    LinkState,
    seen_alive,
)
from appointed.core.steps import (
    Absent,
    Age,
    Alive,
    Answer,
    Hold,
    Note,
    OnDeletion,
    Policy,
    Signal,
    Stand,
    Step,
    Taken,
    Unclear,
    Vanished,
    Wanted,
    Why,
)


def settle(link: Link, answer: Answer) -> Link:
    """Return what is known of `link` once a question was answered, without a further step.

    A MISSING link that is verified gone keeps its state: `after_vanishing` says what follows.
    """
    match answer:
        case Unclear():
            return link
        case Alive(calendar_id, event):
            return _found(link, event, calendar_id)
        case Taken() if link.state is LinkState.SENDING:
            return _salted(link)
        case Taken():
            return _vanished(link, burnt=False)
        case Vanished(burnt):
            return _vanished(link, burnt=burnt)
        case _:
            assert_never(answer)


def after_vanishing(*, wanted: Wanted, link: Link, policy: Policy, now: datetime) -> Step:
    """Return what follows for a MISSING link whose event was just verified gone.

    A cancellation needs all of it: seen alive, still to come, nothing unsent in the book, the
    hold over. Else the event is made again, or let go silently.
    """
    gone = replace(link, state=LinkState.GONE, missing_since=None, held_until=None)
    match wanted:
        case Absent(why):
            return Note(replace(gone, agreed=NO_EVENT), why)
        case Age():
            return Note(gone, Why.BEFORE_ARREARS)
        case Stand(content=content, start=start):
            if not link.seen:
                return _recreate(link, content)
            if not is_as_agreed(wanted, link):
                return Note(put_back(link), Why.CHANGED)
            if start <= now or wanted.cancelled:
                return Note(gone, Why.DELETED_OUTSIDE)
            return _deleted(link, policy, now)
        case _:
            assert_never(wanted)


def is_as_agreed(wanted: Stand, link: Link) -> bool:
    """Say whether the event is, as far as we put it there, what the book wants."""
    same_place = wanted.calendar_id == link.target
    return same_place and not wanted.content.stamp.differing(link.agreed)


def _deleted(link: Link, policy: Policy, now: datetime) -> Step:
    if policy.on_deletion is OnDeletion.PUT_BACK:
        return Note(put_back(link), Why.DELETED_OUTSIDE)
    if link.held_until is None or link.held_until > now + policy.hold:
        since = link.missing_since or now
        return Hold(replace(link, missing_since=since, held_until=now + policy.hold))
    if now < link.held_until:
        return Hold(link)
    return Signal(link, policy.on_deletion)


def _recreate(link: Link, content: Content) -> Step:
    if link.recreations >= RECREATIONS:
        parked = replace(
            link, state=LinkState.PARKED, remote_id="", missing_since=None, refused=content.digest
        )
        return Note(parked, Why.NEVER_SEEN)
    again = replace(put_back(link), recreations=link.recreations + 1)
    return Note(again, Why.NEVER_SEEN)


def _salted(link: Link) -> Link:
    """Return `link` under another key: somebody else's event bears the one that we chose."""
    return replace(
        link, state=LinkState.PLANNED, salt=link.salt + 1, remote_id="", sending=NO_EVENT
    )


def _found(link: Link, event: RemoteEvent, calendar_id: str) -> Link:
    shown = event.content.stamp
    match link.state:
        case LinkState.SENDING:
            agreed = NO_EVENT.taking(link.sending, shown=shown)
            return _at_rest(replace(link, agreed=agreed), event, calendar_id)
        case LinkState.UPDATING if link.version and event.version == link.version:
            return _at_rest(not_sent(link, LinkState.LIVE), event, calendar_id)
        case LinkState.UPDATING:
            agreed = link.agreed.taking(link.sending, shown=shown)
            return _at_rest(replace(link, agreed=agreed), event, calendar_id)
        case LinkState.REMOVING:
            # the removal may still come: until a write of ours outdates it, nothing is agreed
            unsure = replace(link, agreed=NO_EVENT, seen=False)
            return _at_rest(unsure, event, calendar_id)
        case LinkState.DETACHED | LinkState.AGED:
            return _at_rest(link, event, calendar_id)
        case _:
            return seen_alive(link, event, calendar_id)


def _at_rest(link: Link, event: RemoteEvent, calendar_id: str) -> Link:
    resting = replace(link, state=LinkState.LIVE, sending=NO_EVENT)
    return seen_alive(resting, event, calendar_id)


def _vanished(link: Link, *, burnt: bool) -> Link:
    match link.state:
        case LinkState.SENDING if burnt:
            return put_back(link)
        case LinkState.SENDING:
            return replace(link, state=LinkState.PLANNED, remote_id="", sending=NO_EVENT)
        case LinkState.UPDATING | LinkState.LIVE | LinkState.CONTESTED | LinkState.AGED:
            return replace(link, state=LinkState.MISSING, sending=NO_EVENT)
        case LinkState.PARKED if link.remote_id:
            return replace(link, state=LinkState.MISSING)
        case LinkState.REMOVING | LinkState.DETACHED:
            gone = replace(link, state=LinkState.GONE, agreed=NO_EVENT, sending=NO_EVENT)
            return replace(gone, missing_since=None, held_until=None)
        case _:
            return link


# ── receipts ─────────────────────────────────────────────────────────────────────────────


def written(link: Link, *, remote_id: str, version: str, stamp: Stamp, adopted: bool) -> Link:
    """Return `link` after the receipt of a create or an update.

    A create is not *seen*: only a read shows an event alive. An adopted event is agreed upon
    as it stands, so that what the book says differently is written next.
    """
    creating = link.state is LinkState.SENDING
    agreed = stamp if adopted else link.sending
    return replace(
        link,
        state=LinkState.LIVE,
        remote_id=remote_id,
        version=version,
        agreed=agreed,
        shown=stamp,
        sending=NO_EVENT,
        moved_to=None,
        seen=link.seen and not creating,
    )


def removed(link: Link) -> Link:
    """Return `link` after the receipt of a removal."""
    return _vanished(replace(link, state=LinkState.REMOVING), burnt=False)


def refused(link: Link, content: Content | None) -> Link:
    """Return `link` after its provider refused this event for good: left until it changes.

    A removal that was refused is still wanted, and its link stays REMOVING.
    """
    if link.state is LinkState.REMOVING:
        return link
    digest = "" if content is None else content.digest
    return replace(link, state=LinkState.PARKED, sending=NO_EVENT, refused=digest)


def not_sent(link: Link, before: LinkState) -> Link:
    """Return `link` after a write that certainly changed nothing: as it was before."""
    reverts = link.reverts[:-1] if link.puts_back else link.reverts
    return replace(link, state=before, sending=NO_EVENT, reverts=reverts)


def put_back(link: Link) -> Link:
    """Return the link of the next generation: the item is to be made anew in its calendar."""
    return Link(
        item=link.item,
        key="",
        target=link.target,
        calendar_id=link.target,
        generation=link.generation + 1,
    )
