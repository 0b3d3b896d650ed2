"""From missing to cancelled (sync-algorithm.md, 8): one row a condition."""

from dataclasses import replace
from datetime import timedelta

import pytest

from appointed.core.events import NO_EVENT
from appointed.core.links import RECREATIONS, LinkState
from appointed.core.settling import after_vanishing, removed
from appointed.core.steps import (
    Absent,
    Age,
    Hold,
    Note,
    OnDeletion,
    Signal,
    Why,
)
from support.pushed import (
    BOOKED,
    HOUR,
    MOVED,
    NOW,
    POLICY,
    STARTED,
    Q,
    at,
    link,
    said,
    stand,
)

S = LinkState
OVER = {"held_until": NOW}
SOON = at(NOW + timedelta(seconds=1))
NOW_STARTING = at(NOW)

TABLE = {
    #                                  link, wanted, then
    "first time gone": (link(S.MISSING), stand(), (Hold, S.MISSING)),
    "still held": (link(S.MISSING, held_until=NOW + HOUR / 60), stand(), (Hold, S.MISSING)),
    "gone again after the hold": (link(S.MISSING, **OVER), stand(), (Signal, S.MISSING)),
    "begins in a second": (link(S.MISSING, SOON, **OVER), stand(SOON), (Signal, S.MISSING)),
    "begins now": (
        link(S.MISSING, NOW_STARTING, **OVER),
        stand(NOW_STARTING),
        (Note, S.GONE, Why.DELETED_OUTSIDE),
    ),
    "is running": (
        link(S.MISSING, STARTED, **OVER),
        stand(STARTED),
        (Note, S.GONE, Why.DELETED_OUTSIDE),
    ),
    "aged meanwhile": (link(S.MISSING, **OVER), Age(BOOKED), (Note, S.GONE, Why.BEFORE_ARREARS)),
    "cancelled meanwhile": (
        link(S.MISSING, **OVER),
        Absent(Why.CANCELLED),
        (Note, S.GONE, Why.CANCELLED),
    ),
    "moved in the book meanwhile": (
        link(S.MISSING, **OVER),
        stand(MOVED),
        (Note, S.PLANNED, Why.CHANGED),
    ),
    "another push calendar meanwhile": (
        link(S.MISSING, **OVER),
        stand(calendar_id=Q),
        (Note, S.PLANNED, Why.CHANGED),
    ),
    "never seen alive": (
        link(S.MISSING, seen=False, **OVER),
        stand(),
        (Note, S.PLANNED, Why.NEVER_SEEN),
    ),
    "never seen alive, too often": (
        link(S.MISSING, seen=False, recreations=RECREATIONS),
        stand(),
        (Note, S.PARKED, Why.NEVER_SEEN),
    ),
}


@pytest.mark.parametrize(("known", "wanted", "expected"), TABLE.values(), ids=TABLE.keys())
def test_what_follows_a_verified_disappearance(known, wanted, expected):
    step = after_vanishing(wanted=wanted, link=known, policy=POLICY, now=NOW)

    assert said(step) == expected


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (OnDeletion.CANCEL, (Signal, S.MISSING)),
        (OnDeletion.ASK, (Signal, S.MISSING)),
        (OnDeletion.PUT_BACK, (Note, S.PLANNED, Why.DELETED_OUTSIDE)),
    ],
)
def test_the_practitioner_chooses_what_a_deletion_means(chosen, expected):
    policy = replace(POLICY, on_deletion=chosen)

    step = after_vanishing(wanted=stand(), link=link(S.MISSING, **OVER), policy=policy, now=NOW)

    assert said(step) == expected
    assert not isinstance(step, Signal) or step.on_deletion is chosen


def test_the_hold_is_counted_from_the_first_proof_and_not_prolonged():
    first = after_vanishing(wanted=stand(), link=link(S.MISSING), policy=POLICY, now=NOW)
    assert isinstance(first, Hold)

    later = after_vanishing(wanted=stand(), link=first.link, policy=POLICY, now=NOW + HOUR / 120)

    assert first.link.held_until == NOW + POLICY.hold
    assert later == first


def test_a_hold_set_by_a_clock_that_was_ahead_begins_anew():
    ahead = link(S.MISSING, held_until=NOW + 5 * HOUR)

    step = after_vanishing(wanted=stand(), link=ahead, policy=POLICY, now=NOW)

    assert isinstance(step, Hold)
    assert step.link.held_until == NOW + POLICY.hold


def test_no_hold_still_wants_a_second_proof():
    policy = replace(POLICY, hold=timedelta(0))

    first = after_vanishing(wanted=stand(), link=link(S.MISSING), policy=policy, now=NOW)
    assert isinstance(first, Hold)
    second = after_vanishing(wanted=stand(), link=first.link, policy=policy, now=NOW)

    assert isinstance(second, Signal)


def test_a_recreation_counts_across_generations():
    unseen = link(S.MISSING, seen=False, recreations=1)

    step = after_vanishing(wanted=stand(), link=unseen, policy=POLICY, now=NOW)

    assert isinstance(step, Note)
    assert step.link is not None
    assert (step.link.generation, step.link.recreations) == (2, 2)


def test_a_cancellation_leaves_nothing_agreed():
    after = removed(link(S.MISSING, **OVER))

    assert (after.state, after.agreed, after.held_until) == (S.GONE, NO_EVENT, None)
