from typing import Any

import pytest

from appointed.book.models import KeptAnswer
from support.api import Caller
from support.book import NINE, House

MORNING = {"weekday": 0, "start": "09:00", "end": "12:30"}


def test_a_practitioner_is_kept_with_his_hours(caller: Caller):
    body = {"name": "Cy", "time_zone": "Australia/Brisbane", "hours": [MORNING]}

    made = caller.post("/practitioners", body)
    read = caller.get(f"/practitioners/{made.json['id']}")

    assert (made.status, made.headers["ETag"]) == (201, '"1"')
    assert read.json == made.json
    assert (read.json["hours"], read.json["bookable"]) == ([MORNING], True)


def test_without_a_zone_the_practice_says_it(caller: Caller):
    made = caller.post("/practitioners", {"name": "Cy"})

    assert made.json["time_zone"] == "Europe/Berlin"


def test_hours_may_end_with_the_day(caller: Caller, house: House):
    late = {"weekday": 6, "start": "20:00", "end": "24:00"}

    changed = caller.patch(f"/practitioners/{house.pat.id}", {"hours": [late]})

    assert changed.json["hours"] == [late]


@pytest.mark.parametrize(
    "hours",
    [
        [{"weekday": 0, "start": "9", "end": "12:30"}],
        [{"weekday": 0, "start": "25:00", "end": "26:00"}],
        [{"weekday": 7, "start": "09:00", "end": "12:30"}],
        [{"weekday": 0, "start": "12:30", "end": "09:00"}],
        [MORNING, MORNING],
        [{**MORNING, "room": 1}],
        [{**MORNING, "start": "24:00"}],
        "always",
    ],
)
def test_hours_that_cannot_be_answer_422(caller: Caller, house: House, hours: Any):
    changed = caller.patch(f"/practitioners/{house.pat.id}", {"hours": hours})

    assert (changed.status, list(changed.fields)) == (422, ["hours"])


def test_clients_are_searched_by_name_and_phone(caller: Caller):
    caller.post("/clients", {"name": "Bob", "phone": "0170 555"})

    by_name = caller.get("/clients", q="bo").json["items"]
    by_phone = caller.get("/clients", q="170-555").json["items"]

    assert [c["name"] for c in by_name] == [c["name"] for c in by_phone] == ["Bob"]


def test_a_search_with_a_control_character_is_refused(caller: Caller):
    answer = caller.get("/clients", q="a\0b")

    assert (answer.status, list(answer.fields)) == (422, ["q"])


def test_an_erased_client_is_gone(caller: Caller, house: House):
    path = f"/clients/{house.ann.id}"
    caller.patch(path, {"phone": "1"})

    stale = caller.delete(path, version=1)
    erased = caller.delete(path, version=2)
    after = caller.get(path)

    assert (stale.status, erased.status, after.status) == (412, 204, 404)
    assert stale.json["current"]["version"] == 2


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/clients", {"name": "Bob"}),
        ("/services", {"name": "Taping", "minutes": 20}),
        ("/practitioners", {"name": "Cy"}),
    ],
)
def test_a_post_with_a_key_makes_one_of_each(caller: Caller, path: str, body: dict[str, Any]):
    before = len(caller.get(path).json["items"])
    key = {"Idempotency-Key": "same"}

    first = caller.post(path, body, headers=key)
    again = caller.post(path, body, headers=key)

    assert first.json == again.json
    assert len(caller.get(path).json["items"]) == before + 1
    assert KeptAnswer.objects.count() == 1


@pytest.mark.parametrize("key", ["", "k" * 201, "a\x7f"])
def test_a_key_that_cannot_be_kept_is_refused(caller: Caller, key: str):
    answer = caller.post("/clients", {"name": "Bob"}, headers={"Idempotency-Key": key})

    assert (answer.status, list(answer.fields)) == (422, ["Idempotency-Key"])


PATCHES = {
    "practitioner": ("/practitioners/{pat}", {"name": "Patricia"}),
    "client": ("/clients/{ann}", {"name": "Ann B."}),
    "service": ("/services/{massage}", {"minutes": 50}),
}


@pytest.mark.parametrize("resource", PATCHES)
def test_a_patch_of_an_older_version_answers_what_stands(
    caller: Caller, house: House, resource: str
):
    template, body = PATCHES[resource]
    path = template.format(pat=house.pat.id, ann=house.ann.id, massage=house.massage.id)

    changed = caller.patch(path, body, version=1)
    stale = caller.patch(path, body, version=1)

    assert (changed.status, changed.headers["ETag"]) == (200, '"2"')
    assert (stale.status, stale.json["current"]) == (412, changed.json)


@pytest.mark.parametrize(
    ("header", "status"),
    [('"1"', 200), ("1", 200), ('W/"1"', 200), ("*", 200), ('"0"', 412), ("what", 412)],
)
def test_if_match_is_read_as_callers_write_it(
    caller: Caller, house: House, header: str, status: int
):
    answer = caller.call(
        "PATCH",
        f"/services/{house.massage.id}",
        body={"minutes": 50},
        headers={"If-Match": header},
    )

    assert answer.status == status


WRONG = {
    "unknown key": ("/clients", {"name": "Bob", "age": 7}, "age"),
    "no name": ("/clients", {}, "name"),
    "blank name": ("/clients", {"name": "  "}, "name"),
    "long name": ("/clients", {"name": "x" * 501}, "name"),
    "no address": ("/clients", {"name": "Bob", "email": "bob"}, "email"),
    "control": ("/clients", {"name": "B\x00b"}, "name"),
    "null": ("/clients", {"name": None}, "name"),
    "no minutes": ("/services", {"name": "Taping"}, "minutes"),
    "too long": ("/services", {"name": "Taping", "minutes": 10**30}, "minutes"),
    "buffer": ("/services", {"name": "Taping", "minutes": 5, "buffer_after": 241}, "buffer_after"),
    "zone": ("/practitioners", {"name": "Cy", "time_zone": "Brisbane"}, "time_zone"),
    "colour": ("/practitioners", {"name": "Cy", "colour": "red;"}, "colour"),
    "a list": ("/clients", [], "body"),
    "a word": ("/clients", "word", "body"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_kept_is_named(caller: Caller, case: str):
    path, body, field = WRONG[case]

    answer = caller.call("POST", path, body=body if body != "word" else '"word"')

    assert (answer.status, list(answer.fields)) == (422, [field])


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 1001}, {"limit": "x"}])
def test_a_limit_out_of_its_range_is_refused(caller: Caller, query: dict[str, Any]):
    answer = caller.get("/clients", **query)

    assert (answer.status, list(answer.fields)) == (422, ["limit"])


def test_busy_times_of_the_book_bear_what_they_are(caller: Caller, house: House):
    house.book(NINE)
    day = {"from": "2027-03-01", "to": "2027-03-02"}

    answer = caller.get("/busy", practitioner=str(house.pat.id), **day)

    [busy] = answer.json["items"]
    assert (busy["start"], busy["show"]) == ("2027-03-01T10:00:00+01:00", "busy")
    assert (busy["source"], busy["title"]) == ("book", "Ann Ámos")


@pytest.mark.parametrize(
    ("day", "field"),
    [
        ({"from": "2027-03-01"}, "to"),
        ({"from": "2027-03-02", "to": "2027-03-01"}, "to"),
        ({"from": "2027-03-01T09:00:00", "to": "2027-03-02"}, "from"),
        ({"from": "1969-03-01", "to": "2027-03-02"}, "from"),
    ],
)
def test_a_range_that_is_none_is_refused(
    caller: Caller, house: House, day: dict[str, str], field: str
):
    answer = caller.get("/busy", practitioner=str(house.pat.id), **day)

    assert (answer.status, list(answer.fields)) == (422, [field])


def test_a_bare_plus_in_an_address_is_understood(caller: Caller, house: House):
    times = "from=2027-03-01T09:00:00+01:00&to=2027-03-01T10:00:00Z"

    answer = caller.get(f"/busy?practitioner={house.pat.id}&{times}")

    assert answer.status == 200


def test_the_audit_says_who_did_what_newest_first(caller: Caller, house: House):
    caller.patch(f"/clients/{house.ann.id}", {"phone": "1"})

    items = caller.get("/audit", limit=1).json["items"]

    assert [(i["actor"], i["action"]) for i in items] == [("manager", "client.changed")]
    assert items[0]["object"] == f"client:{house.ann.id}"
