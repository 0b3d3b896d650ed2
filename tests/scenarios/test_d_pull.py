"""D – pulling: what people plan blocks the book."""

from __future__ import annotations

from datetime import date

import pytest

from appointed.core.events import AllDay
from appointed.scheduling.appointments import clashes_of
from appointed.sync.models import BusyTime
from appointed.sync.selectors import external_busy
from scenarios.scene import DAY, HOUR, Scene, timed
from support.book import pk_of
from support.outside import Plan
from support.world import TOMORROW_TEN

THEN = (TOMORROW_TEN, TOMORROW_TEN + HOUR)


@pytest.mark.scenario("D01")
def test_the_busy_index_follows_each_step_of_a_person(scene: Scene):
    event = scene.plan_outside(TOMORROW_TEN)
    later = timed(TOMORROW_TEN + DAY)
    indexes = [_cycled(scene)]

    for plan in (Plan(later), Plan(later, free=True), Plan(later)):
        event = scene.outside.change(event, plan)
        indexes.append(_cycled(scene))
    scene.outside.delete(event)
    indexes.append(_cycled(scene))

    moved = (TOMORROW_TEN + DAY, TOMORROW_TEN + DAY + HOUR)
    assert indexes == [
        {(*THEN, True)},
        {(*moved, True)},
        {(*moved, False)},
        {(*moved, True)},
        set(),
    ]


@pytest.mark.scenario("D02")
def test_a_free_event_is_no_conflict(scene: Scene):
    scene.plan_outside(TOMORROW_TEN, free=True)

    scene.cycle()

    assert [busy.show for busy in _external(scene)] == ["free"]
    assert _clashes(scene) == 0


@pytest.mark.scenario("D05")
def test_an_event_cancelled_by_its_organiser_blocks_nothing(scene: Scene):
    scene.plan_outside(TOMORROW_TEN, cancelled=True)

    scene.cycle()

    assert _clashes(scene) == 0


@pytest.mark.scenario("D06")
def test_of_a_private_event_only_its_time_is_kept(scene: Scene):
    scene.plan_outside(TOMORROW_TEN, private=True)

    scene.cycle()

    [row] = BusyTime.objects.all()
    assert row.private
    assert scene.busy() == {(*THEN, True)}


@pytest.mark.scenario("D15")
def test_an_overlapping_event_warns_and_leaves_the_appointment(scene: Scene):
    appointment = scene.settled()
    scene.plan_outside(TOMORROW_TEN)

    scene.cycle(2)

    assert _clashes(scene) >= 1
    assert scene.status(appointment) == "booked"
    assert scene.written == 0
    assert scene.event(appointment).when.instants[0] == TOMORROW_TEN


@pytest.mark.scenario("D01")
def test_whole_days_block_exactly_their_days(scene: Scene):
    scene.outside.add(scene.outside.q, Plan(AllDay(date(2027, 3, 2), date(2027, 3, 3))))

    scene.cycle()

    [row] = BusyTime.objects.all()
    assert (row.first_day, row.end_day) == (date(2027, 3, 2), date(2027, 3, 3))


def _cycled(scene: Scene):
    scene.cycle()
    return scene.busy()


def _external(scene: Scene):
    return external_busy(practitioner_ids=[pk_of(scene.house.pat.id)], start=THEN[0], end=THEN[1])


def _clashes(scene: Scene) -> int:
    wish = {
        "kind": "client",
        "practitioners": [scene.house.pat.id],
        "client": scene.house.ann.id,
        "start": THEN[0],
        "end": THEN[1],
    }
    return len(clashes_of(actor=scene.house.owner, wish=wish))
