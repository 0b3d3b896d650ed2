"""The main job, end to end, by the pages alone: `appointed demo`, the book, and the other side."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from support.caldav_servers import free_port
from support.database import temporary_data_dir
from support.demo import Demo, running_demo

pytestmark = [pytest.mark.slow, pytest.mark.browser]

BUILD = Path(__file__).parents[2] / "frontend" / "build.py"

SOON = 90_000
"""Milliseconds: a change is there within two seconds on an idle machine; this one is not idle."""
HELD = 150_000
"""The demo holds a deletion for twenty seconds."""


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    subprocess.run([sys.executable, BUILD], check=True)  # noqa: S603 - our own
    with temporary_data_dir() as folder, running_demo(folder, free_port()) as demo:
        yield demo


@pytest.fixture
def book(page: Page, demo: Demo) -> Page:
    """The book, with the owner signed in."""
    page.set_default_timeout(SOON)
    page.goto(demo.word("Appointment book"))
    page.get_by_label("E-mail").fill(demo.word("sign in as"))
    page.get_by_label("Password").fill(demo.word("password"))
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#grid")).to_be_visible(timeout=SOON)
    return page


@pytest.fixture
def phone(book: Page) -> Page:
    """Pat's phone, in another tab."""
    return book.context.new_page()


def monday_in_three_weeks() -> date:
    """A day on which the example week has nothing."""
    today = datetime.now(UTC).date()
    return today + timedelta(days=21 - today.weekday())


@dataclass(frozen=True, slots=True)
class Stage:
    """The book in one tab, Pat's phone in another, and the day on which everything happens."""

    book: Page
    phone: Page
    home: str
    other_side: str
    day: date

    @property
    def ours(self) -> Locator:
        """Ann's appointment as the phone shows it, by her initials."""
        return self.phone.locator(f"[data-day='{self.day}'] .tile", has_text="A. A.")

    def open_week(self) -> None:
        self.phone.goto(f"{self.other_side}pat/?day={self.day}")

    def open_mails(self) -> Locator:
        self.phone.goto(f"{self.other_side}mails/")
        return self.phone.locator(".mails li")

    def fill_in(self, client: str, start: str) -> None:
        """Fill in a new appointment with Pat, of which nobody is mailed."""
        self.book.goto(f"{self.home}appointments/new?date={self.day}")
        self.book.locator("#client-search").fill(client)
        expect(self.book.locator("#picked input")).to_be_checked(timeout=SOON)
        practitioner = self.book.get_by_label(re.compile("^Practitioner"))
        practitioner.select_option(label="Pat Parker")
        service = self.book.get_by_label("Service")
        physiotherapy = service.locator("option", has_text="Physiotherapy")
        service.select_option(physiotherapy.get_attribute("value"))
        self.book.get_by_label("Start").fill(start)
        self.book.get_by_label("Tell the client by mail").uncheck()
        self.book.get_by_role("button", name="Book", exact=True).click()

    def book_ann(self, start: str) -> str:
        """Book Ann and return the address of her appointment."""
        self.fill_in("Ann", start)
        entry = self.book.locator("#grid [data-entry]", has_text="Ann").first
        entry.click()
        edit = self.book.get_by_role("link", name="Edit")
        return self.home + str(edit.get_attribute("href")).removesuffix("/edit").lstrip("/")


def test_the_main_job(book: Page, phone: Page, demo: Demo) -> None:
    home, other_side = demo.word("Appointment book"), demo.word("The other side")
    stage = Stage(book, phone, home, other_side, monday_in_three_weeks())

    booked_in_the_book_it_is_in_the_calendar(stage)
    blocked_in_the_calendar_it_is_hatched_and_warns(stage)
    deleted_in_the_calendar_it_is_cancelled_and_one_mail_goes_out(stage)
    cancelled_in_the_book_it_goes(stage)

    expect(stage.open_mails()).to_have_count(1, timeout=SOON)


def booked_in_the_book_it_is_in_the_calendar(stage: Stage) -> None:
    """Booked it arrives; moved it moves, and there is no second one."""
    stage.open_week()

    appointment = stage.book_ann("10:00")
    expect(stage.ours).to_contain_text("10:00–10:45", timeout=SOON)
    stage.book.goto(f"{appointment}/move")
    stage.book.get_by_label("Start").fill("11:00")
    stage.book.get_by_role("button", name="Move").click()

    expect(stage.ours).to_contain_text("11:00–11:45", timeout=SOON)
    expect(stage.ours).to_have_count(1, timeout=SOON)


def blocked_in_the_calendar_it_is_hatched_and_warns(stage: Stage) -> None:
    """The book shows when, and not what."""
    stage.book.goto(f"{stage.home}?date={stage.day}")

    stage.phone.goto(f"{stage.other_side}pat/new?day={stage.day}")
    stage.phone.get_by_label("Title").fill("Dentist")
    stage.phone.get_by_label("at", exact=True).fill("14:00")
    stage.phone.get_by_label("until").fill("15:00")
    stage.phone.get_by_label("Private", exact=True).check()
    stage.phone.get_by_role("button", name="Add").click()

    expect(stage.book.locator(".busy-outside").first).to_be_visible(timeout=SOON)
    expect(stage.book.get_by_text("Dentist")).to_have_count(0, timeout=SOON)
    stage.fill_in("Bob", "14:15")
    expect(stage.book.get_by_role("alert")).to_contain_text("Pat Parker is busy", timeout=SOON)


def deleted_in_the_calendar_it_is_cancelled_and_one_mail_goes_out(stage: Stage) -> None:
    stage.open_week()

    stage.ours.get_by_role("link").click()
    stage.phone.get_by_role("button", name="Delete event").click()
    expect(stage.phone.get_by_role("status")).to_have_text("Deleted.", timeout=SOON)

    mails = stage.open_mails()
    expect(mails).to_have_count(1, timeout=HELD)
    expect(mails).to_contain_text("ann@clients.example", timeout=SOON)
    stage.book.goto(f"{stage.home}?date={stage.day}")
    expect(stage.book.locator("#grid [data-entry]", has_text="Ann")).to_have_count(0, timeout=SOON)


def cancelled_in_the_book_it_goes(stage: Stage) -> None:
    stage.open_week()
    appointment = stage.book_ann("09:00")
    expect(stage.ours).to_contain_text("09:00–09:45", timeout=SOON)

    stage.book.goto(f"{appointment}/cancel")
    stage.book.get_by_label("Tell the client by mail").uncheck()
    stage.book.get_by_role("button", name="Cancel the appointment").click()

    expect(stage.ours).to_have_count(0, timeout=SOON)
