"""B – pushing: change."""

from __future__ import annotations

import pytest

from appointed.core.links import LinkState
from appointed.scheduling.appointments import change_appointment
from scenarios.crashing import Step, die
from scenarios.scene import DAY, Scene, connect_to
from support.outside import UPDATE, Outside
from support.world import TOMORROW_TEN


@pytest.mark.scenario("B01")
def test_moved_in_the_book_it_is_the_same_event_at_another_time(scene: Scene):
    appointment = scene.settled()
    before = scene.event(appointment)

    scene.move(appointment, 2 * DAY)
    scene.cycle()

    event = scene.event(appointment)
    assert event.remote_id == before.remote_id
    assert event.when.instants[0] == TOMORROW_TEN + 2 * DAY
    assert scene.written == 1


@pytest.mark.scenario("B03")
def test_what_people_hung_on_it_survives_a_move(scene: Scene):
    appointment = scene.settled()
    scene.outside.decorate(scene.event(appointment))

    scene.move(appointment, DAY)
    scene.cycle(2)

    event = scene.event(appointment)
    assert event.when.instants[0] == TOMORROW_TEN + DAY
    assert scene.outside.is_decorated(event)


@pytest.mark.scenario("B05")
@pytest.mark.parametrize("status", [500, 429])
def test_a_refused_change_is_owed_until_it_arrives(scene: Scene, status: int):
    appointment = scene.settled()
    scene.outside.fail(UPDATE, status)
    scene.move(appointment, DAY)

    scene.cycle(2)

    assert scene.link(appointment).state != LinkState.LIVE or scene.link(appointment).due_at
    scene.settle()
    assert scene.event(appointment).when.instants[0] == TOMORROW_TEN + DAY


@pytest.mark.scenario("B08")
def test_handed_over_it_leaves_one_calendar_and_comes_into_the_other(
    quinns_outside: Outside,  # first: it outlives the checks at the end of `scene`
    scene: Scene,
):
    quinn = scene.house.quinn.id
    connection = connect_to(scene.house, quinn, quinns_outside, scene.clock)
    scene.sides[connection.account.label] = quinns_outside
    scene.see_first_plan(connection)

    for day, step in enumerate([None, *Step]):
        appointment = scene.settled(TOMORROW_TEN + day * DAY)
        change_appointment(
            actor=scene.house.owner, appointment=appointment.id, changes={"practitioners": [quinn]}
        )
        if step is not None:
            die(scene, at=step)
        scene.cycle(3)

        assert scene.events_of(appointment) == [], step
        assert len(scene.events_of(appointment, quinns_outside, quinn)) == 1, step
    assert scene.mails() == 0
