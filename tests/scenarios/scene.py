"""The default world of the catalogue over any other side: `p` is pushed to, `q` pulled."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from appointed.book.facts import AppointmentFacts
from appointed.book.models import Notice
from appointed.core.events import Timed
from appointed.core.keys import Item, derive_key
from appointed.providers.port import CalendarProvider
from appointed.sync.models import Account, BusyTime, CalendarChoice, Connection, Link
from appointed.sync.planning import installation
from appointed.sync.services.choosing import choose_calendar
from appointed.sync.services.connecting import connect_calendar
from appointed.sync.services.running import sync_now
from appointed.sync.wakeups import due_accounts
from support.book import House, make_house
from support.outside import FOREIGN_TITLE, Outside, Plan, Seen
from support.world import TOMORROW_TEN, BookSide, Clock

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
GENERATIONS, SALTS = 8, 3


@dataclass
class Scene(BookSide):
    """A world with its other side; what a scenario leaves behind on purpose is named here."""

    outside: Outside
    sides: dict[str, Outside] = field(default_factory=dict)
    """Every account's other side, by the account's label."""
    spared: set[str] = field(default_factory=set)
    """Remote ids of events that were ours and are now somebody's own: they count as busy."""
    planted: dict[str, str] = field(default_factory=dict)
    """Directions that end red because the scenario planted the reason: direction → state."""
    markers: list[str] = field(default_factory=list)
    """Words that may stand nowhere in the database or in a log."""
    gone_for_good: set[UUID] = field(default_factory=set)
    """Appointments whose event a person deleted when it was too late to mean anything."""

    def __post_init__(self) -> None:
        self._mark = self.outside.writes

    # ── time ──

    def cycle(self, times: int = 1, *, every: timedelta = timedelta(seconds=61)) -> None:
        """Let time pass and run every account, so many times."""
        for _ in range(times):
            self.clock.pass_(every)
            Account.objects.update(due_at=self.clock())
            for pk in Account.objects.order_by("pk").values_list("pk", flat=True):
                self.engine.run(pk)

    def let_pass(self, time: timedelta, *, step: timedelta = timedelta(minutes=1)) -> None:
        """Let time pass as the dispatcher sees it: only what is due by itself runs."""
        until = self.clock() + time
        while self.clock() < until:
            self.clock.pass_(min(step, until - self.clock()))
            for pk in due_accounts(self.clock()):
                self.engine.run(pk)

    def settle(self) -> None:
        """End all faults and run three cycles, each as late as the engine itself waits."""
        for outside in self.sides.values():
            outside.heal()
        for _ in range(3):
            self.cycle(every=max(timedelta(seconds=61), self._longest_wait()))

    def _longest_wait(self) -> timedelta:
        waits = [
            *Account.objects.exclude(wait_until=None).values_list("wait_until", flat=True),
            *Link.objects.exclude(due_at=None).values_list("due_at", flat=True),
        ]
        return max((at - self.clock() for at in waits if at), default=timedelta(0)) + SECOND

    def see_first_plan(self, connection: Connection | None = None) -> None:
        """Have a person look at the first plan of a connection, and run."""
        row = connection or self.connection
        sync_now(actor=self.house.owner, connection=row.uuid, engine=self.engine)
        self.cycle()

    # ── the book ──

    def settled(self, start: datetime = TOMORROW_TEN, **wish: Any) -> AppointmentFacts:
        """Return the row's X: booked, pushed, and shown alive by a read."""
        appointment = self.book(start, **wish)
        self.cycle(2)
        self.mark()
        return appointment

    def appointment_link(self, appointment: AppointmentFacts) -> Link | None:
        """Return an appointment's link, if it has one yet."""
        return Link.objects.filter(appointment__uuid=appointment.id).first()

    def mails(self) -> int:
        """Return how many mails to clients were ever asked for."""
        return Notice.objects.filter(reason="cancelled").count()

    # ── the other side ──

    def mark(self) -> None:
        """Count writes from here on."""
        self._mark = self.outside.writes

    @property
    def written(self) -> int:
        """Return the writes since the mark."""
        return self.outside.writes - self._mark

    def event(self, appointment: AppointmentFacts) -> Seen:
        """Return the one event that stands for an appointment in `p`."""
        [event] = self.events_of(appointment)
        return event

    def events_of(
        self, appointment: AppointmentFacts, outside: Outside | None = None, who: UUID | None = None
    ) -> list[Seen]:
        """Return the events that bear a key of an appointment and were made by an engine."""
        where = outside or self.outside
        keys = keys_of(who or self.house.pat.id, appointment.id)
        found = (event for c in (where.p, where.q) for event in where.events(c))
        return [e for e in found if e.ours and e.names & keys and e.remote_id not in self.spared]

    def plan_outside(self, start: datetime, length: timedelta = HOUR, **how: Any) -> Seen:
        """Have Pat plan something of his own in `q`."""
        calendar = how.pop("calendar", self.outside.q)
        return self.outside.add(calendar, Plan(timed(start, length), **how))

    def busy(self, calendar: str | None = None) -> set[tuple[datetime, datetime, bool]]:
        """Return the busy index of a calendar: from, to, and whether it blocks."""
        rows = BusyTime.objects.filter(calendar__remote_id=calendar or self.outside.q)
        return {(r.during.lower, r.during.upper, r.show_as != "free") for r in rows}


def timed(start: datetime, length: timedelta = HOUR) -> Timed:
    """Return a time in UTC."""
    return Timed(start, start + length, "UTC")


def keys_of(practitioner: UUID, appointment: UUID) -> frozenset[str]:
    """Return every key that an appointment's event may bear, derived without asking a link."""
    item = Item(practitioner, appointment)
    here = installation()
    return frozenset(
        derive_key(here, item, generation, salt)
        for generation in range(1, GENERATIONS)
        for salt in range(SALTS)
    )


def make_scene(outside: Outside, clock: Clock, *, first_plan: bool = True) -> Scene:
    """Return the default world over an other side."""
    house = make_house()
    sides: dict[str, Outside] = {}

    def connect(account: Account) -> CalendarProvider:
        return sides[account.label].connect(account)

    connection = connect_to(house, house.pat.id, outside, clock)
    sides[connection.account.label] = outside
    scene = Scene(house, clock, connection, connect, outside, sides)
    scene.markers += [*outside.secrets, FOREIGN_TITLE]
    if first_plan:
        scene.see_first_plan()
    scene.mark()
    return scene


def connect_to(house: House, practitioner: UUID, outside: Outside, clock: Clock) -> Connection:
    """Connect a practitioner to an account: `p` is pushed to and pulled, `q` is pulled."""
    made = connect_calendar(
        actor=house.owner,
        practitioner=practitioner,
        provider="caldav",
        credentials=outside.credentials,
        try_out=outside.try_out,
    )
    Connection.objects.filter(uuid=made).update(created_at=clock())
    connection = Connection.objects.get(uuid=made)
    CalendarChoice.objects.filter(connection=connection).delete()
    for remote_id, push in ((outside.p, True), (outside.q, False)):
        choose_calendar(
            actor=house.owner,
            connection=connection.uuid,
            calendar=connection.account.calendars.get(remote_id=remote_id).uuid,
            marks={"check_conflicts": True, "pull": True, "push": push},
        )
    return connection
