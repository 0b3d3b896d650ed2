"""The practitioners' own calendars: accounts on the demo's server, and a life beside the work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from appointed.cli.demo.practice import Colleague
from appointed_standins.phone.caldav import CalDavAccount, Stale
from appointed_standins.phone.configuration import Person
from appointed_standins.phone.events import Entry, compose

APPOINTMENTS, PRIVATE = "appointments", "private"
CALENDARS = {APPOINTMENTS: ("Appointments", "#1f5fb5"), PRIVATE: ("Private", "#b4541a")}
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = range(6)


def person_of(colleague: Colleague, *, port: int, password: str) -> Person:
    """Return a practitioner as the owner of a phone, and of an account on the demo's server."""
    address = f"http://127.0.0.1:{port}/{colleague.slug}/"
    return Person(
        slug=colleague.slug,
        name=colleague.first_name,
        time_zone=colleague.time_zone,
        account=CalDavAccount(address, colleague.slug, password),
    )


def make_calendars(people: Sequence[Person]) -> None:
    """Give everybody two calendars; what stands already stays."""
    for person in people:
        for slug, (name, colour) in CALENDARS.items():
            person.account.make_calendar(slug, name=name, colour=colour)


def add_private_events(people: Sequence[Person], *, today: date) -> None:
    """Put a private life into the calendars; done twice it is still one."""
    for number, person in enumerate(people):
        private = next(each for each in person.account.calendars() if each.slug == PRIVATE)
        monday = today - timedelta(days=today.weekday())
        for title, entry in _life(number, monday, person.zone):
            uid = f"demo-{title}-{person.slug}"
            text = compose(entry, uid=uid, now=datetime.now(UTC))
            try:
                person.account.add(private, name=f"{uid}.ics", text=text)
            except Stale:
                continue  # it was made by a start that was broken off


def _life(number: int, monday: date, zone: ZoneInfo) -> Iterator[tuple[str, Entry]]:
    def at(day: int, hour: int, minute: int, minutes: int) -> tuple[datetime, datetime]:
        start = datetime.combine(monday + timedelta(days=day), time(hour, minute), zone)
        return start, start + timedelta(minutes=minutes)

    first = (MONDAY + number) % 5
    yield "dentist", Entry("Dentist", *at(first + 7, 17, 15, 45), private=True)
    yield "school", Entry("Pick up from school", *at((first + 1) % 5, 12, 30, 45))
    yield "choir", Entry("Choir", *at((first + 3) % 5, 18, 30, 90), repeats="WEEKLY")
    yield "car", Entry("Car to the garage", *at((first + 2) % 5, 8, 0, 30), place="Dock Street")
    birthday = monday + timedelta(days=(first + 4) % 5)
    yield "birthday", Entry("Birthday of Bob", birthday, birthday + timedelta(days=1), free=True)
