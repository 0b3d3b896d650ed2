"""J with real processes: a worker is killed at each crash point, and a second one finishes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.utils import timezone

from appointed.book.facts import AppointmentFacts
from appointed.core.links import LinkState
from appointed.sync.crashpoints import VARIABLE, CrashPoint
from appointed.sync.models import Account
from appointed.sync.queue import presume_workers_dead
from appointed.sync.wakeups import Urgency, wake_account
from scenarios.checks import (
    chk1_one_event_each,
    chk2_nothing_foreign_written,
    chk5_one_mail_for_a_person_s_deletion,
)
from scenarios.scene import DAY, HOUR, Scene, make_scene
from support.caldav_servers import Server
from support.fault_proxy import Reply, Rewrite
from support.outside_dav import DavOutside
from support.queue import empty_queue
from support.supervisor import wait_for
from support.workers import working
from support.world import Clock

pytestmark = pytest.mark.slow

WRITE_POINTS = [
    CrashPoint.BEFORE_INTENT,
    CrashPoint.AFTER_INTENT,
    CrashPoint.REQUEST_SENT,
    CrashPoint.ANSWER_RECEIVED,
    CrashPoint.BEFORE_LINK,
    CrashPoint.AFTER_LINK,
]
SIGNAL_POINTS = [CrashPoint.BEFORE_TOKEN, CrashPoint.BEFORE_SIGNAL, CrashPoint.AFTER_SIGNAL]
CASES = [(deed, point) for deed in ("create", "move", "cancel") for point in WRITE_POINTS]
CASES += [("delete", point) for point in SIGNAL_POINTS]


class RealClock(Clock):
    """The clock of the workers: it cannot be told to go on."""

    def __call__(self) -> datetime:
        return timezone.now()

    def pass_(self, time: timedelta) -> None:
        """Time passes by itself."""


@pytest.fixture
def outside(caldav_server: Callable[[str], Server]) -> Iterator[DavOutside]:
    made = DavOutside(caldav_server("radicale"))
    yield made
    made.close()


@pytest.fixture
def scene(transactional_db: None, outside: DavOutside) -> Scene:  # noqa: ARG001 - workers read what is committed
    empty_queue()
    made = make_scene(outside, RealClock())
    made.set(hold_seconds=0)
    made.cycle()
    return made


@pytest.mark.scenario("J01", "radicale")
@pytest.mark.scenario("J05", "radicale")
@pytest.mark.scenario("J09", "radicale")
@pytest.mark.parametrize(("deed", "point"), CASES)
def test_what_a_killed_worker_left_another_finishes_within_a_minute(
    scene: Scene, outside: DavOutside, deed: str, point: CrashPoint
):
    tomorrow = timezone.now().replace(minute=0, second=0, microsecond=0) + DAY
    appointment = None if deed == "create" else scene.settled(tomorrow)
    empty_queue()
    appointment = _do(scene, deed, appointment, tomorrow)

    with working(**{VARIABLE: point}) as victim:
        if point is CrashPoint.REQUEST_SENT:
            outside.proxy.plant(Rewrite(partial(_kill, victim.pid)), "PUT", "DELETE")
        assert victim.wait(90) == -signal.SIGKILL
    presume_workers_dead()

    with working():
        wait_for(lambda: _is_done(scene, deed, appointment), seconds=60)
    _check(scene, outside, mails=1 if deed == "delete" else 0)


def _do(
    scene: Scene, deed: str, standing: AppointmentFacts | None, start: datetime
) -> AppointmentFacts:
    if standing is None:
        return scene.book(start)
    match deed:
        case "move":
            scene.move(standing, HOUR)
        case "cancel":
            scene.cancel(standing)
        case _:
            scene.outside.delete(scene.event(standing))
            Account.objects.update(due_at=timezone.now())
            wake_account(scene.connection.account_id, Urgency.PERSON)
    return standing


def _is_done(scene: Scene, deed: str, appointment: AppointmentFacts) -> bool:
    link = scene.appointment_link(appointment)
    if link is None:
        return False
    events = scene.events_of(appointment)
    match deed:
        case "create":
            return link.state == LinkState.LIVE and len(events) == 1
        case "move":
            starts = [event.when.instants[0] for event in events]
            return link.state == LinkState.LIVE and starts == [appointment.start + HOUR]
        case "cancel":
            return link.state == LinkState.GONE and events == []
        case _:
            return scene.status(appointment) == "cancelled" and link.state == LinkState.GONE


def _check(scene: Scene, outside: DavOutside, *, mails: int) -> None:
    chk1_one_event_each(scene, scene.connection)
    chk2_nothing_foreign_written(outside)
    chk5_one_mail_for_a_person_s_deletion(scene)
    assert scene.mails() == mails


def _kill(pid: int, reply: Reply) -> Reply:
    os.kill(pid, signal.SIGKILL)
    return reply
