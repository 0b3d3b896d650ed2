"""From an empty server to the book: the owner, the practice, people, hours, mail."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from appointed.book.models import Practice, Practitioner, Service, User
from appointed.book.setup import setup_code
from browser.conftest import axe_faults

PASSWORD = "correct horse battery"


@pytest.mark.usefixtures("transactional_db")
def test_the_first_owner_sets_the_practice_up(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_text("Step 1 of 5")).to_be_visible()
    _fill_owner(page, code="AAAA-BBBB-CCCC")
    expect(page.get_by_role("main").get_by_role("alert")).to_contain_text(
        "not the one in the server log"
    )
    expect(page.get_by_label("Your name")).to_have_value("Dee")
    assert axe_faults(page) == []
    _fill_owner(page, code=setup_code())

    page.get_by_label("Practice name").fill("North")
    page.get_by_label("Time zone").fill("brisbane")
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_label("Name", exact=True).first.fill("Pat")
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_label("Wednesday, second stretch, from").fill("13:00")
    page.get_by_label("Wednesday, second stretch, to").fill("12:00")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("main").get_by_role("alert")).to_contain_text(
        "Wednesday: 13:00-12:00 ends before it starts"
    )
    page.get_by_label("Wednesday, second stretch, to").fill("17:00")
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_role("link", name=re.compile("later|Open the book")).click()

    expect(page.locator(".book-title")).to_be_visible()
    practice = Practice.objects.get()
    assert (practice.name, practice.time_zone) == ("North", "Australia/Brisbane")
    assert Practitioner.objects.get().hours.count() == 10
    assert Service.objects.get().minutes == 45


@pytest.mark.usefixtures("transactional_db")
def test_signing_in_goes_where_one_wanted_and_out_again(page: Page) -> None:
    page.goto("/")
    _fill_owner(page, code=setup_code())
    expect(page.get_by_text("Step 2 of 5")).to_be_visible()
    page.goto("/clients")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/settings/people")
    page.get_by_label("E-mail").fill("DEE@north.example")
    page.get_by_label("Password").fill("wrong wrong wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("main").get_by_role("alert")).to_contain_text("do not belong together")

    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", name="People")).to_be_visible()
    assert User.objects.get().email == "dee@north.example"


def _fill_owner(page: Page, *, code: str) -> None:
    page.get_by_label("Your name").fill("Dee")
    page.get_by_label("E-mail").fill("dee@north.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Set-up code").fill(code)
    page.get_by_role("button", name="Save and continue").click()
