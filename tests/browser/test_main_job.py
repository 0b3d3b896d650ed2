"""The main job from the pages alone: a calendar is connected, follows the book, and is heard."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from appointed.book.access import Role
from appointed.core.events import Content, Timed
from browser.conftest import Site, axe_faults, settings_of_run
from support.book import House
from support.caldav_person import HREF, DavPerson
from support.caldav_servers import Server

TOMORROW = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=1)
PATIENCE_MS = 60_000


@pytest.fixture
def worker(site: Site) -> Iterator[None]:  # noqa: ARG001 - the database comes first
    """`appointed worker` as a process of its own, looking every second."""
    process = subprocess.Popen(
        [sys.executable, "-m", "appointed.worker"],
        env={**settings_of_run(), "APPOINTED_POLL_SECONDS": "1"},
    )
    yield
    process.terminate()
    process.wait(60)


@pytest.fixture
def person(caldav_server: Callable[[str], Server]) -> Iterator[DavPerson]:
    person = DavPerson(caldav_server("radicale"))
    yield person
    person.close()


@pytest.mark.usefixtures("worker")
def test_the_whole_main_job(page: Page, site: Site, open_house: House, person: DavPerson) -> None:
    private = person.make_calendar("private")
    site.enter(page.context, open_house.user(Role.OWNER, "dee@north.example"))
    ours = _connect(page, person)
    _seen(page)

    booked = open_house.book(TOMORROW, service=open_house.massage.id)

    page.goto(f"/appointments/{booked.id}")
    expect(page.locator("#sync")).to_contain_text("In step", timeout=PATIENCE_MS)
    _seen(page)
    [path] = _pushed(person, private)
    assert "SUMMARY:Massage A. Á." in person.text(path)

    two = TOMORROW + timedelta(hours=2)
    person.add(private, Content(Timed(two, two + timedelta(hours=1), "UTC"), "Dentist"))
    page.goto(f"/?date={TOMORROW:%Y-%m-%d}&view=day")
    expect(page.locator(".busy-outside").first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("#grid")).not_to_contain_text("Dentist")

    person.delete(path)

    expect(page.locator("#grid [data-entry]")).to_have_count(0, timeout=PATIENCE_MS)
    page.goto(f"/appointments/{booked.id}")
    expect(page.get_by_role("main")).to_contain_text("Cancelled")
    page.goto(ours)
    page.get_by_role("link", name="Disconnect").click()
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("Disconnected.")).to_be_visible()


@pytest.mark.usefixtures("worker")
def test_a_wrong_password_is_told_with_its_remedy(
    page: Page, site: Site, open_house: House, person: DavPerson
) -> None:
    site.enter(page.context, open_house.user(Role.OWNER, "dee@north.example"))

    _sign_in(page, person, password="wrong")

    expect(page.get_by_role("main").get_by_role("alert")).to_contain_text(
        "refused user or password"
    )
    expect(page.get_by_role("main").get_by_role("alert")).to_contain_text("C245")
    expect(page.get_by_label("User")).to_have_value("alice")
    _seen(page)


def _connect(page: Page, person: DavPerson) -> str:
    """Connect Pat's account, let bookings go to a new calendar, and start; return its page."""
    _sign_in(page, person, password=person.server.password)
    expect(page.get_by_role("heading", name="Calendars")).to_be_visible(timeout=PATIENCE_MS)
    ours = page.url
    _seen(page)
    page.get_by_label("Make the new calendar").check()
    page.get_by_role("button", name="Save the choice").click()
    expect(page.get_by_text("The calendars are chosen.")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_label("Hold a deletion for, seconds").fill("1")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_role("button", name="Test credentials").click()
    expect(page.get_by_text(re.compile(r"Test credentials \(Succeeded"))).to_be_visible()
    page.get_by_role("button", name="Show the plan").click()
    expect(page.get_by_role("heading", name="Preview")).to_be_visible(timeout=PATIENCE_MS)
    _seen(page)
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#run")).to_contain_text("Done", timeout=PATIENCE_MS)
    _seen(page)
    page.goto("/calendars")
    expect(page.get_by_role("table")).to_contain_text("In step", timeout=PATIENCE_MS)
    _seen(page)
    return ours


def _sign_in(page: Page, person: DavPerson, *, password: str) -> None:
    page.goto("/calendars")
    page.get_by_role("link", name="Connect a calendar of Pat").click()
    page.get_by_role("link", name="CalDAV").click()
    page.get_by_label("Address", exact=True).fill(person.server.url)
    page.get_by_label("User").fill(person.server.username)
    page.get_by_label("Password or app password").fill(password)
    page.get_by_role("button", name="Sign in and look for calendars").click()


def _pushed(person: DavPerson, private: str) -> list[str]:
    """Return what stands in the account's other calendars."""
    account = person._http.request("PROPFIND", person.server.home, headers={"Depth": "1"}).text
    calendars = {
        path for path in HREF.findall(account) if path not in {person.server.home, private}
    }
    return [path for calendar in calendars for path in person.events(calendar)]


def _seen(page: Page) -> None:
    assert axe_faults(page) == []
