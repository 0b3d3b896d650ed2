"""What to do with each pushed event: decisions from values to values (sync-algorithm.md 3-8).

`decide` looks at what the book wants and at the link and says the next step. Where the answer
needs a read first, the step is `Ask`; `settle` takes the read's answer and returns the link as
it is then known, and `decide` is asked again. No step is taken on absence alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from appointed.core.events import NO_EVENT, Content, OwnedField, RemoteEvent, Stamp, Timed
from appointed.core.keys import Item, derive_key
from appointed.core.links import RECREATIONS, REVERTS_A_DAY, Link, LinkState, seen_alive

# ── what the book wants ──────────────────────────────────────────────────────────────────


class Why(StrEnum):
    """Why an item has no event of ours, or why a step is taken: the journal's words."""

    BOOKED = "booked"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    EXCLUDED = "excluded"
    BEYOND_ADVANCE = "beyond_advance"
    BEFORE_ARREARS = "before_arrears"
    HANDED_OVER = "handed_over"
    NO_PUSH = "no_push"
    MOVED_OUTSIDE = "moved_outside"
    DELETED_OUTSIDE = "deleted_outside"
    FOUND_AGAIN = "found_again"
    ANOTHER_CALENDAR = "another_calendar"
    NEVER_SEEN = "never_seen"
    REFUSED = "refused"
    CONTESTED = "contested"
    IN_STEP = "in_step"
    UNKNOWN_OUTCOME = "unknown_outcome"


@dataclass(frozen=True, slots=True)
class Stand:
    """The item shall stand in `calendar_id` as `content` (normalised by its provider)."""

    calendar_id: str
    content: Content
    start: datetime
    """When it begins, in UTC: a deletion of what has begun cancels nothing."""


@dataclass(frozen=True, slots=True)
class Age:
    """The item lies before the arrears edge: nothing is written, nothing is signalled.

    Only an event that the book itself moved back there is removed: its old time is wrong.
    """

    content: Content


@dataclass(frozen=True, slots=True)
class Absent:
    """The item shall not stand in any calendar, and why."""

    why: Why


Wanted = Stand | Age | Absent


class OnDeletion(StrEnum):
    """What an outside deletion of a future appointment means (setting `external_deletion`)."""

    CANCEL = "cancel"
    ASK = "ask"
    PUT_BACK = "put_back"


@dataclass(frozen=True, slots=True)
class Policy:
    """What decisions hang on: the installation (for keys) and settings of a connection."""

    installation: UUID
    on_deletion: OnDeletion = OnDeletion.CANCEL
    hold: timedelta = timedelta(seconds=120)


# ── what comes next ──────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Nothing:
    """No step, and why."""

    why: Why


@dataclass(frozen=True, slots=True)
class Note:
    """Only our own records change: `link` is what is known from now on (None: forgotten)."""

    link: Link | None
    why: Why


@dataclass(frozen=True, slots=True)
class Create:
    """Make the event of `link` (state SENDING, to be committed first)."""

    link: Link
    content: Content
    why: Why


@dataclass(frozen=True, slots=True)
class Update:
    """Write `fields` of the event of `link` (state UPDATING, to be committed first)."""

    link: Link
    content: Content
    fields: frozenset[OwnedField]
    why: Why


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete the event of `link` (state REMOVING, to be committed first)."""

    link: Link
    why: Why


@dataclass(frozen=True, slots=True)
class Ask:
    """Read the event by its id, and where it is gone by its key, then `settle`."""

    link: Link
    why: Why


@dataclass(frozen=True, slots=True)
class Hold:
    """A verified deletion waits until `link.held_until`, so that a slip can be undone."""

    link: Link


@dataclass(frozen=True, slots=True)
class Signal:
    """A person deleted our event, verified twice: the book decides what that means.

    Cancelled: `removed(link)` is remembered in the same transaction. Declined: `put_back(link)`.
    """

    link: Link
    on_deletion: OnDeletion


Step = Nothing | Note | Create | Update | Remove | Ask | Hold | Signal


# ── answers to Ask ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Alive:
    """Our event stands in `calendar_id`."""

    calendar_id: str
    event: RemoteEvent


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody else's event stands where our key would have to: another key is needed."""


@dataclass(frozen=True, slots=True)
class Vanished:
    """The event is gone: read by its id, searched by its key, while its calendar answers.

    `burnt` says that its identity may never be used again at this provider.
    """

    burnt: bool = False


@dataclass(frozen=True, slots=True)
class Unclear:
    """The question could not be answered: everything stays as it is."""


Answer = Alive | Taken | Vanished | Unclear


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
            if not _is_as_agreed(wanted, link):
                return Note(put_back(link), Why.CHANGED)
            if start <= now:
                return Note(gone, Why.DELETED_OUTSIDE)
            return _deleted(link, policy, now)
        case _:
            assert_never(wanted)


def _is_as_agreed(wanted: Stand, link: Link) -> bool:
    same_place = wanted.calendar_id == link.target
    return same_place and not wanted.content.stamp.differing(link.agreed)


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
    if held and isinstance(wanted, Stand) and _is_as_agreed(wanted, link):
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


# ── a plan over many items ───────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps that would make the calendars agree with the book, in the order of their writing."""

    steps: tuple[Step, ...] = ()

    @property
    def writes(self) -> tuple[Create | Update | Remove, ...]:
        """Return the steps that write to a calendar."""
        return tuple(s for s in self.steps if isinstance(s, Create | Update | Remove))


def plan_push(
    *,
    book: Mapping[Item, Wanted],
    links: Mapping[Item, Link],
    policy: Policy,
    now: datetime,
) -> Plan:
    """Return the steps for every item of the book or of the links; those without are left out.

    An event that is neither in the book nor linked belongs to somebody else and appears in no
    plan. Removals come first, then what starts soonest.
    """
    items: Iterable[Item] = book.keys() | links.keys()
    steps = (
        decide(
            item=item,
            wanted=book.get(item, Absent(Why.CANCELLED)),
            link=links.get(item),
            policy=policy,
            now=now,
        )
        for item in items
    )
    return Plan(tuple(sorted((s for s in steps if not isinstance(s, Nothing)), key=_order)))


def _order(step: Step) -> tuple[int, str, str]:
    match step:
        case Remove(link):
            return (0, "", link.key)
        case Create(link, content) | Update(link, content):
            return (1, _start_text(content), str(link.item.appointment))
        case _:
            return (2, "", "")


def _start_text(content: Content) -> str:
    when = content.when
    start = when.instants[0] if isinstance(when, Timed) else when.start
    return start.isoformat()
