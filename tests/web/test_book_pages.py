"""The pages of the book answer what the services decide."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client
from django.urls import reverse

from appointed.book.access import Role
from appointed.book.models import Appointment
from appointed.book.selectors.appointments import appointment_of
from appointed.book.selectors.pages import Paging
from appointed.book.selectors.people import list_clients
from support.book import NINE, House
from web.conftest import Entered

JSON = {"Accept": "application/json"}


def typed(house: House, **other: str) -> dict[str, str]:
    return {
        "kind": "client",
        "client": str(house.ann.id),
        "practitioner": str(house.pat.id),
        "day": "2027-03-01",
        "start": "10:00",
        "minutes": "45",
        **other,
    }


def test_wall_time_is_read_in_the_practice_s_zone(house: House, enter: Entered) -> None:
    staff = enter(Role.RECEPTION)

    answer = staff.post(reverse("web:new-appointment"), typed(house))

    assert answer.status_code == 302
    assert Appointment.objects.get().occurrences.get().during.lower == NINE


def test_a_service_gives_its_length_where_none_is_typed(house: House, enter: Entered) -> None:
    body = typed(house, minutes="", service=str(house.massage.id))

    enter(Role.OWNER).post(reverse("web:new-appointment"), body)

    during = Appointment.objects.get().occurrences.get().during
    assert during.upper - during.lower == timedelta(minutes=house.massage.minutes)


def test_each_kind_can_be_booked(house: House, enter: Entered) -> None:
    staff = enter(Role.OWNER)
    pat, quinn = str(house.pat.id), str(house.quinn.id)
    kinds = (
        typed(house, kind="casual", client="", casual_name="Cy", start="08:00"),
        {
            **typed(house, kind="meeting", title="Team", start="12:00"),
            "practitioners": [pat, quinn],
        },
        typed(house, kind="unavailable", title="Dentist", start="14:00"),
        typed(house, kind="unavailable", title="Away", day="2027-03-02", all_day="on", start=""),
    )

    answers = [staff.post(reverse("web:new-appointment"), body) for body in kinds]

    assert [answer.status_code for answer in answers] == [302] * 4
    assert Appointment.objects.get(kind="meeting").practitioners.count() == 2
    assert Appointment.objects.get(title="Away").all_day


def test_a_new_client_is_kept_once_though_the_time_clashes(house: House, enter: Entered) -> None:
    house.book(NINE)
    staff = enter(Role.OWNER)
    body = typed(house, client="", new_name="Dot", new_phone="040 1234")

    warned = staff.post(reverse("web:new-appointment"), body)
    [dot] = list_clients(house.owner, Paging(), search="Dot").items
    again = staff.post(
        reverse("web:new-appointment"), typed(house, client=str(dot.id), allow_clash="1")
    )

    assert (warned.status_code, again.status_code) == (409, 302)
    assert str(dot.id).encode() in warned.content
    assert len(list_clients(house.owner, Paging(), search="Dot").items) == 1


def test_a_drag_onto_a_taken_time_tells_what_takes_it(house: House, enter: Entered) -> None:
    house.book(NINE)
    moved = house.book(NINE + timedelta(hours=3))
    body = {"start": NINE.isoformat(), "end": "", "version": moved.version}

    answer = enter(Role.OWNER).post(
        reverse("web:place-appointment", args=[moved.id]), body, headers=JSON
    )

    assert answer.status_code == 409
    assert answer.json()["message"] == "Clash: Pat is busy Mon 1 Mar 10:00–11:00 (in the book)."


def test_a_stale_drag_tells_who_was_faster_and_the_version(house: House, enter: Entered) -> None:
    booked = house.book(NINE)
    staff = enter(Role.OWNER)
    address = reverse("web:place-appointment", args=[booked.id])
    body = {"start": (NINE + timedelta(hours=1)).isoformat(), "version": booked.version}
    staff.post(address, body, headers=JSON)

    answer = staff.post(address, body, headers=JSON)

    assert answer.status_code == 412
    assert answer.json()["version"] == booked.version + 1
    assert answer.json()["message"].startswith("Dee changed this appointment at")


def test_undo_of_a_drag_restores_time_and_practitioner(house: House, enter: Entered) -> None:
    booked = house.book(NINE)
    staff = enter(Role.OWNER)
    body = {
        "start": (NINE + timedelta(hours=1)).isoformat(),
        "end": (NINE + timedelta(hours=2)).isoformat(),
        "version": booked.version,
        "practitioner": str(house.pat.id),
        "to": str(house.quinn.id),
    }
    told = staff.post(reverse("web:place-appointment", args=[booked.id]), body, headers=JSON).json()

    staff.post(told["undo"]["url"], told["undo"]["fields"], headers=JSON)

    kept = appointment_of(house.owner, booked.id)
    assert (kept.start, kept.practitioner.name) == (NINE, "Pat")


def test_the_feed_shows_a_range_and_refuses_none(house: House, enter: Entered) -> None:
    house.book(NINE)
    staff = enter(Role.READ_ONLY)
    day = {"from": "2027-03-01T00:00:00", "to": "2027-03-02T00:00:00"}

    told = staff.get(reverse("web:feed"), day).json()
    refused = staff.get(reverse("web:feed"), {"from": "yesterday"})

    [entry] = told["entries"]
    assert (entry["label"], entry["changeable"]) == ("Ann Ámos", False)
    assert refused.status_code == 400


def test_the_day_downloads_as_icalendar_with_initials_only(house: House, enter: Entered) -> None:
    house.book(NINE, service=house.massage.id)

    answer = enter(Role.OWNER).get(reverse("web:export"), {"date": "2027-03-01"})

    text = answer.content.decode()
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert text.count("BEGIN:VEVENT") == 1
    assert "A. Á." in text
    assert "Ámos" not in text


def test_no_page_bears_inline_script_or_style(house: House, enter: Entered) -> None:
    booked = house.book(NINE)
    staff = enter(Role.OWNER)

    for address in (
        "/",
        f"/appointments/{booked.id}",
        "/clients",
        "/calendars",
        "/settings/people",
    ):
        answer = staff.get(address)

        text = answer.content.decode()
        assert "style=" not in text
        assert " onclick=" not in text
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_a_page_asks_the_database_no_more_for_more_appointments(
    house: House, enter: Entered, django_assert_max_num_queries: object
) -> None:
    staff: Client = enter(Role.OWNER)
    for number in range(8):
        house.book(NINE + timedelta(hours=number))

    with django_assert_max_num_queries(30):  # type: ignore[operator]  # pytest-django's fixture
        staff.get(reverse("web:book"), {"date": "2027-03-01"})
