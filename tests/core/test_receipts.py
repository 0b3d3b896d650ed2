"""Receipts and passing looks: what is known of a link afterwards."""

import pytest

from appointed.core.events import NO_EVENT
from appointed.core.links import (
    ADOPTING,
    WAITING,
    WITHOUT_EVENT,
    LinkState,
    reported_gone,
    seen_alive,
)
from appointed.core.settling import (
    not_sent,
    put_back,
    refused,
    removed,
    written,
)
from support.pushed import BOOKED, DAY, HOUR, KEY, MOVED, NOW, RETITLED, Q, drifted, event, link

S = LinkState


def receipt(known, stamp=BOOKED.stamp, *, adopted=False, version="v9"):
    return written(known, remote_id="id-9", version=version, stamp=stamp, adopted=adopted)


def test_a_created_event_is_live_and_not_yet_seen():
    after = receipt(link(S.SENDING))

    assert (after.state, after.seen) == (S.LIVE, False)
    assert (after.remote_id, after.version, after.agreed) == ("id-9", "v9", BOOKED.stamp)
    assert not after.sending


def test_an_adopted_event_is_agreed_upon_as_it_stands():
    after = receipt(link(S.SENDING), MOVED.stamp, adopted=True)

    assert after.agreed == after.shown == MOVED.stamp
    assert not after.seen


def test_an_updated_event_stays_seen_and_forgets_the_drift():
    after = receipt(drifted(S.UPDATING, sending=BOOKED.stamp))

    assert (after.state, after.seen, after.moved_to) == (S.LIVE, True, None)
    assert not after.has_drifted


def test_an_echo_keeps_what_people_wrote_as_shown_only():
    after = receipt(link(S.UPDATING, sending=BOOKED.stamp), RETITLED.stamp)

    assert after.agreed == BOOKED.stamp
    assert after.shown == RETITLED.stamp


@pytest.mark.parametrize("state", [S.LIVE, S.UPDATING, S.REMOVING, S.MISSING])
def test_a_removed_event_is_gone_with_nothing_agreed(state):
    after = removed(link(state, held_until=NOW))

    assert (after.state, after.agreed, after.held_until) == (S.GONE, NO_EVENT, None)


def test_a_refused_creation_is_parked_until_its_content_changes():
    after = refused(link(S.SENDING), BOOKED)

    assert (after.state, after.refused) == (S.PARKED, BOOKED.digest)


def test_a_refused_removal_is_still_wanted():
    assert refused(link(S.REMOVING), None) == link(S.REMOVING)


@pytest.mark.parametrize(
    ("open_state", "before"),
    [(S.SENDING, S.PLANNED), (S.UPDATING, S.LIVE), (S.REMOVING, S.LIVE)],
)
def test_what_was_not_sent_is_as_before(open_state, before):
    after = not_sent(link(open_state), before)

    assert (after.state, after.sending) == (before, NO_EVENT)
    assert after.agreed == link(open_state).agreed


def test_a_revert_that_was_not_sent_is_not_counted():
    reverting = link(S.UPDATING, sending=BOOKED.stamp, shown=MOVED.stamp, reverts=(NOW - DAY, NOW))

    assert not_sent(reverting, S.LIVE).reverts == (NOW - DAY,)


def test_an_update_that_was_not_sent_counts_no_revert_off():
    updating = link(S.UPDATING, reverts=(NOW - HOUR,))

    assert not_sent(updating, S.LIVE).reverts == (NOW - HOUR,)


def test_the_next_generation_goes_back_to_the_calendar_meant_for_it():
    after = put_back(link(calendar_id=Q, held_until=NOW))

    assert (after.state, after.generation, after.key) == (S.PLANNED, 2, "")
    assert after.calendar_id == after.target
    assert not after.agreed


# ── a look passes by ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("state", sorted(WAITING | WITHOUT_EVENT))
def test_a_look_leaves_alone_what_waits_for_an_answer_or_has_no_event(state):
    known = link(state)

    assert seen_alive(known, event(MOVED), Q) == known


@pytest.mark.parametrize("state", sorted(set(LinkState) - WAITING - WITHOUT_EVENT))
def test_a_look_that_shows_it_alive_is_remembered(state):
    after = seen_alive(link(state, seen=False), event(MOVED), Q)

    assert after.seen
    assert (after.version, after.calendar_id, after.shown) == ("v2", Q, MOVED.stamp)
    assert after.moved_to == MOVED.when
    assert after.agreed == BOOKED.stamp


def test_a_missing_event_that_shows_up_is_live_again():
    after = seen_alive(link(S.MISSING, held_until=NOW), event(), Q)

    assert (after.state, after.missing_since, after.held_until) == (S.LIVE, None, None)


def test_a_contested_event_that_is_back_in_its_place_is_live_again():
    back, still = (seen_alive(drifted(S.CONTESTED), event(c), Q) for c in (BOOKED, MOVED))

    assert (back.state, still.state) == (S.LIVE, S.CONTESTED)


def test_alive_is_no_sight_of_it_while_a_removal_may_still_come():
    unsure = link(agreed=NO_EVENT, seen=False)

    assert not seen_alive(unsure, event(), Q).seen


@pytest.mark.parametrize("state", [S.LIVE, S.CONTESTED, S.PARKED])
def test_what_is_reported_gone_is_missing_and_nothing_more(state):
    after = reported_gone(link(state), NOW)

    assert (after.state, after.missing_since) == (S.MISSING, NOW)
    assert after.seen


def test_reported_gone_twice_keeps_the_first_time():
    once = reported_gone(link(), NOW)

    assert reported_gone(once, NOW + HOUR) == once


@pytest.mark.parametrize("state", sorted(set(LinkState) - {S.LIVE, S.CONTESTED, S.PARKED}))
def test_a_report_changes_no_other_state(state):
    known = link(state)

    assert reported_gone(known, NOW) == known


def test_what_was_parked_before_it_stood_anywhere_cannot_go_missing():
    nowhere = link(S.PARKED, remote_id="")

    assert reported_gone(nowhere, NOW) == nowhere


def test_only_a_link_with_an_event_has_one_of_ours():
    ours = {state for state in LinkState if link(state, remote_id="id-1").is_ours}

    assert ours == set(LinkState) - WITHOUT_EVENT
    assert not link(S.SENDING).is_ours
    assert ours > ADOPTING
    assert link().key == KEY
