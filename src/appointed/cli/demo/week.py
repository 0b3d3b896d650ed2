"""A believable week of the invented practice, day by day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from appointed.book.errors import Clash
from appointed.book.selectors.appointments import list_appointments
from appointed.book.selectors.pages import Paging
from appointed.cli.demo.practice import DemoPractice
from appointed.scheduling.appointments import book_appointment
from appointed.scheduling.wishes import AppointmentFields

PHYSIOTHERAPY, FIRST, MASSAGE, FOLLOW_UP = range(4)
TIMES = (
    (time(9), PHYSIOTHERAPY),
    (time(10), FIRST),
    (time(11, 15), MASSAGE),
    (time(13, 30), PHYSIOTHERAPY),
    (time(14, 30), FOLLOW_UP),
    (time(15, 30), PHYSIOTHERAPY),
    (time(16, 30), MASSAGE),
)
"""Of a full day: when, and which service."""
SATURDAY = 5
DAYS = range(-1, 7)
"""From yesterday on: a week to look at."""
FREE_EVERY = 3
"""One of so many times stays free, so that there is room to book."""
WEDNESDAY, THURSDAY = 2, 3
PASSERS_BY = ("Walk-in", "Colleague of Ann", "Club physio")


@dataclass(frozen=True, slots=True)
class Planned:
    """An appointment of the example; people and services by their number."""

    people: tuple[int, ...]
    start: datetime
    kind: str = "client"
    client: int = 0
    service: int | None = None
    end: datetime | None = None
    title: str = ""


def fill_days(practice: DemoPractice, *, today: date) -> int:
    """Book the days around today, each unless something stands on it; return how many."""
    return sum(_fill(practice, today + timedelta(days=days)) for days in DAYS)


def planned_day(day: date, *, people: int, clients: int) -> Iterator[Planned]:
    """Yield the appointments of a day, always the same for the same day."""
    at_work = people if day.weekday() < SATURDAY else people // 2
    for person in range(at_work):
        yield from _of_a_person(day, person, clients=clients)
    if day.weekday() == WEDNESDAY:
        lunch = datetime.combine(day, time(12, 30))
        yield Planned(
            people=tuple(range(people)),
            start=lunch,
            end=lunch + timedelta(minutes=45),
            kind="meeting",
            title="Team meeting",
        )
    if day.weekday() == THURSDAY:
        training = datetime.combine(day, time(17, 15))
        yield Planned(
            people=(people - 1,),
            start=training,
            end=training + timedelta(minutes=45),
            kind="unavailable",
            title="Training",
        )


def _of_a_person(day: date, person: int, *, clients: int) -> Iterator[Planned]:
    times = TIMES if day.weekday() < SATURDAY else TIMES[1:3]
    for place, (start, service) in enumerate(times):
        turn = person * 5 + day.toordinal() * 2 + place * 7
        if turn % FREE_EVERY:
            yield Planned(
                people=(person,),
                start=datetime.combine(day, start),
                kind="casual" if turn % 11 == 1 else "client",
                client=turn % clients,
                service=service,
            )


@transaction.atomic
def _fill(practice: DemoPractice, day: date) -> int:
    zone = ZoneInfo(practice.colleagues[0].time_zone)
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    standing = list_appointments(
        practice.owner, Paging(limit=1), start=start, end=end, cancelled=True
    )
    if standing.items:
        return 0
    planned = planned_day(day, people=len(practice.colleagues), clients=len(practice.clients))
    return sum(_book(practice, each) for each in planned)


def _book(practice: DemoPractice, planned: Planned) -> bool:
    """Book it; where a private event is in the way the time stays free."""
    wish: AppointmentFields = {
        "kind": planned.kind,
        "practitioners": [practice.colleagues[number].id for number in planned.people],
        "start": planned.start,
        "time_zone": practice.colleagues[0].time_zone,
        "title": planned.title,
    }
    if planned.end is not None:
        wish["end"] = planned.end
    if planned.service is not None:
        wish["service"] = practice.services[planned.service]
    match planned.kind:
        case "client":
            wish["client"] = practice.clients[planned.client]
        case "casual":
            wish["casual_name"] = PASSERS_BY[planned.client % len(PASSERS_BY)]
        case _:
            pass
    try:
        book_appointment(actor=practice.owner, wish=wish)
    except Clash:
        return False
    return True
