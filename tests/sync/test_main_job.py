"""The main job on the memory provider, with each of the three kinds of identity."""

from __future__ import annotations

from datetime import timedelta

from appointed.book.models import Appointment, Notice
from appointed.core.links import LinkState
from appointed.sync.models import BusyTime
from appointed.sync.selectors import external_busy
from support.book import pk_of
from support.world import TOMORROW_TEN, World


def test_an_appointment_in_the_book_stands_in_the_calendar(world: World) -> None:
    appointment = world.book()

    world.cycle()

    [event] = world.events()
    assert event.content.when.instants == (TOMORROW_TEN, TOMORROW_TEN + timedelta(minutes=50))
    assert world.link(appointment).state == LinkState.LIVE


def test_moved_in_the_book_it_moves_in_the_calendar(world: World) -> None:
    appointment = world.book()
    world.cycle()
    [before] = world.events()

    world.move(appointment, timedelta(hours=3))
    world.cycle()

    [event] = world.events()
    assert event.remote_id == before.remote_id
    assert event.content.when.instants[0] == TOMORROW_TEN + timedelta(hours=3)


def test_cancelled_in_the_book_it_goes(world: World) -> None:
    appointment = world.book()
    world.cycle()

    world.cancel(appointment)
    world.cycle()

    assert world.events() == []
    assert world.link(appointment).state == LinkState.GONE


def test_a_private_event_in_the_calendar_blocks_the_time(world: World) -> None:
    world.plan_outside(TOMORROW_TEN, timedelta(hours=1))

    world.cycle()

    [busy] = external_busy(
        practitioner_ids=[pk_of(world.house.pat.id)],
        start=TOMORROW_TEN,
        end=TOMORROW_TEN + timedelta(hours=1),
    )
    assert (busy.show, busy.checked) == ("busy", True)


def test_an_own_event_is_no_busy_time(world: World) -> None:
    world.book()

    world.cycle(3)

    assert not BusyTime.objects.exists()


def test_deleted_in_the_calendar_it_is_cancelled_once_after_the_hold(world: World) -> None:
    appointment = world.book()
    world.cycle(2)
    [event] = world.events()

    world.people.delete(event)
    world.cycle()
    held = world.status(appointment)
    world.cycle(3)

    assert held == Appointment.Status.BOOKED
    assert world.status(appointment) == Appointment.Status.CANCELLED
    assert Notice.objects.count() == 1


def test_moved_in_the_calendar_it_is_put_back(world: World) -> None:
    world.book()
    world.cycle(2)
    [event] = world.events()

    world.people.drag(event, timedelta(hours=2))
    world.cycle(2)

    [event] = world.events()
    assert event.content.when.instants[0] == TOMORROW_TEN


def test_after_a_run_planning_everything_again_writes_nothing(world: World) -> None:
    world.book()
    world.cycle(2)
    before = len(world.server.accounts.writes)

    world.set()
    world.cycle(3)

    assert len(world.server.accounts.writes) == before
