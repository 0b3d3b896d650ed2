"""Which event of a search is ours, and when absence is a fact: one row a case."""

from datetime import timedelta

import pytest

from appointed.core.evidence import LATEST_ARRIVAL, proven, recognised
from appointed.core.links import ADOPTING, LinkState
from appointed.core.steps import (
    Absent,
    Alive,
    Taken,
    Unclear,
    Vanished,
    Why,
)
from support.pushed import KEY, NOW, P, Q, event, link, stand

S = LinkState
OURS = Alive(P, event())
OURS_MOVED = Alive(Q, event(remote_id="id-2"))
COPY = Alive(P, event(remote_id="copy-1", uid="copy-1@people"))
COPY_TOO = Alive(P, event(remote_id="copy-2", uid="copy-2@people"))
UNMARKED = Alive(P, event(key=None))
GONE, UNSURE = Vanished(), Unclear()

TABLE = {
    #                                    state, found, chosen by us, given by the server
    "nothing": (S.SENDING, [], GONE, GONE),
    "the one that we made": (S.SENDING, [OURS], OURS, OURS),
    "the one that we made, its mark lost": (S.SENDING, [UNMARKED], UNMARKED, UNMARKED),
    "the one that we made, and a copy": (S.SENDING, [OURS, COPY], OURS, UNSURE),
    "a copy before ours was ever seen": (S.SENDING, [COPY], GONE, COPY),
    "moved, once gone": (S.MISSING, [OURS_MOVED], OURS_MOVED, OURS_MOVED),
    "made anew with our mark, once gone": (S.MISSING, [COPY], COPY, COPY),
    "two with our mark, once gone": (S.MISSING, [COPY, COPY_TOO], UNSURE, UNSURE),
    "here and there": (S.MISSING, [OURS, OURS_MOVED], OURS, UNSURE),
    "to be removed, moved": (S.REMOVING, [OURS_MOVED], OURS_MOVED, GONE),
    "to be removed, and a copy": (S.REMOVING, [COPY], GONE, GONE),
    "to be removed, only copies": (S.REMOVING, [COPY, COPY_TOO], GONE, GONE),
    "connected again": (S.DETACHED, [OURS], OURS, OURS),
    "connected again, only copies": (S.DETACHED, [COPY, COPY_TOO], GONE, GONE),
}


@pytest.mark.parametrize(("state", "found", "chosen", "given"), TABLE.values(), ids=TABLE.keys())
def test_what_a_search_says(state, found, chosen, given):
    assert recognised(link(state), found, chosen=True) == chosen
    assert recognised(link(state), found, chosen=False) == given


@pytest.mark.parametrize("chosen", [True, False])
def test_what_was_gone_before_we_removed_it_was_perhaps_moved(chosen):
    removing = link(S.REMOVING)

    found = [
        recognised(removing, carriers, chosen=chosen, gone_before_us=True)
        for carriers in ([COPY], [COPY, COPY_TOO], [])
    ]

    assert found == [COPY, GONE, GONE]


def test_what_was_never_seen_may_have_gone_by_our_own_doing():
    unseen = link(S.MISSING, seen=False)

    assert recognised(unseen, [COPY], chosen=True) == GONE
    assert recognised(unseen, [OURS_MOVED], chosen=True) == OURS_MOVED


@pytest.mark.parametrize("state", sorted(set(LinkState) - ADOPTING))
@pytest.mark.parametrize("chosen", [True, False])
def test_no_other_state_takes_an_event_by_its_key(state, chosen):
    assert recognised(link(state), [OURS], chosen=chosen) == GONE


def judged(answer=GONE, *, state=S.SENDING, wanted=None, chosen=True, age=timedelta(0)):
    return proven(
        answer,
        link=link(state),
        wanted=wanted or stand(),
        chosen=chosen,
        sent_at=NOW - age,
        now=NOW,
    )


def test_a_creation_that_we_can_repeat_is_repeated_at_once():
    assert judged(chosen=True) == GONE


def test_a_creation_that_would_make_two_waits_until_nothing_can_be_on_its_way():
    assert judged(chosen=False) == UNSURE
    assert judged(chosen=False, age=LATEST_ARRIVAL) == GONE


def test_a_creation_is_not_forgotten_while_it_may_be_on_its_way():
    unwanted = Absent(Why.CANCELLED)

    assert judged(wanted=unwanted) == UNSURE
    assert judged(wanted=unwanted, age=LATEST_ARRIVAL) == GONE


def test_a_clock_set_back_proves_nothing():
    assert judged(chosen=False, age=timedelta(seconds=-1)) == UNSURE


@pytest.mark.parametrize("answer", [OURS, UNSURE, Taken(), Vanished(burnt=True)], ids=str)
def test_every_other_answer_stands(answer):
    assert judged(answer, chosen=False) == answer


def test_the_absence_of_what_stood_is_a_fact_at_once():
    assert judged(state=S.MISSING, chosen=False) == GONE
    assert KEY
