"""What happened while nobody watched is shown to a person before it counts."""

from __future__ import annotations

from appointed.book.models import Appointment, Notice
from appointed.providers.port import CalendarFacts
from appointed.sync.facts import one_connection
from appointed.sync.lease import take_lease
from appointed.sync.models import Account, ExternalCalendar, Run
from appointed.sync.services.choosing import choose_calendar, pause, resume
from appointed.sync.services.connecting import keep_calendars, try_credentials
from appointed.sync.services.running import plan, sync_now
from support.world import PULL, PUSH, World


def test_deleted_while_paused_waits_for_a_person(world: World) -> None:
    appointment = world.book()
    world.cycle(2)
    pause(actor=world.house.owner, connection=world.connection.uuid)
    world.people.delete(world.events()[0])
    world.cycle(2)

    resume(actor=world.house.owner, connection=world.connection.uuid)
    world.cycle(5)

    standing = one_connection(world.house.owner, world.connection.uuid).standing
    assert world.status(appointment) == Appointment.Status.BOOKED
    assert (standing.state, standing.reason) == ("suspended", "deleted_while_away")
    assert not Notice.objects.exists()


def test_another_calendar_gets_what_a_vanished_one_had(world: World) -> None:
    world.book()
    world.cycle(2)
    world.people.delete_calendar(PUSH)
    world.cycle(2)

    choose_calendar(
        actor=world.house.owner,
        connection=world.connection.uuid,
        calendar=world.calendar(PULL).uuid,
        marks={"push": True},
    )
    world.cycle(3)

    assert len(world.events(PULL)) == 1


def test_a_cancelled_entry_that_a_person_deletes_stays_away(world: World) -> None:
    world.set(include={"cancelled": "mark"})
    appointment = world.book()
    world.cycle(2)
    world.cancel(appointment)
    world.cycle(2)
    [marked] = world.events()

    world.people.delete(marked)
    world.cycle(5)
    world.set()
    world.cycle(2)

    assert world.events() == []


def test_a_new_setting_during_a_run_is_not_lost(world: World) -> None:
    world.book()
    world.connection.refresh_from_db()
    before = world.connection.replan
    world.set(name_level="full")
    world.connection.refresh_from_db()

    assert world.connection.replan > before


def test_signing_in_leaves_the_lease_of_a_run_alone(world: World) -> None:
    lease = take_lease(world.connection.account_id)
    assert lease is not None

    try_credentials(
        actor=world.house.owner,
        connection=world.connection.uuid,
        password="secret",
        try_out=lambda *_: world.engine.connect(world.connection.account),
    )

    assert lease.still_held()
    assert Account.objects.get(pk=world.connection.account_id).lease_until is not None


def test_a_calendar_made_anew_is_not_taken_for_the_old_one(world: World) -> None:
    row = world.calendar()
    ExternalCalendar.objects.filter(pk=row.pk).update(epoch="one")

    keep_calendars(row.account, [CalendarFacts(PUSH, "P", epoch="two")])

    row.refresh_from_db()
    assert (row.epoch, row.state) == ("one", ExternalCalendar.State.GONE)


def test_a_plan_asked_for_twice_runs_once(world: World) -> None:
    world.book()
    kept = plan(
        actor=world.house.owner,
        connection=world.connection.uuid,
        start=None,
        end=None,
        engine=world.engine,
    )

    first = sync_now(
        actor=world.house.owner,
        connection=world.connection.uuid,
        engine=world.engine,
        plan_id=kept.uuid,
    )
    world.cycle()
    again = sync_now(
        actor=world.house.owner,
        connection=world.connection.uuid,
        engine=world.engine,
        plan_id=kept.uuid,
    )

    assert (first.uuid, again.uuid) == (kept.uuid, kept.uuid)
    assert Run.objects.get(uuid=kept.uuid).state == Run.State.DONE
    assert len(world.events()) == 1
