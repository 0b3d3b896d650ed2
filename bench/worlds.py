"""What is measured on: servers, a practice with many appointments, a connected calendar."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Self
from uuid import uuid4

from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from appointed.book.models import Appointment, AppointmentPractitioner, Change, Occurrence
from appointed.scheduling.engine import book_engine
from appointed.sync.models import Account, Connection
from appointed.sync.services.choosing import choose_calendar
from appointed.sync.services.connecting import connect_calendar
from appointed.sync.services.running import sync_now
from support.book import House, make_house, pk_of
from support.caldav_person import DavPerson
from support.caldav_servers import Server

_NUMBERS = count()
SOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=2)


@dataclass(slots=True)
class Stopwatch:
    """Seconds that passed between `start` and `stop`."""

    seconds: float = 0.0
    _since: float = field(default=0.0, repr=False)

    def __enter__(self) -> Self:
        self._since = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._since


@contextmanager
def counted_queries() -> Iterator[CaptureQueriesContext]:
    """Count the statements of this thread."""
    with CaptureQueriesContext(database) as captured:
        yield captured


def practice() -> House:
    """Make a practice with a name of its own."""
    return make_house(f"North{next(_NUMBERS)}")


def make_path(server: Server) -> str:
    """Make an empty calendar and return its path."""
    person = DavPerson(server)
    path = person.make_calendar(uuid4().hex)
    person.close()
    return path


def connected(house: House, server: Server, path: str) -> Connection:
    """Connect Pat, have bookings go to the calendar of `path`, and allow its first plan."""
    made = connect_calendar(
        actor=house.owner,
        practitioner=house.pat.id,
        provider="caldav",
        credentials={
            "url": server.url,
            "username": server.username,
            "password": server.password,
        },
    )
    connection = Connection.objects.get(uuid=made)
    for choice in connection.choices.all():
        choice.delete()
    calendar = connection.account.calendars.get(remote_id=path)
    choose_calendar(
        actor=house.owner,
        connection=made,
        calendar=calendar.uuid,
        marks={"push": True, "pull": True},
    )
    sync_now(actor=house.owner, connection=made, engine=book_engine())
    return connection


def run(connection: Connection) -> None:
    """Do what the worker would do now, a look included."""
    Account.objects.filter(pk=connection.account_id).update(due_at=datetime.now(UTC))
    book_engine().run(connection.account_id)


def fill_book(house: House, number: int) -> None:
    """Put appointments of 50 minutes into Pat's book, ten a day from the day after tomorrow."""
    pat = pk_of(house.pat.id)
    appointments = Appointment.objects.bulk_create(
        Appointment(
            practice=house.practice,
            kind="client",
            client=None,
            casual_name="Ann Amos",
            time_zone="Europe/Berlin",
            wall_start=start.replace(tzinfo=None),
            wall_end=(start + timedelta(minutes=50)).replace(tzinfo=None),
        )
        for start in _starts(number)
    )
    AppointmentPractitioner.objects.bulk_create(
        AppointmentPractitioner(appointment=a, practitioner_id=pat) for a in appointments
    )
    Occurrence.objects.bulk_create(
        Occurrence(
            appointment=a,
            practitioner_id=pat,
            during=(start, start + timedelta(minutes=50)),
            blocked=(start, start + timedelta(minutes=50)),
        )
        for a, start in zip(appointments, _starts(number), strict=True)
    )
    Change.objects.bulk_create(Change(appointment=a, practitioner_id=pat) for a in appointments)


def _starts(number: int) -> Iterator[datetime]:
    first = SOON.replace(hour=7)
    for i in range(number):
        yield first + timedelta(days=i // 10, hours=i % 10)
