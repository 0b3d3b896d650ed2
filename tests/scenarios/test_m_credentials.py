"""M – credentials that stop working, and the way back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from appointed.book.errors import BookError
from appointed.sync.facts import connection_facts
from appointed.sync.models import Account, Connection
from appointed.sync.services.connecting import connect_calendar, try_credentials
from scenarios.scene import DAY, HOUR, Scene
from support.fault_proxy import Answer, FaultProxy
from support.outside_dav import DavOutside
from support.world import TOMORROW_TEN


@pytest.mark.scenario("M03")
def test_signed_in_again_both_sides_catch_up(scene: Scene):
    kept, moved, ended = (scene.book(TOMORROW_TEN + n * DAY) for n in range(3, 6))
    scene.cycle(2)
    scene.outside.lock_out()
    scene.cycle(2)
    new = [scene.book(TOMORROW_TEN + n * DAY) for n in range(6, 9)]
    scene.move(moved, HOUR)
    scene.cancel(ended)
    scene.clock.pass_(DAY)

    scene.outside.let_in()
    scene.plan_outside(TOMORROW_TEN + 3 * DAY + 3 * HOUR)
    sign_in_again(scene)
    scene.cycle(2)

    assert [len(scene.events_of(a)) for a in (kept, moved, *new)] == [1] * 5
    assert scene.event(moved).when.instants[0] == moved.start + HOUR
    assert scene.events_of(ended) == []
    assert len(scene.busy()) == 1
    assert scene.mails() == 0


@pytest.mark.scenario("M07")
def test_a_changed_password_is_tried_three_times_at_most(scene: Scene):
    appointment = scene.settled()
    scene.outside.lock_out()
    scene.move(appointment, DAY)

    scene.let_pass(6 * HOUR, step=HOUR / 4)

    assert scene.outside.refusals <= 3
    standing = connection_facts(Connection.objects.get()).standing
    assert standing.state == "needs_sign_in"
    assert standing.reason
    scene.outside.let_in()
    sign_in_again(scene)


@pytest.mark.scenario("M10")
def test_a_wrong_password_is_told_and_nothing_is_kept(scene: Scene):
    accounts = Account.objects.count()

    with pytest.raises(BookError) as refused:
        connect_calendar(
            actor=scene.house.owner,
            practitioner=scene.house.quinn.id,
            provider="caldav",
            credentials={**scene.outside.credentials, "password": "wrong"},
            try_out=scene.outside.try_out,
        )

    assert refused.value.code == "credentials_rejected"
    assert Account.objects.count() == accounts
    assert Connection.objects.count() == 1


@pytest.fixture
def elsewhere() -> Iterator[FaultProxy]:
    """Another server, which nobody told us to trust."""
    proxy = FaultProxy("http://127.0.0.1:9/")
    proxy.plant(Answer(200), times=1000)
    yield proxy
    proxy.close()


@pytest.mark.scenario("M13")
@pytest.mark.parametrize("outside", ["radicale"], indirect=True)
def test_credentials_do_not_follow_a_redirect_elsewhere(scene: Scene, elsewhere: FaultProxy):
    assert isinstance(scene.outside, DavOutside)
    scene.book()
    scene.outside.proxy.plant(Answer(302, {"Location": f"{elsewhere.url}/dav/"}), times=1000)

    scene.cycle(2)

    sent = [name.lower() for exchange in elsewhere.seen() for name in exchange.headers]
    assert "authorization" not in sent
    assert connection_facts(Connection.objects.get()).standing.state != "in_step"


def sign_in_again(scene: Scene) -> None:
    outcome = try_credentials(
        actor=scene.house.owner,
        connection=scene.connection.uuid,
        password=scene.outside.credentials["password"],
        try_out=scene.outside.try_out,
    )
    assert outcome.ok
    Account.objects.update(due_at=scene.clock())
