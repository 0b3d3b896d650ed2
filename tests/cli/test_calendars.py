"""`status`, `sync` and `export-ical` over a real CalDAV server."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import icalendar
import pytest

from appointed.cli.main import main
from appointed.sync.models import ExternalCalendar
from appointed.sync.services.choosing import choose_calendar
from appointed.sync.services.connecting import connect_calendar
from support.book import House
from support.caldav_person import DavPerson
from support.caldav_servers import Server
from support.queue import empty_queue

pytestmark = pytest.mark.slow
SOON = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=3)


@pytest.fixture
def person(caldav_server: Callable[[str], Server]) -> Iterator[DavPerson]:
    someone = DavPerson(caldav_server("radicale"))
    yield someone
    someone.close()


@pytest.fixture
def calendar(person: DavPerson, open_house: House) -> str:
    """A calendar that Pat's bookings go to; the first plan was not seen yet."""
    empty_queue()
    name = f"bookings-{uuid4().hex[:8]}"
    person.make_calendar(name)
    server = person.server
    connection = connect_calendar(
        actor=open_house.owner,
        practitioner=open_house.pat.id,
        provider="caldav",
        credentials={
            "url": server.url,
            "username": server.username,
            "password": server.password,
        },
    )
    chosen = ExternalCalendar.objects.get(remote_id__contains=name)
    choose_calendar(
        actor=open_house.owner,
        connection=connection,
        calendar=chosen.uuid,
        marks={"push": True},
    )
    open_house.book(SOON, service=open_house.massage.id)
    return name


def answer(capsys: pytest.CaptureFixture[str], *words: str):
    assert main(words) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("calendar")
def test_a_dry_run_prints_the_plan_and_writes_nothing(capsys):
    [planned] = answer(capsys, "sync", "--dry-run", "--json")
    [again] = answer(capsys, "sync", "--dry-run", "--json")

    [operation] = planned["operations"]
    assert (operation["action"], operation["title"]) == ("create", "Massage A. Á.")
    assert again["operations"] == planned["operations"]


@pytest.mark.usefixtures("calendar")
def test_a_run_brings_the_calendar_in_step(capsys):
    [before] = answer(capsys, "status", "--json")["connections"]

    [done] = answer(capsys, "sync", "--json")

    [after] = answer(capsys, "status", "--json")["connections"]
    [rest] = answer(capsys, "sync", "--dry-run", "--json")
    assert (before["state"], before["state_reason"]) == ("waiting", "first_plan")
    assert (done["state"], done["error"]) == ("done", "")
    assert (after["state"], after["waiting"]) == ("in_step", 0)
    assert rest["operations"] == []


@pytest.mark.usefixtures("calendar")
def test_status_tells_people_in_lines(capsys):
    main(["status"])

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Worker: none is at work"
    assert "Pat, caldav alice: waiting (first_plan)" in lines[1]


@pytest.mark.usefixtures("open_house")
def test_an_unknown_connection_is_named(capsys):
    assert main(["sync", "--connection", str(uuid4())]) == 1
    assert "no such connection" in capsys.readouterr().err


def test_a_calendar_is_printed_as_icalendar(open_house: House, capfdbinary):
    open_house.book(SOON)
    day = f"{SOON:%Y-%m-%d}"

    main(["export-ical", "--practitioner", str(open_house.pat.id), "--from", day])

    calendar = icalendar.Calendar.from_ical(capfdbinary.readouterr().out)
    [event] = calendar.walk("VEVENT")
    assert event["DTSTART"].dt == SOON


def test_days_in_the_wrong_order_are_wrong_usage(open_house: House, capsys):
    words = ("--practitioner", str(open_house.pat.id), "--from", "2027-03-02", "--to", "2027-03-01")

    assert main(["export-ical", *words]) == 2
    assert capsys.readouterr().err.startswith("appointed export-ical: --to is the day after")
