"""Connections by the API, against a real CalDAV server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from appointed.book.access import Role
from appointed.core.events import Content, Timed
from appointed.scheduling.engine import book_engine
from appointed.sync.models import Account, BusyTime
from support.api import Answer, Caller
from support.book import House, make_house
from support.caldav_person import DavPerson
from support.caldav_servers import Server

SOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
HOUR = timedelta(hours=1)


class Desk:
    """Somebody with a key, a calendar server, and the worker at his call."""

    def __init__(self, house: House, server: Server, calendar: str) -> None:
        self.house, self.server, self.calendar = house, server, calendar
        self.api = Caller(house.key(Role.MANAGER))
        self.person = DavPerson(server)

    def account(self, **other: str) -> dict[str, Any]:
        return {
            "practitioner": str(self.house.pat.id),
            "provider": "caldav",
            "url": self.server.url,
            "username": self.server.username,
            "password": self.server.password,
            **other,
        }

    def connect(self) -> str:
        """Connect, and have bookings go to the calendar."""
        made = self.api.post("/connections", self.account())
        assert made.status == 201, made.json
        connection = str(made.json["id"])
        calendars = self.api.get(f"/connections/{connection}/calendars", limit=1000).json["items"]
        [mine] = [c for c in calendars if c["name"].endswith(self.calendar)]
        marked = self.api.patch(
            f"/connections/{connection}/calendars/{mine['id']}",
            {"push": True, "pull": True, "check_conflicts": True},
        )
        assert marked.status == 200
        return connection

    def end(self, connection: str, events: str) -> Answer:
        return self.api.call("DELETE", f"/connections/{connection}", query={"events": events})

    def work(self) -> None:
        """Do what the worker would do now."""
        for account in Account.objects.filter(connections__isnull=False).distinct():
            Account.objects.filter(pk=account.pk).update(due_at=datetime.now(UTC))
            book_engine().run(account.pk)

    def events(self) -> dict[str, str]:
        return self.person.events(f"{self.server.home}{self.calendar}/")

    def book(self, start: datetime = SOON) -> str:
        return str(self.house.book(start, 50).id)


@pytest.fixture
def desk(db: None, caldav_server: Callable[[str], Server]) -> Iterator[Desk]:  # noqa: ARG001 – the database must be there
    server = caldav_server("radicale")
    calendar = uuid4().hex
    person = DavPerson(server)
    path = person.make_calendar(calendar)
    yield Desk(make_house(), server, calendar)
    person.delete_calendar(path)
    person.close()


def test_a_new_connection_pulls_and_waits_for_its_first_plan(desk: Desk) -> None:
    connection = desk.connect()
    desk.book()
    desk.work()

    shown = desk.api.get(f"/connections/{connection}").json

    assert desk.events() == {}
    assert shown["directions"]["push"] == {"state": "waiting", "reason": "first_plan"}
    assert shown["state"] == "waiting"


def test_the_plan_that_was_shown_is_carried_out(desk: Desk) -> None:
    connection = desk.connect()
    appointment = desk.book()

    plan = desk.api.post(f"/connections/{connection}/plan", {}).json
    asked = desk.api.post(f"/connections/{connection}/sync", {"plan": plan["id"]})
    desk.work()

    assert plan["counts"] == {"create": 1}
    assert [o["id"] for o in plan["operations"]] == [appointment]
    assert asked.status == 202
    assert len(desk.events()) == 1
    assert desk.api.get(f"/runs/{asked.json['run']}").json["state"] == "done"
    assert desk.api.get(f"/connections/{connection}").json["state"] == "in_step"


def test_a_plan_that_no_longer_holds_is_refused_and_writes_nothing(desk: Desk) -> None:
    connection = desk.connect()
    desk.book()
    plan = desk.api.post(f"/connections/{connection}/plan", {}).json

    desk.book(SOON + HOUR)
    asked = desk.api.post(f"/connections/{connection}/sync", {"plan": plan["id"]})
    desk.work()

    assert (asked.status, asked.code) == (409, "plan_outdated")
    assert desk.events() == {}


def test_an_appointment_says_where_it_stands(desk: Desk) -> None:
    connection = desk.connect()
    appointment = desk.book()
    desk.api.post(f"/connections/{connection}/sync", {})
    waiting = desk.api.get(f"/appointments/{appointment}").json["sync"]

    desk.work()

    standing = desk.api.get(f"/appointments/{appointment}").json["sync"]
    assert [s["state"] for s in waiting] == ["waiting"]
    assert [(s["connection"], s["state"]) for s in standing] == [(connection, "in_step")]


def test_a_private_event_is_busy_and_warned_of(desk: Desk) -> None:
    desk.connect()
    when = Timed(SOON, SOON + HOUR, "UTC")
    desk.person.add(f"{desk.server.home}{desk.calendar}/", Content(when, "Dentist"))
    desk.work()

    busy = desk.api.get(
        "/busy",
        practitioner=str(desk.house.pat.id),
        **{"from": (SOON - HOUR).isoformat(), "to": (SOON + HOUR).isoformat()},
    ).json["items"]
    booked = desk.api.post(
        "/appointments",
        {
            "kind": "client",
            "practitioner": str(desk.house.pat.id),
            "client": str(desk.house.ann.id),
            "start": SOON.isoformat(),
            "end": (SOON + HOUR).isoformat(),
        },
    )

    assert [(b["show"], b["source"]) for b in busy] == [("busy", "external")]
    assert "Dentist" not in str(busy)
    assert (booked.status, booked.code) == (409, "clash")
    assert [c["source"] for c in booked.json["clashes"]] == ["external"]


def test_the_same_account_twice_is_refused(desk: Desk) -> None:
    desk.connect()

    again = desk.api.post("/connections", desk.account())

    assert (again.status, again.code) == (409, "already_connected")


def test_a_second_practitioner_shares_the_account(desk: Desk) -> None:
    desk.connect()

    other = desk.api.post("/connections", desk.account(practitioner=str(desk.house.quinn.id)))

    assert other.status == 201
    assert Account.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        ({"password": "wrong"}, "credentials_rejected", "C245"),
        ({"url": "http://127.0.0.1:9/"}, "unreachable", "C291"),
        ({"url": "https://10.1.2.3/"}, "private_address", "C243"),
        ({"url": "https://apidata.googleusercontent.com/caldav/"}, "use_google", "C242"),
    ],
)
def test_a_refused_connecting_keeps_nothing(
    desk: Desk, change: dict[str, str], code: str, text: str
) -> None:
    refused = desk.api.post("/connections", desk.account(**change))

    assert (refused.status, refused.code) == (422, code)
    assert refused.json["error"]["text"] == text
    assert not Account.objects.exists()


def test_disconnecting_with_remove_takes_only_ours_away(desk: Desk) -> None:
    connection = desk.connect()
    desk.book()
    when = Timed(SOON + 3 * HOUR, SOON + 4 * HOUR, "UTC")
    foreign = desk.person.add(f"{desk.server.home}{desk.calendar}/", Content(when, "Dentist"))
    desk.api.post(f"/connections/{connection}/sync", {})
    desk.work()
    before = len(desk.events())

    ended = desk.end(connection, "remove")
    desk.work()

    assert (before, ended.status) == (2, 204)
    assert list(desk.events()) == [foreign]
    assert desk.api.get(f"/connections/{connection}").status == 404
    assert Account.objects.get().secret == ""


def test_connected_again_after_keeping_nothing_is_doubled(desk: Desk) -> None:
    connection = desk.connect()
    desk.book()
    desk.api.post(f"/connections/{connection}/sync", {})
    desk.work()
    desk.end(connection, "keep")

    again = desk.connect()
    desk.api.post(f"/connections/{again}/sync", {})
    desk.work()
    desk.work()

    assert len(desk.events()) == 1


def test_settings_are_merged_and_kept_in_their_ranges(desk: Desk) -> None:
    connection = desk.connect()

    kept = desk.api.patch(
        f"/connections/{connection}/settings",
        {"push": {"mode": "manual"}, "days_in_advance": None, "name_level": "full"},
    )
    refused = desk.api.patch(f"/connections/{connection}/settings", {"hold_seconds": 4000})
    template = desk.api.patch(
        f"/connections/{connection}/settings", {"title_template": "{client.email}"}
    )

    assert kept.json["push"] == {"enabled": True, "mode": "manual"}
    assert kept.json["days_in_advance"] is None
    assert (refused.status, list(refused.fields)) == (422, ["hold_seconds"])
    assert (template.status, list(template.fields)) == (422, ["title_template"])


def test_manual_lists_what_waits_until_sync_now(desk: Desk) -> None:
    connection = desk.connect()
    desk.api.post(f"/connections/{connection}/sync", {})
    desk.api.patch(f"/connections/{connection}/settings", {"push": {"mode": "manual"}})
    desk.work()
    desk.book()
    desk.work()
    waiting = desk.api.get(f"/connections/{connection}").json

    desk.api.post(f"/connections/{connection}/sync", {})
    desk.work()

    assert (waiting["state"], waiting["waiting"]) == ("waiting", 1)
    assert len(desk.events()) == 1


def test_paused_nothing_runs(desk: Desk) -> None:
    connection = desk.connect()

    paused = desk.api.post(f"/connections/{connection}/pause").json
    asked = desk.api.post(f"/connections/{connection}/sync", {})
    resumed = desk.api.post(f"/connections/{connection}/resume").json

    assert paused["state"] == "paused"
    assert (asked.status, asked.code) == (409, "paused")
    assert resumed["state"] != "paused"


def test_the_checks_answer_apart(desk: Desk) -> None:
    connection = desk.connect()

    signed_in = desk.api.post(f"/connections/{connection}/test-credentials").json
    wrong = desk.api.post(f"/connections/{connection}/test-credentials", {"password": "wrong"}).json
    calendar = desk.api.post(f"/connections/{connection}/check-calendar").json

    assert (signed_in["ok"], wrong["ok"], calendar["ok"]) == (True, False, True)
    assert wrong["code"] == "C245"


@pytest.mark.parametrize("role", [Role.RECEPTION, Role.READ_ONLY])
def test_who_may_not_connect_sees_no_connections(desk: Desk, role: Role) -> None:
    connection = desk.connect()
    other = Caller(desk.house.key(role))

    assert other.get("/connections").status == 403
    assert other.get(f"/connections/{connection}").status == 403
    assert other.post("/connections", desk.account()).status == 403


def test_another_practice_finds_nothing(desk: Desk) -> None:
    connection = desk.connect()
    stranger = Caller(make_house("South").key(Role.OWNER))

    assert stranger.get("/connections").json["items"] == []
    assert stranger.get(f"/connections/{connection}").status == 404
    assert stranger.delete(f"/connections/{connection}").status == 404


def test_moved_under_another_name_into_another_calendar_it_is_followed(desk: Desk) -> None:
    family = desk.person.make_calendar(uuid4().hex)
    connection = desk.connect()
    calendars = desk.api.get(f"/connections/{connection}/calendars", limit=1000).json["items"]
    [other] = [c for c in calendars if c["name"].endswith(family.strip("/").split("/")[-1])]
    desk.api.patch(f"/connections/{connection}/calendars/{other['id']}", {"pull": True})
    appointment = desk.book()
    desk.api.post(f"/connections/{connection}/sync", {})
    desk.work()
    desk.work()

    [event] = desk.events()
    desk.person.move(event, family, keep_name=False)
    desk.work()
    desk.work()

    standing = desk.api.get(f"/appointments/{appointment}").json
    desk.person.delete_calendar(family)
    assert standing["status"] == "booked"
    assert [s["state"] for s in standing["sync"]] == ["in_step"]
    assert not BusyTime.objects.exists()
