"""Who gets in, and how far: keys, roles, practices, addresses that lead nowhere."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from appointed.book.access import Role
from appointed.book.models import ApiKey
from appointed.book.services.practices import revoke_api_key
from appointed.sync.models import Account, CalendarChoice, Connection, ExternalCalendar, Run
from support.api import ROOT, Caller, document
from support.book import House, make_house, pk_of

CALLS = [(m.upper(), path) for path, methods in document()["paths"].items() for m in methods]
WITH_IDS = [call for call in CALLS if "{" in call[1]]

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/connections/{connection}/credentials"): {"password": "p"},
    ("POST", "/connections/{connection}/calendars"): {"name": "n"},
}


def foreign_ids(south: House) -> dict[str, str]:
    """Return an id of everything that South has."""
    pat = pk_of(south.pat.id)
    account = Account.objects.create(practice=south.practice, provider="caldav", subject="s")
    calendar = ExternalCalendar.objects.create(account=account, remote_id="c")
    connection = Connection.objects.create(
        practice=south.practice, practitioner_id=pat, account=account
    )
    CalendarChoice.objects.create(connection=connection, calendar=calendar, practitioner_id=pat)
    run = Run.objects.create(connection=connection, state=Run.State.DONE)
    return {
        "practitioner": str(south.pat.id),
        "client": str(south.ann.id),
        "service": str(south.massage.id),
        "appointment": str(south.book().id),
        "connection": str(connection.uuid),
        "calendar": str(calendar.uuid),
        "run": str(run.uuid),
    }


@pytest.mark.parametrize("call", WITH_IDS, ids=" ".join)
def test_ids_of_another_practice_lead_nowhere(caller: Caller, call: tuple[str, str]):
    method, path = call
    ids = foreign_ids(make_house("South"))

    body = None if method in {"GET", "DELETE"} else BODIES.get(call, {})
    answer = caller.call(method, path.format(**ids), body=body)

    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize("role", list(Role))
def test_to_every_role_of_another_practice_they_lead_nowhere(house: House, role: Role):
    caller = Caller(house.key(role))
    ids = foreign_ids(make_house("South"))

    read = caller.get(f"/appointments/{ids['appointment']}")
    asked = caller.get("/appointments", practitioner=ids["practitioner"])

    assert (read.status, asked.status) == (404, 404)


def test_another_practices_rows_are_in_no_list(caller: Caller, house: House):
    make_house("South").book()

    shown = {path: caller.get(path).json["items"] for path in ("/clients", "/appointments")}

    assert [c["id"] for c in shown["/clients"]] == [str(house.ann.id)]
    assert shown["/appointments"] == []


def test_ids_of_another_practice_in_a_body_are_refused(caller: Caller, house: House):
    south = make_house("South")
    wish = {
        "kind": "client",
        "practitioner": str(house.pat.id),
        "client": str(south.ann.id),
        "service": str(south.massage.id),
        "start": "2027-03-01T10:00:00Z",
        "end": "2027-03-01T11:00:00Z",
    }

    answer = caller.post("/appointments", wish)

    assert (answer.status, set(answer.fields)) == (422, {"client", "service"})


@pytest.mark.django_db
@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_without_a_key_nothing_answers(stranger: Caller, call: tuple[str, str]):
    method, path = call
    ids = {name: str(uuid4()) for name in ("practitioner", "client", "service", "appointment")}
    ids |= {name: str(uuid4()) for name in ("connection", "calendar", "run")}

    answer = stranger.call(method, path.format(**ids))

    assert (answer.status, answer.code) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["ap_wrong", "ä", "' OR 1=1 --"])
def test_a_wrong_key_opens_nothing(key: str):
    assert Caller(key).get("/clients").status == 401


def test_a_revoked_key_opens_nothing(caller: Caller, house: House):
    before = caller.get("/clients").status
    revoke_api_key(actor=house.owner, key=ApiKey.objects.get().uuid)

    assert (before, caller.get("/clients").status) == (200, 401)


REFUSED = {
    "book": ("POST", "/appointments", {Role.READ_ONLY}),
    "client": ("POST", "/clients", {Role.READ_ONLY}),
    "service": ("POST", "/services", {Role.RECEPTION, Role.PRACTITIONER, Role.READ_ONLY}),
    "person": ("POST", "/practitioners", {Role.RECEPTION, Role.PRACTITIONER, Role.READ_ONLY}),
    "audit": ("GET", "/audit", {Role.RECEPTION, Role.PRACTITIONER, Role.READ_ONLY}),
}


@pytest.mark.parametrize("deed", REFUSED)
def test_a_key_may_what_its_role_may(house: House, deed: str):
    method, path, refused = REFUSED[deed]
    bodies = {
        "/appointments": {
            "kind": "unavailable",
            "practitioner": str(house.pat.id),
            "start": "2027-03-01T10:00:00Z",
            "end": "2027-03-01T11:00:00Z",
            "allow_clash": True,
        },
        "/clients": {"name": "Bob"},
        "/services": {"name": "Taping", "minutes": 5},
        "/practitioners": {"name": "Cy"},
    }

    statuses = {
        role: Caller(house.key(role)).call(method, path, body=bodies.get(path)).status
        for role in Role
    }

    assert {role for role, status in statuses.items() if status == 403} == refused
    assert {status for role, status in statuses.items() if role not in refused} <= {200, 201}


@pytest.mark.parametrize("path", ["/nothing", "/clients/none", "/appointments/1/history", "/"])
def test_an_address_that_leads_nowhere_answers_in_the_envelope(caller: Caller, path: str):
    answer = caller.get(path)

    assert (answer.status, answer.code) == (404, "not_found")


def test_a_method_that_is_none_answers_in_the_envelope(caller: Caller):
    answer = caller.call("PUT", "/clients")

    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "POST"}


@pytest.mark.django_db
def test_the_document_is_there_for_programs_and_people(client: Client):
    raw = client.get(f"{ROOT}/openapi.json").json()
    page = client.get(f"{ROOT}/docs")

    assert raw["openapi"].startswith("3.1")
    text = page.content.decode()
    assert all(path in text for path in raw["paths"])
    assert "<script" not in text
    assert "style-src 'self'" in page.headers["Content-Security-Policy"]


def test_every_call_says_how_it_may_fail():
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            assert {"401", "403", "422"} <= set(operation["responses"]), (method, path)
