"""C – pushing: cancel and delete, and the end of a connection."""

from __future__ import annotations

import pytest

from appointed.core.links import LinkState
from appointed.scheduling.appointments import cancel_appointment
from appointed.sync.models import Account, BusyTime, Connection
from appointed.sync.services.connecting import disconnect
from scenarios.scene import DAY, HOUR, Scene
from support.outside import DELETE
from support.world import TOMORROW_TEN


@pytest.mark.scenario("C01")
def test_cancelled_in_the_book_it_goes_without_a_mail_of_ours(scene: Scene):
    appointment = scene.settled()

    scene.cancel(appointment)
    scene.cycle()

    assert scene.events_of(appointment) == []
    assert scene.link(appointment).state == LinkState.GONE
    assert scene.mails() == 0


@pytest.mark.scenario("C02")
def test_deleted_by_a_person_a_moment_before_it_is_cancelled_once(scene: Scene):
    appointment = scene.settled()
    scene.outside.delete(scene.event(appointment))

    cancel_appointment(actor=scene.house.owner, appointment=appointment.id, tell=True)
    scene.cycle(4)

    assert scene.link(appointment).state == LinkState.GONE
    assert scene.mails() == 1


@pytest.mark.scenario("C04")
@pytest.mark.parametrize("fault", ["403", "500", "silence"])
def test_a_refused_deletion_stays_owed(scene: Scene, fault: str):
    appointment = scene.settled()
    if fault == "silence":
        scene.outside.drop(DELETE, times=30)
    else:
        scene.outside.fail(DELETE, int(fault))
    scene.cancel(appointment)

    scene.cycle(2)

    assert len(scene.events_of(appointment)) == 1
    assert scene.link(appointment).state != LinkState.GONE
    scene.settle()
    assert scene.events_of(appointment) == []


@pytest.mark.scenario("C08")
@pytest.mark.parametrize("remove", [False, True], ids=["keep", "remove"])
def test_the_end_of_a_connection_touches_only_our_own(scene: Scene, remove: bool):  # noqa: FBT001 - the parameter of the row
    standing = [scene.book(TOMORROW_TEN + n * DAY) for n in range(2)]
    foreign = scene.plan_outside(TOMORROW_TEN + HOUR, calendar=scene.outside.p)
    scene.cycle(2)
    before = scene.outside.writes

    disconnect(actor=scene.house.owner, connection=scene.connection.uuid, remove=remove)
    scene.cycle()

    left = [event for event in scene.outside.events(scene.outside.p) if event.ours]
    assert len(left) == (0 if remove else len(standing))
    assert scene.outside.writes - before == (len(standing) if remove else 0)
    assert foreign in scene.outside.events(scene.outside.p)
    assert not Connection.objects.exists()
    assert not BusyTime.objects.exists()
    assert set(Account.objects.values_list("secret", flat=True)) == {""}
