"""The default world of the scenarios: Pat's book, one account, two calendars, people, a clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from appointed.book.facts import AppointmentFacts
from appointed.book.models import Appointment
from appointed.core.choices import as_stored, from_stored, merged
from appointed.core.events import Content, Timed
from appointed.providers.memory.people import People
from appointed.providers.memory.provider import connect
from appointed.providers.memory.server import MemoryServer
from appointed.providers.port import CalendarProvider, Identity
from appointed.scheduling.appointments import cancel_appointment, change_appointment
from appointed.scheduling.signals import apply_signal
from appointed.sync.engine import Engine
from appointed.sync.models import Account, Connection, ExternalCalendar, Link
from appointed.sync.services.choosing import choose_calendar
from appointed.sync.services.connecting import connect_calendar
from appointed.sync.services.running import sync_now
from support.book import House, make_house

PUSH, PULL = "p", "q"
NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
TOMORROW_TEN = datetime(2027, 3, 2, 9, tzinfo=UTC)


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, time: timedelta) -> None:
        """Let time pass."""
        self.now += time


@dataclass
class BookSide:
    """A practice with a connection, a clock, and the engine: all but the other side."""

    house: House
    clock: Clock
    connection: Connection
    _connect: Callable[[Account], CalendarProvider] = field(repr=False)

    @property
    def engine(self) -> Engine:
        """The engine over the other side and this clock."""
        return Engine(apply_signal=apply_signal, connect=self._connect, clock=self.clock)

    def cycle(self, times: int = 1, *, every: timedelta = timedelta(seconds=61)) -> None:
        """Let time pass and run, so many times."""
        for _ in range(times):
            self.clock.pass_(every)
            Account.objects.update(due_at=self.clock())
            self.engine.run(self.connection.account_id)

    def book(
        self, start: datetime = TOMORROW_TEN, minutes: int = 50, **wish: Any
    ) -> AppointmentFacts:
        """Book Ann with Pat."""
        return self.house.book(start, minutes, **wish)

    def move(self, appointment: AppointmentFacts, by: timedelta) -> None:
        """Move an appointment in the book."""
        row = Appointment.objects.get(uuid=appointment.id)
        occurrence = row.occurrences.filter(active=True).get()
        change_appointment(
            actor=self.house.owner,
            appointment=appointment.id,
            changes={
                "start": occurrence.during.lower + by,
                "end": occurrence.during.upper + by,
            },
        )

    def cancel(self, appointment: AppointmentFacts) -> None:
        """Cancel an appointment in the book."""
        cancel_appointment(actor=self.house.owner, appointment=appointment.id)

    def link(self, appointment: AppointmentFacts) -> Link:
        """Return an appointment's link."""
        return Link.objects.get(appointment__uuid=appointment.id)

    def status(self, appointment: AppointmentFacts) -> str:
        """Return an appointment's status in the book."""
        return Appointment.objects.values_list("status", flat=True).get(uuid=appointment.id)

    def set(self, **changes: Any) -> None:
        """Change settings of the connection without a plan."""
        self.connection.refresh_from_db()
        after = merged(from_stored(self.connection.settings), changes)
        self.connection.settings = as_stored(after)
        self.connection.replan = True
        self.connection.save()

    def calendar(self, remote_id: str = PUSH) -> ExternalCalendar:
        """Return the row of a calendar."""
        return ExternalCalendar.objects.get(account=self.connection.account_id, remote_id=remote_id)


@dataclass
class World(BookSide):
    """The same, beside a calendar server in memory."""

    server: MemoryServer
    people: People

    def plan_outside(self, start: datetime, length: timedelta, calendar: str = PULL) -> Any:
        """Have Pat plan something of his own in a calendar."""
        when = Timed(start, start + length, "UTC")
        return self.people.add(calendar, Content(when, "Dentist"))

    def events(self, calendar: str = PUSH) -> list[Any]:
        """Return what stands in a calendar, straight from the server."""
        return self.server.events(calendar)


def make_world(identity: Identity, *, first_plan: bool = True) -> World:
    """Return a world whose push calendar `p` is chosen; `q` is pulled beside it."""
    clock = Clock()
    house = make_house()
    server = MemoryServer(identity, clock=clock)
    for name in (PUSH, PULL):
        server.add_calendar(name)
    provider = lambda *_: connect(server)  # noqa: E731 - the way to this very server
    made = connect_calendar(
        actor=house.owner,
        practitioner=house.pat.id,
        provider="caldav",
        credentials={"url": "https://cal.example.org/", "username": "pat", "password": "secret"},
        try_out=provider,
    )
    connection = Connection.objects.get(uuid=made)
    world = World(house, clock, connection, provider, server, People(server))
    Connection.objects.filter(pk=connection.pk).update(created_at=clock())
    for remote_id, marks in ((PUSH, {"push": True, "pull": True}), (PULL, {"pull": True})):
        choose_calendar(
            actor=house.owner,
            connection=connection.uuid,
            calendar=world.calendar(remote_id).uuid,
            marks={"check_conflicts": True, **marks},
        )
    if first_plan:
        sync_now(actor=house.owner, connection=connection.uuid, engine=world.engine)
        world.cycle()
    return world


def uuid_of(appointment: AppointmentFacts) -> UUID:
    """Return an appointment's public id."""
    return appointment.id
