"""What this phone was told at its start: whose accounts, which mails, where the links lead."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from appointed_standins.phone.caldav import CalDavAccount

VARIABLE = "PHONE_CONFIGURATION"
"""Names the file."""


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """Somebody with a phone."""

    slug: str
    name: str
    time_zone: str
    account: CalDavAccount

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the phone shows times."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True, repr=False)
class Configuration:
    """All of it; `hosts` are the names under which the pages may be asked for."""

    people: tuple[Person, ...]
    mails: Path
    book_url: str
    secret: str
    hosts: tuple[str, ...]
    hold_seconds: int
    poll_seconds: int


@cache
def configuration() -> Configuration:
    """Return what the file says that the environment names."""
    return read_configuration(Path(os.environ[VARIABLE]))


def read_configuration(path: Path) -> Configuration:
    """Return what `write_configuration` wrote."""
    stored = json.loads(path.read_text())
    people = tuple(
        Person(
            slug=person["slug"],
            name=person["name"],
            time_zone=person["time_zone"],
            account=CalDavAccount(person["url"], person["username"], person["password"]),
        )
        for person in stored["people"]
    )
    return Configuration(
        people=people,
        mails=Path(stored["mails"]),
        book_url=stored["book_url"],
        secret=stored["secret"],
        hosts=tuple(stored["hosts"]),
        hold_seconds=stored["hold_seconds"],
        poll_seconds=stored["poll_seconds"],
    )


def write_configuration(path: Path, told: Configuration) -> None:
    """Keep it for the phone's process, readable by this user alone."""
    people = [
        {
            "slug": person.slug,
            "name": person.name,
            "time_zone": person.time_zone,
            "url": person.account.url,
            "username": person.account.username,
            "password": person.account.password,
        }
        for person in told.people
    ]
    text = json.dumps(
        {
            "people": people,
            "mails": str(told.mails),
            "book_url": told.book_url,
            "secret": told.secret,
            "hosts": list(told.hosts),
            "hold_seconds": told.hold_seconds,
            "poll_seconds": told.poll_seconds,
        },
        indent=2,
    )
    draft = path.with_name(f".{path.name}.new")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)
