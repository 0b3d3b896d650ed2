"""J – crash points, lost answers, workers that get into each other's way.

What needs a real process that dies stands in `test_j_processes.py`.
"""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection
from django.db.models import F

from appointed.scheduling.signals import apply_signal
from appointed.sync.engine import Engine
from appointed.sync.models import Account
from appointed.sync.signals import DeletedOutside
from scenarios.crashing import Crash, Interrupted, Step, die, look_whole
from scenarios.scene import DAY, HOUR, Scene
from support.outside import CREATE, DELETE, UPDATE
from support.world import TOMORROW_TEN

PAGES = 7


@pytest.mark.scenario("J01")
def test_dying_anywhere_in_a_creation_leaves_one_event(scene: Scene):
    for day, step in enumerate(Step):
        appointment = scene.book(TOMORROW_TEN + day * DAY)
        die(scene, at=step)
        scene.cycle(2)

        assert len(scene.events_of(appointment)) == 1, step


@pytest.mark.scenario("J02")
@pytest.mark.parametrize("times", [1, 12])
def test_a_lost_answer_makes_no_second_event(scene: Scene, times: int):
    scene.outside.lose_answers(CREATE, times=times)
    appointment = scene.book()

    scene.cycle(3)

    assert len(scene.events_of(appointment)) == 1
    assert scene.written == 1


@pytest.mark.scenario("J05")
def test_dying_anywhere_in_a_move_or_a_deletion_converges(scene: Scene):
    for day, step in enumerate(Step):
        appointment = scene.settled(TOMORROW_TEN + 3 * day * DAY)
        scene.move(appointment, DAY)
        if step is not Step.BEFORE_INTENT:
            die(scene, at=step)
        scene.cycle(3)
        assert scene.event(appointment).when.instants[0] == appointment.start + DAY, step
        assert scene.written <= 2, step

        scene.mark()
        scene.cancel(appointment)
        if step is not Step.BEFORE_INTENT:
            die(scene, at=step)
        scene.cycle(3)
        assert scene.events_of(appointment) == [], step
        assert scene.written <= 2, step
    assert scene.mails() == 0


@pytest.mark.scenario("J05")
@pytest.mark.parametrize("kind", [UPDATE, DELETE])
def test_a_lost_answer_to_a_move_or_a_deletion_converges(scene: Scene, kind: str):
    appointment = scene.settled()
    scene.outside.lose_answers(kind, times=12)
    if kind == UPDATE:
        scene.move(appointment, DAY)
    else:
        scene.cancel(appointment)

    scene.cycle(3)
    scene.settle()

    assert scene.written <= 2
    assert len(scene.events_of(appointment)) == (1 if kind == UPDATE else 0)


@pytest.mark.scenario("J08")
@pytest.mark.parametrize("pages", [3, PAGES])
def test_a_look_cut_off_is_repeated_and_loses_nothing(scene: Scene, pages: int):
    for day in range(PAGES):
        scene.plan_outside(TOMORROW_TEN + day * DAY)
    token = scene.calendar(scene.outside.q).sync_token

    die(scene, pages=pages)

    assert scene.calendar(scene.outside.q).sync_token == token
    scene.cycle()
    assert len(scene.busy()) == PAGES


@pytest.mark.scenario("J09")
@pytest.mark.parametrize("when", ["before", "after"])
def test_dying_over_a_cancellation_leaves_one_with_one_mail(scene: Scene, when: str):
    appointment = scene.settled()
    scene.outside.delete(scene.event(appointment))
    scene.cycle(2)

    def dying(signal: DeletedOutside) -> None:
        if when == "after":
            apply_signal(signal)
        raise Crash

    scene.clock.pass_(HOUR)
    with pytest.raises(Crash):
        Engine(dying, scene._connect, scene.clock).run(scene.connection.account_id)
    held = scene.status(appointment), scene.mails()
    Account.objects.update(lease_until=None)
    scene.cycle(2)

    assert held == ("booked", 0)
    assert (scene.status(appointment), scene.mails()) == ("cancelled", 1)


@pytest.mark.scenario("J10")
def test_the_old_index_serves_until_a_whole_look_is_through(scene: Scene):
    for day in range(PAGES):
        scene.plan_outside(TOMORROW_TEN + day * DAY)
    scene.cycle()
    before = scene.busy()

    for pages in (2, 3, 2):
        look_whole()
        die(scene, pages=pages)
        assert scene.busy() == before
    scene.cycle()

    assert scene.busy() == before


@pytest.mark.scenario("J11")
@pytest.mark.parametrize("deed", ["create", "move", "cancel"])
def test_a_worker_that_lost_its_lease_commits_nothing(scene: Scene, deed: str):
    appointment = scene.book() if deed == "create" else scene.settled()
    if deed == "move":
        scene.move(appointment, DAY)
    if deed == "cancel":
        scene.cancel(appointment)
    plain = scene._connect

    def another_takes_over() -> None:
        Account.objects.update(lease_until=None, fence=F("fence") + 1)
        Engine(apply_signal, plain, scene.clock).run(scene.connection.account_id)

    scene._connect = lambda account: Interrupted(plain(account), another_takes_over)  # type: ignore[return-value]  # it stands for a provider
    scene.cycle()
    scene._connect = plain
    scene.cycle(2)

    assert len(scene.events_of(appointment)) == (0 if deed == "cancel" else 1)
    assert scene.mails() == 0


@pytest.mark.scenario("J12")
def test_of_two_workers_at_one_account_one_runs(scene: Scene):
    scene.book()
    plain, answers = scene._connect, []
    second = Engine(apply_signal, plain, scene.clock)

    def a_second_one_starts() -> None:
        answers.append(second.run(scene.connection.account_id))

    scene._connect = lambda account: Interrupted(plain(account), a_second_one_starts)  # type: ignore[return-value]  # it stands for a provider
    scene.cycle()
    scene._connect = plain

    assert answers == [False]
    assert scene.written == 1


@pytest.mark.scenario("J15")
def test_a_receipt_that_cannot_be_stored_makes_no_second_event(scene: Scene):
    appointment = scene.book()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.full() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE disk_full; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER disk_is_full BEFORE UPDATE ON sync_operation"
            " FOR EACH ROW EXECUTE FUNCTION pg_temp.full()"
        )
    with pytest.raises(DatabaseError):
        scene.cycle()
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER disk_is_full ON sync_operation")

    scene.cycle(2)

    assert len(scene.events_of(appointment)) == 1
    assert scene.written == 1


@pytest.mark.scenario("J20")
def test_what_a_person_restores_after_our_deletion_is_removed_once_more_at_most(scene: Scene):
    appointment = scene.settled()
    event = scene.event(appointment)
    scene.outside.lose_answers(DELETE, times=1)
    scene.cancel(appointment)
    scene.cycle()

    restored = scene.outside.restore(event)
    scene.cycle(3)
    if scene.outside.events(scene.outside.p):
        scene.spared.add(restored.remote_id)  # it was known to be gone: now it is busy

    assert scene.status(appointment) == "cancelled"
    assert scene.written <= 2
    assert scene.mails() == 0
