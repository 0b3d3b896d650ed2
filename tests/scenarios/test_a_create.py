"""A – pushing: create."""

from __future__ import annotations

from datetime import timedelta

import pytest

from appointed.core.links import LinkState
from appointed.sync.facts import connection_facts
from appointed.sync.models import BusyTime, Connection
from appointed.sync.selectors import external_busy
from scenarios.scene import DAY, HOUR, Scene
from support.book import pk_of
from support.world import TOMORROW_TEN

MARKS = ("Ämos-Kennwort", "+49-0815-4711", "Notiz-Kennwort")


@pytest.mark.scenario("A01")
def test_a_booked_appointment_stands_there_once(scene: Scene):
    appointment = scene.book()

    scene.cycle(2)

    event = scene.event(appointment)
    assert event.when.instants == (TOMORROW_TEN, TOMORROW_TEN + timedelta(minutes=50))
    assert event.zone == "Europe/Berlin"
    assert event.blocks
    assert not event.guests
    assert "VALARM" not in event.says
    assert scene.link(appointment).state == LinkState.LIVE
    assert scene.link(appointment).seen


@pytest.mark.scenario("A02")
def test_what_is_not_included_stands_nowhere_in_the_event(scene: Scene):
    name, phone, notes = MARKS
    scene.set(name_level="none", details={"phone": False, "notes": False})
    appointment = scene.book(
        kind="casual", client=None, casual_name=name, casual_phone=phone, notes=notes
    )

    scene.cycle()

    event = scene.event(appointment)
    assert not [mark for mark in MARKS if mark in event.says or mark in event.state]


@pytest.mark.scenario("A03")
def test_only_included_kinds_stand_there(scene: Scene):
    scene.set(include={"client": True, "casual": False, "meeting": False})
    booked = [
        scene.book(),
        scene.book(TOMORROW_TEN + 2 * HOUR, kind="casual", client=None, casual_name="Bob"),
        scene.book(TOMORROW_TEN + 4 * HOUR, kind="meeting", client=None, title="Team"),
    ]
    counts = []

    for everything in (False, True, False):
        scene.set(include={"casual": everything, "meeting": everything})
        scene.cycle(2)
        counts.append(len(scene.outside.events(scene.outside.p)))

    assert counts == [1, 3, 1]
    assert {scene.status(a) for a in booked} == {"booked"}
    assert scene.mails() == 0


@pytest.mark.scenario("A04")
def test_somebody_s_event_at_the_same_time_is_left_alone(scene: Scene):
    first = scene.settled()
    title = _title(scene.event(first).says)
    later = TOMORROW_TEN + DAY
    foreign = scene.plan_outside(
        later, timedelta(minutes=50), calendar=scene.outside.p, title=title
    )
    scene.cycle()

    second = scene.book(later, allow_clash=True)
    scene.cycle(2)

    assert scene.event(second).remote_id != foreign.remote_id
    assert foreign in scene.outside.events(scene.outside.p)
    assert scene.busy(scene.outside.p) == {(later, later + timedelta(minutes=50), True)}


@pytest.mark.scenario("A08")
def test_our_own_event_is_neither_busy_nor_a_conflict_with_itself(scene: Scene):
    scene.settled()

    busy = external_busy(
        practitioner_ids=[pk_of(scene.house.pat.id)],
        start=TOMORROW_TEN,
        end=TOMORROW_TEN + HOUR,
    )

    assert busy == []
    assert not BusyTime.objects.exists()


@pytest.mark.scenario("A11")
def test_without_the_right_to_write_it_waits_and_catches_up_by_itself(scene: Scene):
    scene.outside.forbid_writing(scene.outside.p)
    appointment = scene.book()
    scene.cycle()
    tried = scene.outside.writes_tried

    scene.let_pass(2 * HOUR)

    assert connection_facts(Connection.objects.get()).directions["push"].state == "waiting"
    assert scene.link(appointment).problem
    assert scene.outside.writes_tried - tried <= 6

    scene.outside.allow_writing(scene.outside.p)
    scene.let_pass(2 * HOUR)
    assert len(scene.events_of(appointment)) == 1


@pytest.mark.scenario("A13")
def test_three_days_without_a_worker_are_caught_up_in_one_run(scene: Scene):
    standing = [scene.book(TOMORROW_TEN + 5 * DAY + n * HOUR) for n in range(4)]
    scene.cycle(2)
    scene.clock.pass_(3 * DAY)
    for n in range(12):
        scene.book(TOMORROW_TEN + 6 * DAY + n * HOUR)
    for appointment in standing:
        scene.move(appointment, 7 * DAY)
    for appointment in standing[:2]:
        scene.cancel(appointment)

    scene.cycle()

    assert len(scene.outside.events(scene.outside.p)) == 14
    assert scene.mails() == 0


def _title(says: str) -> str:
    lines = [line for line in says.splitlines() if line.startswith("SUMMARY:")]
    return lines[0].removeprefix("SUMMARY:") if lines else says.strip()
