"""`settle`, one row a case: every state of a link × what the read of its event said."""

from dataclasses import replace

import pytest

from appointed.core.events import NO_EVENT, OwnedField
from appointed.core.links import LinkState
from appointed.core.planning import decide
from appointed.core.settling import settle
from appointed.core.steps import (
    Absent,
    Alive,
    Ask,
    Note,
    Nothing,
    Remove,
    Taken,
    Unclear,
    Update,
    Vanished,
    Why,
)
from support.pushed import (
    BOOKED,
    HOUR,
    ITEM,
    MOVED,
    NOW,
    POLICY,
    RETITLED,
    P,
    Q,
    drifted,
    event,
    link,
    partly,
    said,
    stand,
)

S = LinkState
WHEN = OwnedField.WHEN
HERE = Alive(P, event())
MOVED_AWAY = Alive(Q, event(remote_id="id-2"))
DRAGGED = Alive(P, event(MOVED))
SAME_VERSION = Alive(P, event(version="v1"))
GONE = Vanished()
BURNT = Vanished(burnt=True)
REVERTING = link(S.UPDATING, sending=BOOKED.stamp, reverts=(NOW - HOUR, NOW), shown=MOVED.stamp)

TABLE = {
    #                                known, answer, then: state, what changed
    "sending, stands": (link(S.SENDING), HERE, S.LIVE, {"seen": True, "agreed": BOOKED.stamp}),
    "sending, stands elsewhere": (
        link(S.SENDING),
        MOVED_AWAY,
        S.LIVE,
        {"calendar_id": Q, "target": P, "remote_id": "id-2"},
    ),
    "sending, stands as something else": (
        link(S.SENDING),
        DRAGGED,
        S.LIVE,
        {"agreed": partly(BOOKED.stamp, WHEN), "moved_to": None},
    ),
    "sending, gone": (link(S.SENDING), GONE, S.PLANNED, {"generation": 1, "sending": NO_EVENT}),
    "sending, burnt": (link(S.SENDING), BURNT, S.PLANNED, {"generation": 2, "key": ""}),
    "sending, taken": (link(S.SENDING), Taken(), S.PLANNED, {"generation": 1, "salt": 1}),
    "updating, done": (
        link(S.UPDATING),
        DRAGGED,
        S.LIVE,
        {"agreed": MOVED.stamp, "version": "v2", "moved_to": None},
    ),
    "updating, not done": (
        link(S.UPDATING),
        SAME_VERSION,
        S.LIVE,
        {"agreed": BOOKED.stamp, "sending": NO_EVENT},
    ),
    "updating, changed by somebody instead": (
        link(S.UPDATING),
        Alive(P, event(RETITLED)),
        S.LIVE,
        {"agreed": BOOKED.stamp},
    ),
    "updating, gone": (link(S.UPDATING), GONE, S.MISSING, {"sending": NO_EVENT}),
    "updating, another's": (link(S.UPDATING), Taken(), S.MISSING, {}),
    "putting back, not done": (
        REVERTING,
        Alive(P, event(MOVED, version="v1")),
        S.LIVE,
        {"reverts": (NOW - HOUR,), "moved_to": MOVED.when},
    ),
    "putting back, done": (REVERTING, HERE, S.LIVE, {"reverts": (NOW - HOUR, NOW)}),
    "removing, still there": (
        link(S.REMOVING),
        SAME_VERSION,
        S.LIVE,
        {"agreed": NO_EVENT, "seen": False},
    ),
    "removing, moved elsewhere": (link(S.REMOVING), MOVED_AWAY, S.LIVE, {"calendar_id": Q}),
    "removing, gone": (link(S.REMOVING), GONE, S.GONE, {"agreed": NO_EVENT}),
    "removing, another's": (link(S.REMOVING), Taken(), S.GONE, {}),
    "missing, stands": (link(S.MISSING), HERE, S.LIVE, {"missing_since": None}),
    "missing, moved elsewhere": (
        link(S.MISSING, held_until=NOW),
        MOVED_AWAY,
        S.LIVE,
        {"calendar_id": Q, "remote_id": "id-2", "held_until": None},
    ),
    "missing, dragged": (link(S.MISSING), DRAGGED, S.LIVE, {"moved_to": MOVED.when}),
    "missing, gone": (link(S.MISSING), GONE, S.MISSING, {}),
    "missing, another's": (link(S.MISSING), Taken(), S.MISSING, {"salt": 0}),
    "live, stands": (link(version=""), HERE, S.LIVE, {"version": "v2"}),
    "live, gone": (link(version=""), GONE, S.MISSING, {}),
    "contested, dragged again": (drifted(S.CONTESTED), DRAGGED, S.CONTESTED, {}),
    "contested, back where it was": (drifted(S.CONTESTED), HERE, S.LIVE, {"moved_to": None}),
    "contested, gone": (drifted(S.CONTESTED), GONE, S.MISSING, {}),
    "parked, stands": (link(S.PARKED, refused="x"), HERE, S.PARKED, {"version": "v2"}),
    "parked, gone": (link(S.PARKED, refused="x"), GONE, S.MISSING, {}),
    "aged, stands": (link(S.AGED), HERE, S.LIVE, {"agreed": BOOKED.stamp}),
    "aged, gone": (link(S.AGED), GONE, S.MISSING, {}),
    "detached, stands": (link(S.DETACHED), HERE, S.LIVE, {"agreed": BOOKED.stamp, "seen": True}),
    "detached, gone": (link(S.DETACHED), GONE, S.GONE, {"agreed": NO_EVENT}),
    "planned, whatever": (link(S.PLANNED), HERE, S.PLANNED, {"remote_id": ""}),
    "gone, whatever": (link(S.GONE), HERE, S.GONE, {"agreed": NO_EVENT}),
    "released, whatever": (link(S.RELEASED), HERE, S.RELEASED, {"version": "v1"}),
}


@pytest.mark.parametrize(("known", "answer", "state", "facts"), TABLE.values(), ids=TABLE.keys())
def test_an_answer_settles_a_link(known, answer, state, facts):
    after = settle(known, answer)

    assert after.state is state
    assert {name: getattr(after, name) for name in facts} == facts


@pytest.mark.parametrize("state", list(LinkState))
def test_no_answer_changes_nothing(state):
    known = link(state)

    assert settle(known, Unclear()) == known


@pytest.mark.parametrize("state", [S.SENDING, S.UPDATING, S.REMOVING, S.DETACHED])
@pytest.mark.parametrize("answer", [HERE, GONE, BURNT, Taken()], ids=str)
def test_an_answer_leads_on_from_every_state_that_waits(state, answer):
    after = settle(link(state), answer)

    step = decide(item=ITEM, wanted=stand(), link=after, policy=POLICY, now=NOW)

    assert after.state is not state
    assert not isinstance(step, Ask) or after.state is S.MISSING


def test_a_removal_that_may_still_come_never_looks_like_a_persons_deletion():
    booked_again = settle(link(S.REMOVING), SAME_VERSION)

    step = decide(item=ITEM, wanted=stand(), link=booked_again, policy=POLICY, now=NOW)

    assert not booked_again.seen
    assert said(step) == (Update, S.UPDATING, Why.CHANGED, set(OwnedField))


def test_a_write_that_did_not_arrive_is_sent_again():
    after = settle(link(S.UPDATING), SAME_VERSION)

    step = decide(item=ITEM, wanted=stand(MOVED), link=after, policy=POLICY, now=NOW)

    assert said(step) == (Update, S.UPDATING, Why.CHANGED, {WHEN})


def test_a_late_creation_of_an_older_text_is_brought_up_to_date():
    stands = Alive(P, event(replace(BOOKED, title="Before")))

    after = settle(link(S.SENDING), stands)
    step = decide(item=ITEM, wanted=stand(), link=after, policy=POLICY, now=NOW)

    assert said(step) == (Update, S.UPDATING, Why.CHANGED, {OwnedField.TITLE})


def test_what_is_unwanted_is_removed_where_it_was_found():
    after = settle(link(S.REMOVING), MOVED_AWAY)

    step = decide(item=ITEM, wanted=Absent(Why.CANCELLED), link=after, policy=POLICY, now=NOW)

    assert isinstance(step, Remove)
    assert (step.link.calendar_id, step.link.remote_id) == (Q, "id-2")


def test_what_was_gone_while_disconnected_is_made_again_without_a_word():
    after = settle(link(S.DETACHED), GONE)

    step = decide(item=ITEM, wanted=stand(), link=after, policy=POLICY, now=NOW)

    assert said(step) == (Note, S.PLANNED, Why.BOOKED)


def test_what_is_found_in_step_needs_no_write():
    after = settle(link(S.DETACHED), HERE)

    step = decide(item=ITEM, wanted=stand(), link=after, policy=POLICY, now=NOW)

    assert said(step) == (Nothing, Why.IN_STEP)
