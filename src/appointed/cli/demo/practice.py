"""The invented practice: its people, what it offers, whom it serves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from pathlib import Path
from uuid import UUID

from django.db import transaction

from appointed.book.access import Actor, Role
from appointed.book.facts import Hours
from appointed.book.selectors.pages import Paging
from appointed.book.selectors.people import (
    list_clients,
    list_practitioners,
    list_services,
    practice_id_of,
)
from appointed.book.services.catalogue import ServiceFields, create_service
from appointed.book.services.clients import create_client
from appointed.book.services.practices import add_user, create_owner
from appointed.book.services.practitioners import create_practitioner
from appointed.book.setup import setup_is_open, setup_link, use_setup_link

NAME = "Harbour Practice"
DOMAIN = "harbour.example"
FALLBACK_ZONE = "Europe/Berlin"
OWNER = f"kim@{DOMAIN}"
RECEPTION = f"lee@{DOMAIN}"
FAMILY_NAMES = {"Pat": "Parker", "Quinn": "Quigley", "Robin": "Reed", "Sam": "Stone"}
COLOURS = {"Pat": "#0f5c63", "Quinn": "#b4541a", "Robin": "#3d4f8f", "Sam": "#6d3aa3"}
CLIENTS = (
    *("Ann Archer", "Bob Baker", "Cy Carter", "Dee Dalton", "Eve Ellis", "Fay Foster"),
    *("Gus Grant", "Hal Harper", "Ivy Irwin", "Jo Jarvis", "Kit Keller", "Lou Lambert"),
)
SERVICES: tuple[ServiceFields, ...] = (
    {"name": "Physiotherapy", "short_name": "Physio", "minutes": 45, "place": "Room 1"},
    {"name": "First consultation", "short_name": "First", "minutes": 60, "place": "Room 1"},
    {"name": "Massage", "short_name": "Massage", "minutes": 30, "place": "Room 2"},
    {"name": "Follow-up", "short_name": "Follow-up", "minutes": 30, "buffer_after": 5},
)
WEEKDAYS, SATURDAY, SUNDAY = range(5), 5, 6
HOURS = (
    *(Hours(day, time(9), time(12, 30)) for day in WEEKDAYS),
    *(Hours(day, time(13, 30), time(18)) for day in WEEKDAYS),
    Hours(SATURDAY, time(9), time(14)),
    Hours(SUNDAY, time(10), time(13)),
)


@dataclass(frozen=True, slots=True)
class Colleague:
    """A practitioner of the demo; `slug` names the calendar account and the phone."""

    id: UUID
    name: str
    time_zone: str

    @property
    def slug(self) -> str:
        """The first name in small letters."""
        return self.first_name.lower()

    @property
    def first_name(self) -> str:
        """What colleagues say."""
        return self.name.split()[0]


@dataclass(frozen=True, slots=True)
class DemoPractice:
    """What was made, and somebody who may do everything with it."""

    owner: Actor
    colleagues: tuple[Colleague, ...]
    clients: tuple[UUID, ...]
    services: tuple[UUID, ...]


def sign_in_of(first_name: str) -> str:
    """Return the address with which a practitioner signs in."""
    return f"{first_name.lower()}@{DOMAIN}"


def open_practice(password: str) -> DemoPractice:
    """Return the demo's practice, made whole or not at all where there is none."""
    if setup_is_open():
        _make_practice(password)
    owner = _demo_actor()
    some = Paging(limit=len(CLIENTS))
    return DemoPractice(
        owner=owner,
        colleagues=tuple(
            Colleague(each.id, each.name, each.time_zone)
            for each in list_practitioners(owner, some, active=True).items
            if each.name.split()[0] in FAMILY_NAMES
        ),
        clients=tuple(each.id for each in list_clients(owner, some).items),
        services=tuple(each.id for each in list_services(owner, some).items),
    )


def zone_of_this_machine() -> str:
    """Return the zone that this machine stands in, or a usual one where it has none of its own."""
    found = str(Path("/etc/localtime").resolve())
    _, _, zone = found.partition("zoneinfo/")
    return zone if "/" in zone and not zone.startswith("Etc/") else FALLBACK_ZONE


@transaction.atomic
def _make_practice(password: str) -> None:
    zone = zone_of_this_machine()
    create_owner(
        email=OWNER,
        password=password,
        practice_name=NAME,
        name="Kim Keeper",
        practice={"time_zone": zone},
    )
    owner = _demo_actor()
    for service in SERVICES:
        create_service(actor=owner, fields=service)
    for number, name in enumerate(CLIENTS):
        address = f"{name.split()[0].lower()}@clients.example"
        phone = f"+44 20 7946 0{number:03}"  # kept free of owners for stories, by Ofcom
        create_client(actor=owner, fields={"name": name, "email": address, "phone": phone})
    for number, (first, family) in enumerate(FAMILY_NAMES.items()):
        address = sign_in_of(first)
        made = create_practitioner(
            actor=owner,
            fields={
                "name": f"{first} {family}",
                "email": address,
                "colour": COLOURS[first],
                "hours": HOURS,
            },
        )
        if number == 0:  # the one who signs in here; hashing a password takes its time
            user = add_user(
                actor=owner,
                email=address,
                name=made.name,
                role=Role.PRACTITIONER,
                practitioner=made.id,
            )
            _give_password(user, password)
    reception = add_user(actor=owner, email=RECEPTION, name="Lee Lane", role=Role.RECEPTION)
    _give_password(reception, password)


def _give_password(user: UUID, password: str) -> None:
    token = setup_link(user).rpartition("/")[2]
    use_setup_link(user=user, token=token, password=password)


def _demo_actor() -> Actor:
    return Actor(practice_id_of(None), Role.OWNER, "Demo")
