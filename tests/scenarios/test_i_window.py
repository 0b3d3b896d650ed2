"""I – the edges of the window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from appointed.core.links import LinkState
from scenarios.scene import DAY, HOUR, Scene, timed
from support.outside import Plan
from support.world import TOMORROW_TEN

LAST_MIDNIGHT = datetime(2027, 4, 30, 22, tzinfo=UTC)
"""The end of the window, sixty days ahead: midnight in Berlin, in summer time by then."""


@pytest.fixture(autouse=True)
def sixty_days(unchecked_scene: Scene) -> None:
    unchecked_scene.set(days_in_arrears=7, days_in_advance=60)
    unchecked_scene.cycle()


@pytest.mark.scenario("I01")
def test_the_window_moves_by_time_alone(scene: Scene):
    appointment = scene.book(LAST_MIDNIGHT + 10 * HOUR)
    scene.cycle(2)
    before = scene.events_of(appointment)

    scene.clock.pass_(DAY)
    scene.cycle()

    assert before == []
    assert len(scene.events_of(appointment)) == 1


@pytest.mark.scenario("I02")
def test_what_ages_is_left_alone(scene: Scene):
    appointment = scene.settled()

    scene.clock.pass_(9 * DAY)
    scene.cycle(2)

    assert len(scene.events_of(appointment)) == 1
    assert scene.link(appointment).state == LinkState.AGED
    assert (scene.written, scene.status(appointment)) == (0, "booked")


@pytest.mark.scenario("I03")
@pytest.mark.parametrize("deed", ["delete", "drag"])
def test_what_people_do_to_an_aged_event_means_nothing(scene: Scene, deed: str):
    appointment = scene.settled()
    scene.clock.pass_(9 * DAY)
    scene.cycle(2)

    if deed == "delete":
        scene.outside.delete(scene.event(appointment))
    else:
        scene.outside.drag(scene.event(appointment), HOUR)
    scene.cycle(4)

    assert (scene.written, scene.status(appointment), scene.mails()) == (0, "booked", 0)


@pytest.mark.scenario("I04")
def test_a_narrower_window_cancels_nothing_and_a_wider_one_pushes(scene: Scene):
    near = scene.book(TOMORROW_TEN)
    far = scene.book(TOMORROW_TEN + 30 * DAY)
    farther = scene.book(TOMORROW_TEN + 75 * DAY)
    scene.cycle(2)

    scene.set(days_in_advance=14)
    scene.cycle(3)
    narrow = [len(scene.events_of(a)) for a in (near, far)]
    scene.set(days_in_advance=90)
    scene.cycle(3)

    assert narrow == [1, 1]
    assert [len(scene.events_of(a)) for a in (near, far, farther)] == [1, 1, 1]
    assert {scene.status(a) for a in (near, far, farther)} == {"booked"}


@pytest.mark.scenario("I05")
def test_a_foreign_event_that_leaves_the_window_comes_back(scene: Scene):
    event = scene.plan_outside(TOMORROW_TEN)
    scene.cycle()
    indexes = []

    for start in (TOMORROW_TEN + 3000 * DAY, TOMORROW_TEN):
        event = scene.outside.change(event, Plan(timed(start)))
        scene.cycle()
        indexes.append(len(scene.busy()))

    assert indexes == [0, 1]


@pytest.mark.scenario("I07")
def test_moved_into_the_window_it_is_created_once(scene: Scene):
    appointment = scene.book(TOMORROW_TEN + 80 * DAY)
    scene.cycle(2)
    before = scene.events_of(appointment)

    scene.move(appointment, -75 * DAY)
    scene.cycle(2)

    assert before == []
    assert scene.event(appointment).when.instants[0] == TOMORROW_TEN + 5 * DAY


@pytest.mark.scenario("I10")
def test_the_edge_is_the_practitioner_s_midnight_and_stands_still(scene: Scene):
    across = scene.book(LAST_MIDNIGHT - HOUR / 2, 60)
    beyond = scene.book(LAST_MIDNIGHT + HOUR / 2, 60)
    scene.cycle(2)
    scene.mark()

    scene.cycle(5, every=timedelta(seconds=1))

    assert len(scene.events_of(across)) == 1
    assert scene.events_of(beyond) == []
    assert scene.written == 0
