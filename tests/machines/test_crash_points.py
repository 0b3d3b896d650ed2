"""Dying or losing the answer at each step of each write, for each kind of server (J01–J05)."""

from datetime import timedelta

import pytest

from appointed.core.steps import OnDeletion
from appointed.providers.memory.accounting import EVENT_WRITES, Verb
from appointed.providers.memory.faults import Answer, Drop, LoseAnswer, Zombie
from machines.executor import CrashPoint
from machines.world import BEGIN, DAY, HOUR, KINDS, Armed, Q, World

WRITE_POINTS = [
    CrashPoint.BEFORE_INTENT,
    CrashPoint.AFTER_INTENT,
    CrashPoint.REQUEST_SENT,
    CrashPoint.ANSWER_RECEIVED,
    CrashPoint.BEFORE_LINK,
    CrashPoint.AFTER_LINK,
]
FAULTS = [
    None,
    Drop(),
    LoseAnswer(),
    Zombie(timedelta(seconds=30)),
    Answer(503),
    Answer(504),
    Answer(429),
    Answer(412),
    Answer(403),
    Answer(404),
    Answer(401),
]


MOST_WRITES = 3


def created(world):
    return world.book(BEGIN + DAY)


def moved(world):
    item = settled(world)
    world.move(item, BEGIN + 2 * DAY)
    return item


def cancelled(world):
    item = settled(world)
    world.cancel(item)
    return item


def dragged(world):
    item = settled(world)
    world.people.drag(world.event_of(item), HOUR)
    return item


def moved_to_another_push_calendar(world):
    item = settled(world)
    world.settings.push_calendar = Q
    return item


def settled(world):
    item = world.book(BEGIN + DAY)
    world.cycle()
    world.cycle()
    return item


CASES = [created, moved, cancelled, dragged, moved_to_another_push_calendar]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_a_write_cut_off_anywhere_is_mended(kind, case, fault):
    for point in WRITE_POINTS:
        _is_mended(kind, case, fault, point)


def _is_mended(kind, case, fault, point):
    world = World(kind)
    case(world)
    before = len(world.server.accounts.writes)
    if fault is not None:
        world.server.faults.plant(fault, EVENT_WRITES)
    world.armed = Armed(point)
    world.cycle()

    world.settle()

    world.check_settled()
    assert not any(a.by_calendar for a in world.store.state.book.values())
    assert len(world.server.accounts.writes) - before <= MOST_WRITES


@pytest.mark.parametrize("point", WRITE_POINTS)
@pytest.mark.parametrize("fault", [LoseAnswer(), Zombie(timedelta(seconds=30))], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_a_removal_that_may_still_come_cancels_nobody_who_was_booked_again(kind, fault, point):
    world = World(kind)
    item = cancelled(world)
    world.server.faults.plant(fault, [Verb.DELETE])
    world.armed = Armed(point)
    world.cycle()
    world.reinstate(item)
    world.cycle()

    world.settle()

    world.check_settled()
    assert not world.store.state.book[item].cancelled


@pytest.mark.parametrize("point", [CrashPoint.BEFORE_SIGNAL, CrashPoint.AFTER_SIGNAL])
@pytest.mark.parametrize("kind", KINDS)
def test_a_cancellation_cut_off_happens_once_with_one_mail(kind, point):
    world = World(kind)
    item = settled(world)
    world.delete_event(world.event_of(item))
    world.cycle()
    world.true_now += timedelta(minutes=3)
    world.armed = Armed(point)
    assert not world.cycle()

    world.settle()

    world.check_settled()
    assert world.store.state.book[item].by_calendar
    assert len(world.store.state.mails) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_look_cut_off_before_its_token_is_repeated(kind):
    world = World(kind, page_size=1)
    item = settled(world)
    world.delete_event(world.event_of(item))
    foreign = [world.people.add("p", world.store.state.book[item].content) for _ in range(3)]
    world.armed = Armed(CrashPoint.BEFORE_TOKEN)
    assert not world.cycle()

    world.settle()

    world.check_settled()
    assert {i for _, i in world.store.state.busy} == {e.remote_id for e in foreign}


@pytest.mark.parametrize("kind", KINDS)
def test_a_deletion_asked_about_and_declined_is_put_back(kind):
    world = World(kind)
    world.settings.on_deletion = OnDeletion.ASK
    item = settled(world)
    world.delete_event(world.event_of(item))
    world.settle()
    assert world.store.state.questions

    world.answer(item, accept=False)
    world.settle()

    world.check_settled()
    assert world.event_of(item) is not None
    assert world.store.state.mails == {}


@pytest.mark.parametrize("point", WRITE_POINTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_persons_copy_outlives_a_removal_that_was_cut_off(kind, point):
    world = World(kind)
    item = settled(world)
    copy = world.people.copy(world.event_of(item), by=HOUR)
    world.cancel(item)
    world.armed = Armed(point)
    world.cycle()

    world.settle()

    world.check_settled()
    assert world.server.events() == [copy]
