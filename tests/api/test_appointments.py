from datetime import timedelta

import pytest

from appointed.book.models import Appointment, Notice
from support.api import Answer, Caller
from support.book import NINE, House


def wish(house: House, **other: object) -> dict[str, object]:
    return {
        "kind": "client",
        "practitioner": str(house.pat.id),
        "client": str(house.ann.id),
        "start": "2027-03-01T10:00:00+01:00",
        "end": "2027-03-01T11:00:00+01:00",
        **other,
    }


def book(caller: Caller, house: House, **other: object) -> Answer:
    answer = caller.post("/appointments", wish(house, **other))
    assert answer.status == 201, answer.json
    return answer


def test_an_appointment_is_booked_in_the_practitioners_zone(caller: Caller, house: House):
    answer = book(caller, house)

    assert answer.headers["ETag"] == '"1"'
    assert answer.json["time_zone"] == "Europe/Berlin"
    assert answer.json["start"] == "2027-03-01T10:00:00+01:00"
    assert (answer.json["status"], answer.json["sync"]) == ("booked", [])


def test_it_is_read_as_it_was_booked(caller: Caller, house: House):
    booked = book(caller, house, title="First visit")

    answer = caller.get(f"/appointments/{booked.json['id']}")

    assert (answer.status, answer.json) == (200, booked.json)


def test_a_taken_time_answers_409_with_what_takes_it(caller: Caller, house: House):
    house.book(NINE)

    answer = caller.post("/appointments", wish(house))

    assert (answer.status, answer.code) == (409, "clash")
    [clash] = answer.json["clashes"]
    assert (clash["start"], clash["source"]) == ("2027-03-01T09:00:00+00:00", "book")


def test_a_clash_may_be_allowed(caller: Caller, house: House):
    house.book(NINE)

    answer = book(caller, house, allow_clash=True)

    assert answer.json["overbooked"] is True


def test_whole_days_are_days_in_and_out(caller: Caller, house: House):
    days = {"start": "2027-03-01", "end": "2027-03-03", "all_day": True}

    answer = book(caller, house, kind="unavailable", client=None, **days)

    assert (answer.json["start"], answer.json["end"]) == ("2027-03-01", "2027-03-03")


def test_a_meeting_is_listed_once_for_each_of_its_practitioners(caller: Caller, house: House):
    both = [str(house.pat.id), str(house.quinn.id)]
    book(caller, house, kind="meeting", client=None, practitioner=None, practitioners=both)

    answer = caller.get("/appointments", **{"from": "2027-03-01", "to": "2027-03-02"})

    assert [item["practitioner"] for item in answer.json["items"]] == both


def test_a_range_is_half_open_and_days_begin_in_the_practitioners_zone(
    caller: Caller, house: House
):
    late = {"start": "2027-03-01T23:30:00+01:00", "end": "2027-03-02T00:00:00+01:00"}
    book(caller, house, **late)
    own = str(house.pat.id)

    first = caller.get(
        "/appointments", practitioner=own, **{"from": "2027-03-01", "to": "2027-03-02"}
    )
    second = caller.get(
        "/appointments", practitioner=own, **{"from": "2027-03-02", "to": "2027-03-03"}
    )

    assert (len(first.json["items"]), len(second.json["items"])) == (1, 0)


def test_cancelled_ones_are_listed_only_if_asked_for(caller: Caller, house: House):
    booked = book(caller, house)
    caller.post(f"/appointments/{booked.json['id']}/cancel", {"reason": "ill"})

    without, with_them = caller.get("/appointments"), caller.get("/appointments", cancelled="true")

    assert without.json["items"] == []
    [item] = with_them.json["items"]
    assert (item["cancelled_by"], item["cancel_reason"]) == ("staff", "ill")


def test_a_list_goes_on_where_the_page_before_ended(caller: Caller, house: House):
    for place in range(5):
        house.book(NINE + timedelta(hours=place))

    first = caller.get("/appointments", limit=3)
    second = caller.get("/appointments", limit=3, cursor=first.json["next"])

    starts = [item["start"] for page in (first, second) for item in page.json["items"]]
    assert len(starts) == len(set(starts)) == 5
    assert second.json["next"] is None


@pytest.mark.parametrize("cursor", ["x", "WzFd", "bnVsbA", "W1siYSJdLCAxXQ", "WyJhIiwgMV0"])
def test_a_cursor_of_somebody_else_is_refused(caller: Caller, cursor: str):
    answer = caller.get("/appointments", cursor=cursor)

    assert (answer.status, list(answer.fields)) == (422, ["cursor"])


def test_a_patch_changes_what_it_names(caller: Caller, house: House):
    booked = book(caller, house, notes="first")

    answer = caller.patch(f"/appointments/{booked.json['id']}", {"title": "Knee"}, version=1)

    assert (answer.json["title"], answer.json["notes"]) == ("Knee", "first")
    assert answer.headers["ETag"] == '"2"'


def test_a_stale_patch_answers_the_current_state(caller: Caller, house: House):
    booked = book(caller, house)
    path = f"/appointments/{booked.json['id']}"
    caller.patch(path, {"title": "Knee"})

    answer = caller.patch(path, {"title": "Hip"}, version=1)

    assert (answer.status, answer.code) == (412, "stale")
    assert (answer.json["current"]["title"], answer.json["current"]["version"]) == ("Knee", 2)


def test_a_stale_cancel_is_refused_and_a_repeated_one_is_not(caller: Caller, house: House):
    booked = book(caller, house)
    path = f"/appointments/{booked.json['id']}"
    caller.patch(path, {"title": "Knee"})

    stale = caller.post(f"{path}/cancel", headers={"If-Match": '"1"'})
    done = caller.post(f"{path}/cancel", headers={"If-Match": '"2"'})
    again = caller.post(f"{path}/cancel", headers={"If-Match": '"2"'})

    assert (stale.status, done.status, again.status) == (412, 200, 200)
    assert done.json == again.json


def test_a_cancelled_one_is_booked_again_by_its_status(caller: Caller, house: House):
    booked = book(caller, house)
    path = f"/appointments/{booked.json['id']}"
    caller.post(f"{path}/cancel")

    answer = caller.patch(path, {"status": "booked"})

    assert (answer.json["status"], answer.json["cancelled_by"]) == ("booked", None)


def test_the_history_tells_step_by_step(caller: Caller, house: House):
    booked = book(caller, house, tell_client=True)
    path = f"/appointments/{booked.json['id']}"
    caller.patch(path, {"start": "2027-03-01T12:00:00+01:00", "end": "2027-03-01T13:00:00+01:00"})
    caller.post(f"{path}/cancel")

    answer = caller.get(f"{path}/history")

    steps = [item["step"] for item in answer.json["items"]]
    assert steps == ["booked", "notice", "moved", "cancelled"]


def test_the_same_key_and_body_book_once(caller: Caller, house: House):
    key = {"Idempotency-Key": "k1"}

    first = caller.post("/appointments", wish(house, tell_client=True), headers=key)
    again = caller.post("/appointments", wish(house, tell_client=True), headers=key)

    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    assert Appointment.objects.count() == Notice.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(caller: Caller, house: House):
    key = {"Idempotency-Key": "k1"}
    caller.post("/appointments", wish(house), headers=key)

    answer = caller.post("/appointments", wish(house, title="Knee"), headers=key)

    assert (answer.status, answer.code) == (422, "idempotency_key_reused")


def test_a_key_is_free_again_after_a_refusal(caller: Caller, house: House):
    taken = house.book(NINE)
    key = {"Idempotency-Key": "k1"}
    refused = caller.post("/appointments", wish(house), headers=key)
    caller.post(f"/appointments/{taken.id}/cancel")

    answer = caller.post("/appointments", wish(house), headers=key)

    assert (refused.status, answer.status) == (409, 201)


WRONG = {
    "no offset": ({"start": "2027-03-01T10:00:00"}, "start"),
    "no time": ({"start": "tomorrow"}, "start"),
    "a number": ({"start": 1234}, "start"),
    "no such day": ({"start": "2027-02-30T10:00:00+01:00"}, "start"),
    "edge of years": ({"end": "9999-12-31T23:59:59-12:00"}, "end"),
    "before years": ({"start": "0001-01-01T00:00:00+14:00"}, "start"),
    "unknown key": ({"colour": "red"}, "colour"),
    "unknown kind": ({"kind": "party"}, "kind"),
    "unknown zone": ({"time_zone": "EST5"}, "time_zone"),
    "series": ({"recurrence": {"rrule": "FREQ=DAILY"}}, "recurrence"),
    "no id": ({"practitioner": "pat"}, "practitioner"),
    "nobody's id": ({"practitioner": "00000000-0000-4000-8000-000000000000"}, "practitioner"),
    "control": ({"title": "a\u0007"}, "title"),
    "half a character": ({"notes": "\ud800"}, "notes"),
    "both": ({"practitioners": ["00000000-0000-4000-8000-000000000000"]}, "practitioners"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_kept_answers_422_with_its_field(caller: Caller, house: House, case: str):
    other, field = WRONG[case]

    answer = caller.post("/appointments", wish(house, **other))

    assert (answer.status, list(answer.fields)) == (422, [field])


@pytest.mark.parametrize("body", ["", "{", "nonsense", b"\xff\xfe"])
def test_what_is_no_json_is_refused(caller: Caller, body: str | bytes):
    answer = caller.post("/appointments", body or None)

    assert answer.status == (400 if body else 422)
