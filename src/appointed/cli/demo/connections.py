"""The practitioners' connections to their calendars, made as a person would make them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from appointed.book.access import Actor
from appointed.cli.demo.calendars import CALENDARS
from appointed.cli.demo.practice import DemoPractice
from appointed.scheduling.engine import book_engine
from appointed.sync.facts import all_connections, calendars_of, one_connection
from appointed.sync.services.choosing import change_settings, choose_calendar
from appointed.sync.services.connecting import connect_calendar
from appointed.sync.services.running import sync_now
from appointed_standins.phone.configuration import Person

HOLD_SECONDS = 20
"""How long a deletion is held, so that a visitor sees its end."""
PUSH, READ = CALENDARS["appointments"][0], CALENDARS["private"][0]
MARKS = {
    PUSH: {"check_conflicts": True, "pull": True, "push": True},
    READ: {"check_conflicts": True, "pull": True, "push": False},
}
"""What each calendar of an account is for, by its name."""


def connect_everybody(practice: DemoPractice, people: Sequence[Person]) -> None:
    """Connect whoever is not connected yet and have the first plan carried out.

    Broken off and done again it goes on where it was.

    Raises: `NotConnected`.
    """
    owner = practice.owner
    standing = {each.practitioner: each.uuid for each in all_connections(owner)}
    for colleague, person in zip(practice.colleagues, people, strict=True):
        connection = standing.get(colleague.id) or _connect(owner, colleague.id, person)
        if not any(calendar.push for calendar in calendars_of(owner, connection)):
            _choose(owner, connection)
        if one_connection(owner, connection).standing.reason == "first_plan":
            sync_now(actor=owner, connection=connection, engine=book_engine())


def _connect(owner: Actor, practitioner: UUID, person: Person) -> UUID:
    return connect_calendar(
        actor=owner,
        practitioner=practitioner,
        provider="caldav",
        credentials={
            "url": person.account.url,
            "username": person.account.username,
            "password": person.account.password,
        },
    )


def _choose(owner: Actor, connection: UUID) -> None:
    change_settings(actor=owner, connection=connection, changes={"hold_seconds": HOLD_SECONDS})
    for calendar in calendars_of(owner, connection):
        if marks := MARKS.get(calendar.name):
            choose_calendar(actor=owner, connection=connection, calendar=calendar.uuid, marks=marks)
