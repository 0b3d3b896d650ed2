"""A real CalDAV server, a phone of its own process, and a browser that forgives nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page

from appointed_standins.phone.caldav import CalDavAccount, RemoteCalendar, Resource
from appointed_standins.phone.configuration import (
    VARIABLE,
    Configuration,
    Person,
    write_configuration,
)
from appointed_standins.phone.events import Entry, compose
from support.caldav_servers import Server, free_port, radicale
from support.programs import answers
from support.supervisor import wait_for

ZONE = ZoneInfo("Europe/Berlin")
SOURCE = Path(__file__).parents[2] / "src"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(scope="package")
def caldav_server() -> Iterator[Server]:
    with radicale() as server:
        yield server


@pytest.fixture(scope="package")
def bob(caldav_server: Server) -> CalDavAccount:
    return CalDavAccount(f"{caldav_server.url}bob/", "bob", "secret-b")


@pytest.fixture
def account(bob: CalDavAccount) -> CalDavAccount:
    """Bob's account: two calendars with nothing in them."""
    bob.make_calendar("appointments", name="Appointments", colour="#1f5fb5")
    bob.make_calendar("private", name="Private", colour="#b4541a")
    for calendar in bob.calendars():
        for resource in bob.events(calendar, *all_times()):
            bob.remove(resource)
    return bob


@pytest.fixture
def private(account: CalDavAccount) -> RemoteCalendar:
    return next(each for each in account.calendars() if each.slug == "private")


def all_times() -> tuple[datetime, datetime]:
    return datetime(2000, 1, 1, tzinfo=UTC), datetime(2037, 1, 1, tzinfo=UTC)


def put(account: CalDavAccount, calendar: RemoteCalendar, entry: Entry, *, uid: str) -> Resource:
    return account.add(calendar, name=f"{uid}.ics", text=compose(entry, uid=uid, now=NOW))


@dataclass(frozen=True, slots=True)
class Phone:
    """A running phone: where it answers, and where its mails are."""

    url: str
    mails: Path


@pytest.fixture(scope="package")
def running_phone(bob: CalDavAccount, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phone]:
    port, folder = free_port(), tmp_path_factory.mktemp("phone")
    told = Configuration(
        people=(Person("bob", "Bob", ZONE.key, bob),),
        mails=folder / "mails",
        book_url="http://127.0.0.1:9/",
        secret="nobody-needs-it" * 4,
        hosts=("127.0.0.1",),
        hold_seconds=20,
        poll_seconds=3,
    )
    write_configuration(folder / "phone.json", told)
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "appointed_standins.phone", "--port", str(port)],
        env={**os.environ, VARIABLE: str(folder / "phone.json"), "PYTHONPATH": str(SOURCE)},
    )
    try:
        wait_for(lambda: answers(port))
        yield Phone(f"http://127.0.0.1:{port}", told.mails)
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def phone(running_phone: Phone, account: CalDavAccount) -> Phone:  # noqa: ARG001 - it empties
    """Bob's phone, a process of its own; nothing is in its calendars, no mail has arrived."""
    for mail in running_phone.mails.glob("*.eml"):
        mail.unlink()
    return running_phone


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, str]:
    return {"executable_path": "/usr/bin/chromium"}


@pytest.fixture
def strict_page(page: Page) -> Iterator[Page]:
    """A page on which any word on the console is a fault (so is each breach of the CSP)."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda fault: said.append(str(fault)))
    yield page
    assert said == []
