from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from appointed_standins.phone.caldav import CalDavAccount, RemoteCalendar
from appointed_standins.phone.events import Entry, amend, entry_of
from appointed_standins.phone.mails import keep
from demo.conftest import NOW, ZONE, Phone, all_times, put

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
DAY = datetime(2026, 11, 25, tzinfo=ZONE)
TEN = DAY.replace(hour=10)
LUNCH = Entry("Lunch with Ann", TEN, TEN + timedelta(minutes=60), place="Quay")
WEEK = "/bob/?day=2026-11-25"


def the_event(account: CalDavAccount, private: RemoteCalendar) -> Entry:
    [found] = account.events(private, *all_times())
    return entry_of(found.text, ZONE)


def test_a_visitor_adds_an_event(
    strict_page: Page, phone: Phone, account: CalDavAccount, private: RemoteCalendar
) -> None:
    strict_page.goto(phone.url + WEEK)

    strict_page.get_by_role("link", name="New event").click()
    strict_page.get_by_label("Title").fill("Dentist")
    strict_page.get_by_label("at", exact=True).fill("14:00")
    strict_page.get_by_label("until").fill("14:45")
    strict_page.get_by_role("button", name="Add").click()

    expect(strict_page.get_by_role("link", name="Dentist 14:00–14:45")).to_be_visible()
    expect(strict_page.get_by_role("status")).to_have_text("Added.")
    assert the_event(account, private).start == DAY.replace(hour=14)


def test_an_end_before_the_start_is_said_beside_the_field(
    page: Page, phone: Phone, account: CalDavAccount, private: RemoteCalendar
) -> None:
    page.goto(phone.url + "/bob/new?day=2026-11-25")

    page.get_by_label("Title").fill("Dentist")
    page.get_by_label("To").fill("2026-11-24")
    page.get_by_role("button", name="Add").click()

    expect(page.locator(".field-end_day")).to_contain_text("The end lies before the start.")
    expect(page.get_by_label("Title")).to_have_value("Dentist")
    assert account.events(private, *all_times()) == []


def test_a_form_of_somebody_else_changes_nothing(page: Page, phone: Phone) -> None:
    answer = page.request.post(phone.url + "/bob/new", form={"title": "Dentist"})

    assert answer.status == 403


def test_a_dragged_event_is_moved(
    strict_page: Page, phone: Phone, account: CalDavAccount, private: RemoteCalendar
) -> None:
    put(account, private, LUNCH, uid="lunch")
    strict_page.goto(phone.url + WEEK)
    box = strict_page.locator(".tile").bounding_box()
    hour = strict_page.locator(".hours li").first.bounding_box()
    assert box is not None
    assert hour is not None

    strict_page.mouse.move(box["x"] + 20, box["y"] + 10)
    strict_page.mouse.down()
    strict_page.mouse.move(box["x"] + 20 + box["width"], box["y"] + 10 + hour["height"], steps=8)
    strict_page.mouse.up()

    expect(strict_page.get_by_role("status")).to_have_text("Moved.")
    expect(strict_page.locator("[data-day='2026-11-26'] .tile")).to_contain_text("11:00–12:00")
    assert the_event(account, private).start == TEN + timedelta(days=1, hours=1)


def test_escape_ends_a_drag_without_a_move(
    strict_page: Page, phone: Phone, account: CalDavAccount, private: RemoteCalendar
) -> None:
    put(account, private, LUNCH, uid="lunch")
    strict_page.goto(phone.url + WEEK)
    box = strict_page.locator(".tile").bounding_box()
    assert box is not None

    strict_page.mouse.move(box["x"] + 20, box["y"] + 10)
    strict_page.mouse.down()
    strict_page.mouse.move(box["x"] + 20, box["y"] + 200, steps=8)
    strict_page.keyboard.press("Escape")
    strict_page.mouse.up()

    expect(strict_page.locator(".tile")).to_contain_text("10:00–11:00")
    assert the_event(account, private) == LUNCH


def test_keys_move_an_event_once_for_a_burst(
    strict_page: Page, phone: Phone, account: CalDavAccount, private: RemoteCalendar
) -> None:
    put(account, private, LUNCH, uid="lunch")
    strict_page.goto(phone.url + WEEK)

    strict_page.locator(".tile a").focus()
    for key in ("Alt+ArrowDown", "Alt+ArrowDown", "Alt+ArrowRight"):
        strict_page.keyboard.press(key)

    expect(strict_page.locator("[data-day='2026-11-26'] .tile")).to_contain_text("10:30–11:30")
    assert the_event(account, private).start == TEN + timedelta(days=1, minutes=30)


def test_without_dragging_an_event_is_moved_copied_and_deleted(
    strict_page: Page, phone: Phone, account: CalDavAccount, private: RemoteCalendar
) -> None:
    put(account, private, LUNCH, uid="lunch")
    strict_page.goto(phone.url + "/bob/private/lunch.ics")

    strict_page.get_by_role("button", name="15 minutes later").click()
    strict_page.get_by_role("link", name="Lunch with Ann 10:15–11:15").click()
    strict_page.get_by_label("Day", exact=True).fill("2026-11-27")
    strict_page.get_by_role("button", name="Copy").click()
    expect(strict_page.locator(".tile")).to_have_count(2)
    strict_page.locator("[data-day='2026-11-25'] .tile a").click()
    strict_page.get_by_role("button", name="Delete event").click()

    expect(strict_page.get_by_role("status")).to_have_text("Deleted.")
    expect(strict_page.locator(".tile")).to_have_count(1)
    assert the_event(account, private).start == TEN + timedelta(days=2, minutes=15)


def test_an_event_that_arrives_is_seen_without_a_reload(
    strict_page: Page, phone: Phone, account: CalDavAccount, private: RemoteCalendar
) -> None:
    strict_page.goto(phone.url + WEEK)

    put(account, private, LUNCH, uid="lunch")

    expect(strict_page.get_by_role("link", name="Lunch with Ann")).to_be_visible(timeout=10_000)


def test_a_move_of_what_changed_meanwhile_is_refused_with_a_sentence(
    page: Page, phone: Phone, account: CalDavAccount, private: RemoteCalendar
) -> None:
    stored = put(account, private, LUNCH, uid="lunch")
    page.goto(phone.url + "/bob/private/lunch.ics")
    later = LUNCH.moved_to(TEN + timedelta(hours=3))
    account.replace(stored, amend(stored.text, later, now=NOW))

    page.get_by_role("button", name="A day later").click()

    expect(page.get_by_role("alert")).to_contain_text("changed somewhere else")
    assert the_event(account, private) == later


def test_a_mail_that_arrives_is_listed_and_read(strict_page: Page, phone: Phone) -> None:
    strict_page.goto(phone.url + "/mails/")
    expect(strict_page.get_by_text("No mail has arrived yet.")).to_be_visible()

    keep(
        phone.mails,
        b"From: us@harbour.example\r\nTo: ann@x.example\r\nSubject: Cancelled\r\n"
        b"Content-Type: text/html\r\n\r\n<p style='color:red'>Dear Ann",
        now=datetime.now(UTC),
    )
    strict_page.get_by_role("link", name="Cancelled").click()

    expect(strict_page.frame_locator("iframe").get_by_text("Dear Ann")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_is_accessible_in_both_widths_and_themes(
    browser: Browser,
    phone: Phone,
    account: CalDavAccount,
    private: RemoteCalendar,
    *,
    width: int,
    scheme: str,
) -> None:
    put(account, private, LUNCH, uid="lunch")
    put(account, private, Entry("Holiday", DAY.date(), DAY.date() + timedelta(2)), uid="holiday")
    mail = keep(phone.mails, b"Subject: Cancelled\r\nTo: ann@x.example\r\n\r\nDear Ann", now=NOW)
    pages = (WEEK, "/bob/new", "/bob/private/lunch.ics", "/mails/", f"/mails/{mail.stem}", "/none")
    page = browser.new_page(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )

    for path in pages:
        page.goto(phone.url + path)
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run()")["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.close()


def test_the_pages_allow_nothing_inline(strict_page: Page, phone: Phone) -> None:
    answer = strict_page.goto(phone.url + WEEK)

    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert re.search(r"default-src 'none'", policy)
