"""All of the demo at once: what it starts, in which order, and what it says."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from appointed.cli.demo.calendar_server import prepare_calendar_server
from appointed.cli.demo.calendars import add_private_events, make_calendars, person_of
from appointed.cli.demo.command import POLL_SECONDS
from appointed.cli.demo.connections import HOLD_SECONDS, connect_everybody
from appointed.cli.demo.greeting import greeting
from appointed.cli.demo.place import LOOPBACK, DemoPlace, keep, with_ports
from appointed.cli.demo.practice import DOMAIN, NAME, DemoPractice, open_practice
from appointed.cli.demo.week import fill_days
from appointed.cli.installation import leave_database
from appointed.cli.problems import CommandFailed
from appointed.cli.programs import Program, keep_running
from appointed.cli.serving import halves, own_database, prepare_book
from appointed.cli.web import open_listener
from appointed_standins.phone.configuration import (
    VARIABLE,
    Configuration,
    Person,
    write_configuration,
)

STARTING_SECONDS = 60.0
"""How long a slow machine may take until the calendar server answers."""


def run(place: DemoPlace, *, listener: socket.socket, host: str, public: str) -> None:
    """Run the demo of `place` until SIGTERM or Ctrl-C; the book answers on `listener`.

    Raises: `CommandFailed`, `ServerProblem`.
    """
    with ExitStack() as stack:
        server = stack.enter_context(own_database())
        place = with_ports(place, near=listener.getsockname()[1])
        phone = stack.enter_context(open_listener(host, place.phone_port))
        mails = stack.enter_context(open_listener(LOOPBACK, place.mail_port))
        phone_url = _beside(public, place.phone_port)
        prepare_book()
        practice = _make_book(place)
        people = tuple(
            person_of(each, port=place.calendar_port, password=place.calendar_password)
            for each in practice.colleagues
        )
        _tell_phone(place, people, public=public)
        mail = {
            "APPOINTED_DEMO_URL": phone_url,
            "APPOINTED_EMAIL_URL": f"smtp://{LOOPBACK}:{place.mail_port}",
            "APPOINTED_EMAIL_FROM": f"{NAME} <practice@{DOMAIN}>",
        }
        keep_running(
            (*halves(listener, environment=mail), _phone(place, phone)),
            beneath=(_mails(place, mails), _calendar_server(place, people)),
            ready=_answering(place.calendar_port),
            tend=server.tend,
            started=partial(_settle, place, practice, people, urls=(public, phone_url)),
        )


def _make_book(place: DemoPlace) -> DemoPractice:
    try:
        practice = open_practice(place.password)
        fill_days(practice, today=datetime.now(_zone(practice)).date())
    finally:
        leave_database()  # its threads end: programs are started by a process with one
    return practice


def _settle(
    place: DemoPlace,
    practice: DemoPractice,
    people: Sequence[Person],
    *,
    urls: tuple[str, str],
) -> None:
    """Give the practitioners their calendars and connect them, then say where everything is."""
    if not place.settled:
        make_calendars(people)
        add_private_events(people, today=datetime.now(_zone(practice)).date())
        try:
            connect_everybody(practice, people)
        finally:
            leave_database()
        keep(replace(place, settled=True))
    book, phone = urls
    print(greeting(place, people, book=book, phone=phone), flush=True)


def _tell_phone(place: DemoPlace, people: tuple[Person, ...], *, public: str) -> None:
    hosts = (urlsplit(public).hostname or LOOPBACK, LOOPBACK, "localhost", "[::1]")
    told = Configuration(
        people=people,
        mails=place.mails,
        book_url=public,
        secret=place.phone_secret,
        hosts=hosts,
        hold_seconds=HOLD_SECONDS,
        poll_seconds=POLL_SECONDS,
    )
    write_configuration(place.phone_file, told)


def _phone(place: DemoPlace, listener: socket.socket) -> Program:
    number = listener.fileno()
    return Program(
        "the other side",
        (sys.executable, "-m", "appointed_standins.phone", "--fd", str(number)),
        {VARIABLE: str(place.phone_file)},
        descriptors=(number,),
    )


def _mails(place: DemoPlace, listener: socket.socket) -> Program:
    number = listener.fileno()
    words = ("--fd", str(number), "--folder", str(place.mails))
    command = (sys.executable, "-m", "appointed_standins.phone.sink", *words)
    return Program("mail sink", command, descriptors=(number,))


def _calendar_server(place: DemoPlace, people: Sequence[Person]) -> Program:
    command = prepare_calendar_server(
        place.calendars,
        port=place.calendar_port,
        passwords={person.account.username: person.account.password for person in people},
    )
    log = place.calendars / "server.log"
    return Program("calendar server", tuple(command), log=log)


def _answering(port: int) -> Callable[[], bool]:
    """Return what says whether something answers on `port`, and fails when it never does."""
    limit = time.monotonic() + STARTING_SECONDS

    def answering() -> bool:
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            if time.monotonic() > limit:
                raise CommandFailed(
                    f"the calendar server does not answer on port {port}: read server.log in "
                    "the folder `calendars` of the demo's data."
                ) from None
            return False
        return True

    return answering


def _beside(url: str, port: int) -> str:
    host = urlsplit(url).hostname or LOOPBACK
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _zone(practice: DemoPractice) -> ZoneInfo:
    return ZoneInfo(practice.colleagues[0].time_zone)
