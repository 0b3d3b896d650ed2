"""A practitioner with two accounts: whose run does what, and what is left behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from appointed.providers.memory.auth import Grant
from appointed.providers.memory.provider import connect
from appointed.providers.memory.server import MemoryServer
from appointed.providers.port import CalendarProvider, Identity
from appointed.scheduling.signals import apply_signal
from appointed.sync.engine import Engine
from appointed.sync.models import Account, Connection, ExternalCalendar
from appointed.sync.services.choosing import choose_calendar
from appointed.sync.services.connecting import connect_calendar, disconnect
from appointed.sync.services.running import sync_now
from support.world import PUSH, World, make_world

SECOND = "second"


@dataclass
class TwoAccounts:
    """The default world, and another account of Pat's at another server."""

    world: World
    other: MemoryServer
    second: Connection | None = field(default=None)

    def provider(self, account: Account) -> CalendarProvider:
        if account.subject == SECOND:
            return connect(self.other, SECOND)
        return connect(self.world.server)

    @property
    def engine(self) -> Engine:
        return Engine(apply_signal=apply_signal, connect=self.provider, clock=self.world.clock)

    def connect_second(self) -> Connection:
        made = connect_calendar(
            actor=self.world.house.owner,
            practitioner=self.world.house.pat.id,
            provider="caldav",
            credentials={"url": "https://two.example.org/", "username": "pat", "password": "x"},
            try_out=lambda *_: connect(self.other, SECOND),
        )
        self.second = Connection.objects.get(uuid=made)
        return self.second

    def push_to(self, connection: Connection, *, push: bool = True) -> None:
        calendar = ExternalCalendar.objects.get(account=connection.account, remote_id=PUSH)
        choose_calendar(
            actor=self.world.house.owner,
            connection=connection.uuid,
            calendar=calendar.uuid,
            marks={"push": push},
        )

    def allow(self, connection: Connection) -> None:
        sync_now(actor=self.world.house.owner, connection=connection.uuid, engine=self.engine)

    def cycle(self, times: int = 1) -> None:
        for _ in range(times):
            self.world.clock.pass_(timedelta(seconds=61))
            for account in Account.objects.filter(connections__isnull=False).distinct():
                Account.objects.filter(pk=account.pk).update(due_at=self.world.clock())
                self.engine.run(account.pk)


@pytest.fixture
def two(db: None) -> TwoAccounts:  # noqa: ARG001 - rows want a database
    world = make_world(Identity.NAME)
    other = MemoryServer(Identity.NAME, clock=world.clock)
    other.grants[SECOND] = Grant(SECOND)
    other.add_calendar(PUSH, account=SECOND)
    return TwoAccounts(world, other)


def test_what_a_disconnected_account_kept_is_pushed_to_the_next_one(two: TwoAccounts) -> None:
    two.world.book()
    two.cycle(2)
    disconnect(actor=two.world.house.owner, connection=two.world.connection.uuid, remove=False)

    second = two.connect_second()
    two.push_to(second)
    two.allow(second)
    two.cycle(2)

    assert len(two.other.events(PUSH)) == 1


def test_another_push_calendar_takes_the_events_over(two: TwoAccounts) -> None:
    two.world.book()
    two.cycle(2)
    second = two.connect_second()

    two.push_to(two.world.connection, push=False)
    two.push_to(second)
    two.allow(second)
    two.cycle(4)

    assert two.world.events() == []
    assert len(two.other.events(PUSH)) == 1


def test_the_run_of_another_account_loses_no_change(two: TwoAccounts) -> None:
    second = two.connect_second()
    two.push_to(two.world.connection, push=False)
    two.push_to(second)
    two.allow(second)
    two.cycle(2)

    two.world.book()
    Account.objects.filter(pk=two.world.connection.account_id).update(due_at=two.world.clock())
    two.engine.run(two.world.connection.account_id)
    two.cycle()

    assert len(two.other.events(PUSH)) == 1
