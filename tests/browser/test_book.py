"""The book in a browser: seen, booked, moved, cancelled, with and without a mouse."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from appointed.book.access import Role
from appointed.book.selectors.appointments import appointment_of
from appointed.scheduling.appointments import cancel_appointment, change_appointment
from browser.conftest import Site, axe_faults
from support.book import House

DAY = "/?date=2027-03-01"
NINE = datetime(2027, 3, 1, 8, tzinfo=UTC)
"""Nine in Berlin."""


@pytest.fixture
def staff(page: Page, site: Site, open_house: House) -> Page:
    """A page on which an owner is signed in."""
    site.enter(page.context, open_house.user(Role.OWNER, "dee@north.example"))
    return page


def entry(page: Page, name: str = "Ann") -> object:
    return page.locator("#grid [data-entry]", has_text=name)


def test_a_day_shows_practitioners_side_by_side(staff: Page, open_house: House) -> None:
    open_house.book(NINE)

    staff.goto(DAY)

    expect(staff.get_by_role("heading", name="1 March 2027")).to_be_visible()
    expect(staff.locator(".column-head", has_text="Pat")).to_be_visible()
    expect(staff.locator(".column-head", has_text="Quinn")).to_be_visible()
    expect(entry(staff)).to_have_accessible_name(re.compile("09:00 . 10:00 Ann Ámos.*Pat, Booked"))
    assert axe_faults(staff) == []


def test_dragging_moves_an_appointment_and_undo_puts_it_back(
    staff: Page, open_house: House
) -> None:
    booked = open_house.book(NINE)
    staff.goto(DAY)
    box = entry(staff).bounding_box()

    staff.mouse.move(box["x"] + 60, box["y"] + 10)
    staff.mouse.down()
    staff.mouse.move(box["x"] + 60, box["y"] + 10 + box["height"] / 2, steps=5)
    staff.mouse.move(box["x"] + 60, box["y"] + 10 + box["height"], steps=5)
    staff.mouse.up()

    expect(staff.locator(".toast-note")).to_contain_text("Moved to Mon 1 Mar, 10:00")
    assert appointment_of(open_house.owner, booked.id).start == NINE + timedelta(hours=1)

    staff.get_by_role("button", name="Undo").click()

    expect(staff.locator(".toast-note")).to_contain_text("09:00")
    assert appointment_of(open_house.owner, booked.id).start == NINE


def test_the_lower_edge_makes_it_longer(staff: Page, open_house: House) -> None:
    booked = open_house.book(NINE)
    staff.goto(DAY)
    box = entry(staff).bounding_box()
    staff.mouse.move(box["x"] + 60, box["y"] + box["height"] - 2)

    staff.mouse.down()
    staff.mouse.move(box["x"] + 60, box["y"] + box["height"] + 20, steps=5)
    staff.mouse.move(box["x"] + 60, box["y"] + box["height"] * 1.5 - 4, steps=5)
    staff.mouse.up()

    expect(staff.locator(".toast-note")).to_be_visible()
    kept = appointment_of(open_house.owner, booked.id)
    assert (kept.start, kept.end) == (NINE, NINE + timedelta(minutes=90))


@pytest.mark.usefixtures("open_house")
def test_keys_alone_choose_a_time_and_book_it(staff: Page) -> None:
    staff.goto(DAY)
    staff.locator("#grid").focus()

    staff.keyboard.press("ArrowDown")
    staff.keyboard.press("ArrowDown")
    expect(staff.locator("#spoken")).to_contain_text("09:15, Pat, free")
    staff.keyboard.press("Enter")
    expect(staff.get_by_role("dialog")).to_be_visible()
    staff.get_by_label("Client", exact=True).fill("Ann")
    expect(staff.locator("#picked input")).to_be_checked()
    staff.get_by_label("Length in minutes").fill("30")
    staff.keyboard.press("Enter")

    expect(staff.locator(".toast-note")).to_contain_text("Booked: Ann Ámos, Mon 1 Mar, 09:15")
    expect(entry(staff)).to_be_visible()


def test_alt_and_arrows_move_and_are_saved_once_they_rest(staff: Page, open_house: House) -> None:
    booked = open_house.book(NINE)
    staff.goto(DAY)
    entry(staff).focus()

    staff.keyboard.press("Alt+ArrowDown")
    staff.keyboard.press("Alt+ArrowDown")
    staff.keyboard.press("Shift+Alt+ArrowRight")

    expect(staff.locator(".toast-note")).to_contain_text("Moved to Mon 1 Mar, 09:30")
    kept = appointment_of(open_house.owner, booked.id)
    assert kept.start == NINE + timedelta(minutes=30)
    assert kept.practitioner.name == "Quinn"
    assert kept.version == booked.version + 1


def test_a_clash_is_told_and_may_be_booked_anyway(staff: Page, open_house: House) -> None:
    open_house.book(NINE)
    other = open_house.book(NINE + timedelta(hours=2), kind="meeting", client=None, title="Team")
    staff.goto(f"/appointments/{other.id}/move")

    staff.get_by_label("Start").fill("09:30")
    staff.get_by_role("button", name="Move").click()
    expect(staff.get_by_role("main").get_by_role("alert")).to_contain_text(
        "Pat is busy Mon 1 Mar 09:00–10:00"
    )
    assert axe_faults(staff) == []
    staff.get_by_role("button", name="Book anyway").click()

    expect(staff.get_by_text("Moved: Team")).to_be_visible()
    assert appointment_of(open_house.owner, other.id).overbooked


def test_a_stale_change_shows_who_was_faster(staff: Page, open_house: House) -> None:
    booked = open_house.book(NINE)
    staff.goto(f"/appointments/{booked.id}/edit")
    change_appointment(
        actor=open_house.owner, appointment=booked.id, changes={"notes": "Bring the letter"}
    )

    staff.get_by_label("Where").fill("Room 2")
    staff.get_by_role("button", name="Save").click()
    expect(staff.get_by_role("main").get_by_role("alert")).to_contain_text(
        "changed this appointment at"
    )
    staff.get_by_role("button", name="Put mine on top").click()

    expect(staff.get_by_text("Saved: Ann")).to_be_visible()
    assert appointment_of(open_house.owner, booked.id).location == "Room 2"


def test_the_menu_opens_by_keyboard_and_sets_the_state(staff: Page, open_house: House) -> None:
    booked = open_house.book(NINE)
    staff.goto(DAY)
    entry(staff).focus()

    staff.keyboard.press("Shift+F10")
    expect(staff.locator("#entry-menu")).to_be_visible()
    assert axe_faults(staff) == []
    staff.get_by_role("menuitem", name="Arrived").click()

    expect(staff.locator(".toast-note")).to_contain_text("Arrived: Ann")
    assert appointment_of(open_house.owner, booked.id).status == "arrived"


def test_cut_and_paste_move_to_the_chosen_time(staff: Page, open_house: House) -> None:
    booked = open_house.book(NINE)
    staff.goto(DAY)
    entry(staff).click(button="right")
    staff.get_by_role("menuitem", name="Cut").click()
    target = staff.locator("#grid .column-head", has_text="Quinn").bounding_box()
    nine = entry(staff).bounding_box()

    staff.mouse.click(target["x"] + 5, nine["y"] + nine["height"] * 1.5 + 8, button="right")
    staff.get_by_role("menuitem", name="Paste here").click()

    expect(staff.locator(".toast-note")).to_contain_text("Moved to Mon 1 Mar, 10:30")
    assert appointment_of(open_house.owner, booked.id).practitioner.name == "Quinn"


def test_cancelling_asks_for_a_reason_and_can_be_undone(staff: Page, open_house: House) -> None:
    booked = open_house.book(NINE)
    staff.goto(DAY)
    entry(staff).click()
    staff.get_by_role("link", name="Cancel…").click()

    staff.get_by_label("Reason").select_option("Ill")
    assert axe_faults(staff) == []
    staff.get_by_role("button", name="Cancel the appointment").click()

    expect(entry(staff)).to_have_count(0)
    assert appointment_of(open_house.owner, booked.id).cancel_reason == "Ill"
    staff.get_by_role("button", name="Undo").click()
    expect(entry(staff)).to_be_visible()


def test_two_windows_agree_within_three_seconds(
    staff: Page, open_house: House, browser: Browser, site: Site
) -> None:
    booked = open_house.book(NINE)
    other = browser.new_context(base_url=site.address)
    site.enter(other, open_house.user(Role.RECEPTION, "lee@north.example"))
    second = other.new_page()
    staff.goto(DAY)
    second.goto(f"{DAY}&view=list")
    expect(entry(staff)).to_be_visible()
    expect(second.locator("#list")).to_contain_text("Ann")

    cancel_appointment(actor=open_house.owner, appointment=booked.id)

    expect(entry(staff)).to_have_count(0, timeout=3000)
    expect(second.locator("#list")).to_contain_text("Nothing is booked", timeout=3000)
    other.close()


def test_a_redraw_waits_for_a_gesture(staff: Page, open_house: House) -> None:
    open_house.book(NINE)
    staff.goto(DAY)
    box = entry(staff).bounding_box()
    staff.mouse.move(box["x"] + 60, box["y"] + 10)
    staff.mouse.down()
    staff.mouse.move(box["x"] + 60, box["y"] + 40, steps=4)

    open_house.book(NINE + timedelta(hours=4), client=None, kind="casual", casual_name="Cy")
    staff.mouse.move(box["x"] + 60, box["y"] + 10 + box["height"], steps=4)
    staff.wait_for_timeout(500)  # long enough for the news, which must not disturb
    staff.mouse.up()

    expect(staff.locator(".toast-note")).to_contain_text("Moved to Mon 1 Mar, 10:00")
    expect(entry(staff, "Cy")).to_be_visible()


def test_a_phone_gets_the_list_and_a_download(
    browser: Browser, site: Site, open_house: House
) -> None:
    open_house.book(NINE)
    phone = browser.new_context(
        base_url=site.address, viewport={"width": 390, "height": 844}, has_touch=True
    )
    site.enter(phone, open_house.user(Role.RECEPTION, "lee@north.example"))
    page = phone.new_page()

    page.goto(DAY)
    expect(page.locator("#list")).to_contain_text("09:00–10:00")
    page.get_by_role("button", name="More ways out").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Export to iCal").click()

    text = download.value.path().read_text()
    assert "BEGIN:VEVENT" in text
    assert "SUMMARY:A." in text
    phone.close()
