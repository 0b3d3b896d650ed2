"""Pages keep to the roles of the interface, and to the practice of who asks."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from appointed.book.access import Role
from appointed.book.selectors.appointments import appointment_of
from support.book import House, make_house
from web.conftest import Entered

OWNERS, SETTERS, BOOKERS = "owners", "setters", "bookers"
ROLES = {
    OWNERS: {Role.OWNER},
    SETTERS: {Role.OWNER, Role.MANAGER},
    BOOKERS: {Role.OWNER, Role.MANAGER, Role.RECEPTION, Role.PRACTITIONER},
}
PAGES = {
    "keys": OWNERS,
    "new-person": OWNERS,
    "practice": SETTERS,
    "new-service": SETTERS,
    "new-appointment": BOOKERS,
    "new-client": BOOKERS,
}


def test_a_stranger_is_sent_to_the_sign_in(house: House, client: Client) -> None:
    house.user(Role.OWNER, "dee@north.example")

    for name in ("book", "clients", "settings", "calendars", "new-appointment"):
        answer = client.get(reverse(f"web:{name}"))

        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/sign-in?next=")


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_for_its_roles_only(enter: Entered, role: Role, name: str) -> None:
    answer = enter(role).get(reverse(f"web:{name}"))

    assert answer.status_code == (200 if role in ROLES[PAGES[name]] else 403)


def test_a_practitioner_cannot_move_what_is_anothers(house: House, enter: Entered) -> None:
    booked = house.book(practitioners=[house.quinn.id])
    address = reverse("web:place-appointment", args=[booked.id])
    body = {"start": "2027-03-01T15:00:00+01:00", "version": booked.version}

    answer = enter(Role.PRACTITIONER).post(address, body, headers={"Accept": "application/json"})

    assert answer.status_code == 403
    assert appointment_of(house.owner, booked.id).start == booked.start


def test_another_practice_sees_nothing(house: House) -> None:
    booked = house.book()
    stranger = Client()
    stranger.force_login(make_house("South").user(Role.OWNER, "south@south.example"))

    pages = [
        reverse("web:appointment", args=[booked.id]),
        reverse("web:edit-appointment", args=[booked.id]),
        reverse("web:client", args=[house.ann.id]),
        reverse("web:practitioner", args=[house.pat.id]),
        reverse("web:service", args=[house.massage.id]),
    ]

    assert [stranger.get(page).status_code for page in pages] == [404] * len(pages)
    feed = stranger.get(
        reverse("web:feed"), {"from": "2027-03-01T00:00:00", "to": "2027-03-02T00:00:00"}
    )
    assert feed.json()["entries"] == []


def test_a_page_of_nothing_says_so(enter: Entered) -> None:
    answer = enter(Role.OWNER).get(reverse("web:appointment", args=[uuid4()]))

    assert answer.status_code == 404
    assert b"There is no such appointment here" in answer.content


def test_an_address_of_nothing_answers_with_a_page(client: Client) -> None:
    answer = client.get("/nowhere")

    assert answer.status_code == 404
    assert b"There is nothing at this address" in answer.content
