"""Every page, on a phone and a desk, by day and by night: nothing breaks, nothing is unreadable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page

from appointed.book.access import Role
from appointed.book.models import User
from appointed.book.setup import setup_link
from appointed.web.urls import urlpatterns
from browser.conftest import ROOT, Site, axe_faults
from support.book import NINE, House

SHOTS = ROOT / ".cache" / "screenshots"
ANSWERS_NO_PAGE = {
    "live": "a stream",
    "feed": "JSON for the grid",
    "export": "a download",
    "pick-client": "a part of a form",
    "sign-out": "takes a POST only",
    "place-appointment": "takes a POST only",
    "appointment-status": "takes a POST only",
    "remove-member": "takes a POST only",
    "invite": "takes a POST only",
    "revoke-key": "takes a POST only",
    "marks": "takes a POST only",
    "make-plan": "takes a POST only",
    "connection-act": "takes a POST only",
    "set-up": "the page of `welcome` by another name",
}
NEEDS_A_CALENDAR = {
    "connection",
    "connection-password",
    "disconnect",
    "waiting",
    "plan",
    "run",
}
"""Walked by `test_calendars.py`, which has a server with a calendar."""


def pages_of(house: House, owner: User) -> dict[str, list[str]]:
    """Return the addresses of every page, by the name of its route."""
    booked = house.book(NINE)
    house.book(NINE, minutes=30, practitioners=[house.quinn.id], kind="unavailable", client=None)
    newcomer = house.user(Role.RECEPTION, "new@north.example")
    user, token = setup_link(newcomer.uuid).split("/")[-2:]
    no_arguments = (
        "setup-practice",
        "setup-people",
        "setup-hours",
        "setup-mail",
        "new-appointment",
        "clients",
        "new-client",
        "settings",
        "practice",
        "people",
        "new-person",
        "services",
        "new-service",
        "keys",
        "calendars",
        "connect",
        "upload",
    )
    found = {name: [reverse(f"web:{name}")] for name in no_arguments}
    book = reverse("web:book")
    found["book"] = [f"{book}?date=2027-03-01&view={view}" for view in ("day", "week", "list")]
    found["welcome"] = [reverse("web:welcome", args=[user, token])]
    found["connect-provider"] = [
        reverse("web:connect-provider", args=[name]) for name in ("caldav", "icloud")
    ]
    one: dict[str, UUID] = {
        "appointment": booked.id,
        "edit-appointment": booked.id,
        "move-appointment": booked.id,
        "cancel-appointment": booked.id,
        "client": house.ann.id,
        "edit-client": house.ann.id,
        "practitioner": house.pat.id,
        "hours": house.pat.id,
        "service": house.massage.id,
        "member": owner.uuid,
    }
    return found | {name: [reverse(f"web:{name}", args=[uuid])] for name, uuid in one.items()}


def test_each_route_is_walked_or_says_why_not(open_house: House) -> None:
    names = {str(pattern.name) for pattern in urlpatterns}

    walked = set(pages_of(open_house, open_house.user(Role.OWNER, "dee@north.example")))

    assert names == walked | set(ANSWERS_NO_PAGE) | NEEDS_A_CALENDAR | {"sign-in", "setup"}


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_sound(
    browser: Browser, site: Site, open_house: House, width: int, scheme: str
) -> None:
    owner = open_house.user(Role.OWNER, "dee@north.example")
    pages = pages_of(open_house, owner)
    context = browser.new_context(
        base_url=site.address,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]  # one of Playwright's two words
    )
    faults: list[str] = []
    with context:
        page = context.new_page()
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        faults += _look(page, "/sign-in", SHOTS / f"sign-in-{width}-{scheme}.png")
        site.enter(context, owner)
        for name, addresses in pages.items():
            for place, address in enumerate(addresses):
                shot = SHOTS / f"{name}-{place}-{width}-{scheme}.png"
                faults += _look(page, address, shot)

    assert not faults, "\n".join(faults)


def _look(page: Page, address: str, shot: Path) -> Iterator[str]:
    answer = page.goto(address)
    if answer is None or not answer.ok:
        yield f"{address}: {answer.status if answer else 'no answer'}"
    if page.locator("#grid:visible").count():
        page.locator("#grid [role=grid]").wait_for()
    page.screenshot(path=shot, full_page=True)
    for fault in axe_faults(page):
        yield f"{address}: {fault}"
    if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
        yield f"{address}: wider than the window"
