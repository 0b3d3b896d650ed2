"""`decide`, one row a case: every state of a link × what the book wants."""

from datetime import timedelta

import pytest

from appointed.core.events import NO_EVENT, OwnedField
from appointed.core.keys import derive_key
from appointed.core.links import REVERTS_A_DAY, LinkState
from appointed.core.planning import decide
from appointed.core.steps import (
    Absent,
    Age,
    Ask,
    Create,
    Note,
    Nothing,
    Remove,
    Update,
    Why,
)
from support.pushed import (
    BOOKED,
    DAY,
    HOUR,
    ITEM,
    MOVED,
    NOW,
    POLICY,
    RETITLED,
    STARTED,
    P,
    Q,
    drifted,
    link,
    said,
    stand,
)

S = LinkState
WHEN = OwnedField.WHEN
CANCELLED = Absent(Why.CANCELLED)
BEYOND = Absent(Why.BEYOND_ADVANCE)
AGED = Age(BOOKED)
FOUGHT = tuple(NOW - HOUR * n for n in range(1, REVERTS_A_DAY + 1))
FOUGHT_LONG_AGO = tuple(at - DAY for at in FOUGHT)
HELD = {"held_until": NOW + timedelta(seconds=60)}
REFUSED = {"refused": BOOKED.digest}
NOWHERE = {"remote_id": "", "agreed": NO_EVENT, "shown": NO_EVENT, "seen": False}

TABLE = {
    # ── nothing known ──
    "no link, booked": (None, stand(), (Create, S.SENDING, Why.BOOKED)),
    "no link, past": (None, AGED, (Nothing, Why.BEFORE_ARREARS)),
    "no link, cancelled": (None, CANCELLED, (Nothing, Why.CANCELLED)),
    # ── planned: nothing was sent in this generation ──
    "planned, booked": (link(S.PLANNED), stand(), (Create, S.SENDING, Why.BOOKED)),
    "planned, moved": (link(S.PLANNED), stand(MOVED), (Create, S.SENDING, Why.BOOKED)),
    "planned, cancelled": (link(S.PLANNED), CANCELLED, (Note, None, Why.CANCELLED)),
    "planned, past": (link(S.PLANNED), AGED, (Note, None, Why.BEFORE_ARREARS)),
    "planned again, cancelled": (
        link(S.PLANNED, generation=2),
        CANCELLED,
        (Note, S.GONE, Why.CANCELLED),
    ),
    # ── an answer is owed: always ask first ──
    "sending, booked": (link(S.SENDING), stand(), (Ask, S.SENDING, Why.UNKNOWN_OUTCOME)),
    "sending, cancelled": (link(S.SENDING), CANCELLED, (Ask, S.SENDING, Why.UNKNOWN_OUTCOME)),
    "sending, past": (link(S.SENDING), AGED, (Ask, S.SENDING, Why.UNKNOWN_OUTCOME)),
    "updating, booked": (link(S.UPDATING), stand(), (Ask, S.UPDATING, Why.UNKNOWN_OUTCOME)),
    "updating, cancelled": (link(S.UPDATING), CANCELLED, (Ask, S.UPDATING, Why.UNKNOWN_OUTCOME)),
    "updating, past": (link(S.UPDATING), AGED, (Ask, S.UPDATING, Why.UNKNOWN_OUTCOME)),
    "removing, booked again": (link(S.REMOVING), stand(), (Ask, S.REMOVING, Why.UNKNOWN_OUTCOME)),
    "removing, cancelled": (link(S.REMOVING), CANCELLED, (Ask, S.REMOVING, Why.UNKNOWN_OUTCOME)),
    "removing, past": (link(S.REMOVING), AGED, (Ask, S.REMOVING, Why.UNKNOWN_OUTCOME)),
    "detached, booked": (link(S.DETACHED), stand(), (Ask, S.DETACHED, Why.FOUND_AGAIN)),
    "detached, cancelled": (link(S.DETACHED), CANCELLED, (Ask, S.DETACHED, Why.FOUND_AGAIN)),
    # ── live: in step, or what one side changed ──
    "live, unchanged": (link(), stand(), (Nothing, Why.IN_STEP)),
    "live, moved in the book": (
        link(),
        stand(MOVED),
        (Update, S.UPDATING, Why.CHANGED, {WHEN}),
    ),
    "live, another title": (
        link(),
        stand(RETITLED),
        (Update, S.UPDATING, Why.CHANGED, {OwnedField.TITLE}),
    ),
    "live, cancelled": (link(), CANCELLED, (Remove, S.REMOVING, Why.CANCELLED)),
    "live, out of the window": (link(), BEYOND, (Remove, S.REMOVING, Why.BEYOND_ADVANCE)),
    "live, moved out of the window": (
        link(),
        Absent(Why.BEYOND_ADVANCE, MOVED),
        (Remove, S.REMOVING, Why.BEYOND_ADVANCE),
    ),
    "live, the window narrowed": (
        link(),
        Absent(Why.BEYOND_ADVANCE, BOOKED),
        (Nothing, Why.BEYOND_ADVANCE),
    ),
    "live, past": (link(), AGED, (Note, S.AGED, Why.BEFORE_ARREARS)),
    "live, moved into the past by the book": (
        link(),
        Age(STARTED),
        (Remove, S.REMOVING, Why.BEFORE_ARREARS),
    ),
    "live, another push calendar": (
        link(),
        stand(calendar_id=Q),
        (Remove, S.REMOVING, Why.ANOTHER_CALENDAR),
    ),
    "live, moved by a person to another calendar": (
        link(calendar_id=Q),
        stand(),
        (Nothing, Why.IN_STEP),
    ),
    "live, text changed outside": (link(shown=RETITLED.stamp), stand(), (Nothing, Why.IN_STEP)),
    "live, dragged": (drifted(), stand(), (Update, S.UPDATING, Why.MOVED_OUTSIDE, {WHEN})),
    "live, dragged to where the book moves it": (
        drifted(),
        stand(MOVED),
        (Update, S.UPDATING, Why.CHANGED, {WHEN}),
    ),
    "live, dragged, another title in the book": (
        drifted(),
        stand(RETITLED),
        (Update, S.UPDATING, Why.CHANGED, {WHEN, OwnedField.TITLE}),
    ),
    "live, dragged, cancelled": (drifted(), CANCELLED, (Remove, S.REMOVING, Why.CANCELLED)),
    "live, dragged, past": (drifted(), AGED, (Note, S.AGED, Why.BEFORE_ARREARS)),
    "live, dragged too often": (
        drifted(reverts=FOUGHT),
        stand(),
        (Note, S.CONTESTED, Why.CONTESTED),
    ),
    "live, dragged often but long ago": (
        drifted(reverts=FOUGHT_LONG_AGO),
        stand(),
        (Update, S.UPDATING, Why.MOVED_OUTSIDE, {WHEN}),
    ),
    "live, its version unknown, unchanged": (link(version=""), stand(), (Nothing, Why.IN_STEP)),
    "live, its version unknown, moved": (
        link(version=""),
        stand(MOVED),
        (Ask, S.LIVE, Why.NEVER_SEEN),
    ),
    "live, its version unknown, cancelled": (
        link(version=""),
        CANCELLED,
        (Ask, S.LIVE, Why.NEVER_SEEN),
    ),
    "live, nothing agreed": (
        link(agreed=NO_EVENT, seen=False),
        stand(),
        (Update, S.UPDATING, Why.CHANGED, set(OwnedField)),
    ),
    # ── contested: somebody keeps changing it ──
    "contested, unchanged": (
        drifted(S.CONTESTED, reverts=FOUGHT),
        stand(),
        (Nothing, Why.CONTESTED),
    ),
    "contested, moved in the book": (
        drifted(S.CONTESTED, reverts=FOUGHT),
        stand(RETITLED),
        (Update, S.UPDATING, Why.CHANGED, {WHEN, OwnedField.TITLE}),
    ),
    "contested, cancelled": (
        drifted(S.CONTESTED, reverts=FOUGHT),
        CANCELLED,
        (Remove, S.REMOVING, Why.CANCELLED),
    ),
    "contested, past": (drifted(S.CONTESTED), AGED, (Note, S.AGED, Why.BEFORE_ARREARS)),
    # ── missing: somebody said that it is gone ──
    "missing, booked": (link(S.MISSING), stand(), (Ask, S.MISSING, Why.DELETED_OUTSIDE)),
    "missing, held": (link(S.MISSING, **HELD), stand(), (Nothing, Why.DELETED_OUTSIDE)),
    "missing, held, moved in the book": (
        link(S.MISSING, **HELD),
        stand(MOVED),
        (Ask, S.MISSING, Why.DELETED_OUTSIDE),
    ),
    "missing, held, cancelled": (
        link(S.MISSING, **HELD),
        CANCELLED,
        (Ask, S.MISSING, Why.DELETED_OUTSIDE),
    ),
    "missing, held, another push calendar": (
        link(S.MISSING, **HELD),
        stand(calendar_id=Q),
        (Ask, S.MISSING, Why.DELETED_OUTSIDE),
    ),
    "missing, the hold is over": (
        link(S.MISSING, held_until=NOW),
        stand(),
        (Ask, S.MISSING, Why.DELETED_OUTSIDE),
    ),
    "missing, held by a clock that was ahead": (
        link(S.MISSING, held_until=NOW + 5 * HOUR),
        stand(),
        (Ask, S.MISSING, Why.DELETED_OUTSIDE),
    ),
    "missing, past": (link(S.MISSING), AGED, (Ask, S.MISSING, Why.DELETED_OUTSIDE)),
    # ── gone: no event of this generation ──
    "gone, booked again": (link(S.GONE), stand(), (Note, S.PLANNED, Why.BOOKED)),
    "gone, cancelled": (link(S.GONE), CANCELLED, (Nothing, Why.CANCELLED)),
    "gone, past": (link(S.GONE), AGED, (Nothing, Why.BEFORE_ARREARS)),
    "gone by a person after it began": (
        link(S.GONE, agreed=STARTED.stamp),
        stand(STARTED),
        (Nothing, Why.DELETED_OUTSIDE),
    ),
    "gone by a person after it began, then moved in the book": (
        link(S.GONE, agreed=STARTED.stamp),
        stand(MOVED),
        (Note, S.PLANNED, Why.BOOKED),
    ),
    "gone by a person after it began, then cancelled": (
        link(S.GONE, agreed=STARTED.stamp),
        CANCELLED,
        (Note, S.GONE, Why.CANCELLED),
    ),
    # ── aged: older than the window ──
    "aged, past": (link(S.AGED), AGED, (Nothing, Why.BEFORE_ARREARS)),
    "aged, dragged": (drifted(S.AGED), AGED, (Nothing, Why.BEFORE_ARREARS)),
    "aged, cancelled": (link(S.AGED), CANCELLED, (Nothing, Why.CANCELLED)),
    "aged, in the window again": (link(S.AGED), stand(), (Ask, S.AGED, Why.FOUND_AGAIN)),
    "aged, moved beyond the window": (link(S.AGED), BEYOND, (Ask, S.AGED, Why.FOUND_AGAIN)),
    # ── parked: refused for good ──
    "parked, the same": (link(S.PARKED, **NOWHERE, **REFUSED), stand(), (Nothing, Why.REFUSED)),
    "parked, changed": (
        link(S.PARKED, **NOWHERE, **REFUSED),
        stand(MOVED),
        (Create, S.SENDING, Why.BOOKED),
    ),
    "parked, another push calendar": (
        link(S.PARKED, **NOWHERE, **REFUSED),
        stand(calendar_id=Q),
        (Create, S.SENDING, Why.BOOKED),
    ),
    "parked, cancelled": (
        link(S.PARKED, **NOWHERE, **REFUSED),
        CANCELLED,
        (Note, None, Why.CANCELLED),
    ),
    "parked, past": (link(S.PARKED, **NOWHERE, **REFUSED), AGED, (Nothing, Why.BEFORE_ARREARS)),
    "parked with an event, the same": (
        link(S.PARKED, MOVED, **REFUSED),
        stand(),
        (Nothing, Why.REFUSED),
    ),
    "parked with an event, changed": (
        link(S.PARKED, MOVED, **REFUSED),
        stand(RETITLED),
        (Update, S.UPDATING, Why.CHANGED, {WHEN, OwnedField.TITLE}),
    ),
    "parked with an event, changed back": (
        link(S.PARKED, **{**REFUSED, "refused": MOVED.digest}),
        stand(),
        (Note, S.LIVE, Why.IN_STEP),
    ),
    "parked with an event, cancelled": (
        link(S.PARKED, MOVED, **REFUSED),
        CANCELLED,
        (Remove, S.REMOVING, Why.CANCELLED),
    ),
    "parked with an event, another push calendar": (
        link(S.PARKED, MOVED, **REFUSED),
        stand(calendar_id=Q),
        (Remove, S.REMOVING, Why.ANOTHER_CALENDAR),
    ),
    "parked with an event, past": (
        link(S.PARKED, **REFUSED),
        AGED,
        (Note, S.AGED, Why.BEFORE_ARREARS),
    ),
    # ── released: a person's now ──
    "released, moved": (link(S.RELEASED), stand(MOVED), (Nothing, Why.CONTESTED)),
    "released, cancelled": (link(S.RELEASED), CANCELLED, (Nothing, Why.CONTESTED)),
}


@pytest.mark.parametrize(("known", "wanted", "expected"), TABLE.values(), ids=TABLE.keys())
def test_the_next_step(known, wanted, expected):
    step = decide(item=ITEM, wanted=wanted, link=known, policy=POLICY, now=NOW)

    assert said(step) == expected


def test_every_state_has_its_rows():
    named = {row[0].state for row in TABLE.values() if row[0] is not None}

    assert named == set(LinkState)


def test_a_creation_bears_the_key_of_its_generation_and_salt():
    planned = link(S.PLANNED, generation=2, salt=1)

    step = decide(item=ITEM, wanted=stand(), link=planned, policy=POLICY, now=NOW)

    assert isinstance(step, Create)
    assert step.link.key == derive_key(POLICY.installation, ITEM, 2, 1)
    assert step.link.sending == BOOKED.stamp


def test_the_next_generation_begins_with_nothing():
    lived = link(S.GONE, reverts=FOUGHT, salt=3, recreations=2)

    step = decide(item=ITEM, wanted=stand(), link=lived, policy=POLICY, now=NOW)

    assert isinstance(step, Note)
    assert step.link is not None
    assert step.link.generation == 2
    assert (step.link.salt, step.link.reverts, step.link.seen) == (0, (), False)


def test_a_link_keeps_its_place_where_a_person_put_it():
    moved = link(calendar_id=Q)

    step = decide(item=ITEM, wanted=stand(MOVED), link=moved, policy=POLICY, now=NOW)

    assert isinstance(step, Update)
    assert (step.link.calendar_id, step.link.target) == (Q, P)
