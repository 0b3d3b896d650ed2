"""E – a person deletes our event: the signal that cancels."""

from __future__ import annotations

from datetime import timedelta

import pytest

from appointed.book.models import Appointment, HistoryEntry
from appointed.core.links import LinkState
from appointed.sync.models import Account, ExternalCalendar
from scenarios.scene import DAY, HOUR, Scene
from support.outside import READ_ONE

MINUTE = timedelta(minutes=1)
CANCELLED = Appointment.Status.CANCELLED


@pytest.mark.scenario("E01")
def test_a_deletion_verified_twice_cancels_with_one_mail(scene: Scene):
    appointment = scene.settled()
    scene.outside.delete(scene.event(appointment))

    scene.cycle()
    held = scene.status(appointment)
    scene.cycle(3)

    row = Appointment.objects.get(uuid=appointment.id)
    assert held == "booked"
    assert (row.status, row.cancelled_by) == (CANCELLED, Appointment.CancelledBy.CALENDAR)
    assert scene.mails() == 1
    entry = HistoryEntry.objects.get(appointment=row, step="cancelled")
    assert "read twice" in entry.detail["evidence"]


@pytest.mark.scenario("E02")
def test_without_the_notice_nobody_is_mailed(scene: Scene):
    scene.set(cancellation_notification=False)
    appointment = scene.settled()
    scene.outside.delete(scene.event(appointment))

    scene.cycle(4)

    assert scene.status(appointment) == CANCELLED
    assert scene.mails() == 0


@pytest.mark.scenario("E03")
def test_a_deletion_reported_by_every_way_at_once_counts_once(scene: Scene):
    appointment = scene.settled()
    scene.outside.delete(scene.event(appointment))

    for _ in range(4):
        ExternalCalendar.objects.update(whole_look_at=scene.clock())
        scene.outside.expire_tokens()
        Account.objects.update(dirty=True)
        scene.cycle()

    assert scene.status(appointment) == CANCELLED
    assert scene.mails() == 1


@pytest.mark.scenario("E05")
def test_restored_too_late_it_stays_cancelled_and_counts_as_busy(scene: Scene):
    appointment = scene.settled()
    event = scene.event(appointment)
    scene.outside.delete(event)
    scene.cycle(4)

    restored = scene.outside.restore(event)
    scene.spared.add(restored.remote_id)
    scene.cycle(2)

    assert scene.status(appointment) == CANCELLED
    assert scene.busy(scene.outside.p) == {(*event.when.instants, True)}
    assert scene.mails() == 1


@pytest.mark.scenario("E07")
@pytest.mark.parametrize(
    ("starts_in", "cancelled"),
    [(10 * MINUTE, True), (-10 * MINUTE, False), (-HOUR, False)],
    ids=["soon", "running", "over"],
)
def test_only_what_is_still_to_come_is_cancelled(
    scene: Scene,
    starts_in: timedelta,
    cancelled: bool,  # noqa: FBT001 - the row's expectation
):
    start = scene.clock() + DAY
    appointment = scene.settled(start)
    scene.clock.now = start - starts_in
    scene.cycle()
    scene.outside.delete(scene.event(appointment))

    scene.cycle(4)

    assert (scene.status(appointment) == CANCELLED) == cancelled
    assert scene.mails() == int(cancelled)
    if not cancelled:
        scene.gone_for_good.add(appointment.id)


@pytest.mark.scenario("E09")
@pytest.mark.parametrize("status", [500, 429, 403])
def test_a_read_that_fails_cancels_nobody(scene: Scene, status: int):
    appointment = scene.settled()
    scene.outside.delete(scene.event(appointment))
    scene.outside.fail(READ_ONE, status)

    scene.let_pass(HOUR)
    meanwhile = scene.status(appointment), scene.mails()
    state = scene.link(appointment).state
    scene.settle()

    assert meanwhile == ("booked", 0)
    assert state == LinkState.MISSING
    assert scene.status(appointment) == CANCELLED


@pytest.mark.scenario("E12")
def test_a_move_not_yet_sent_beats_a_deletion(scene: Scene):
    appointment = scene.settled()
    scene.move(appointment, DAY)
    scene.outside.delete(scene.event(appointment))

    scene.cycle(4)

    assert scene.status(appointment) == "booked"
    assert scene.link(appointment).generation == 2
    assert scene.event(appointment).when.instants[0] == appointment.start + DAY
    assert scene.mails() == 0
