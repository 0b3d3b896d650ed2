"""What stands around every page: menu, banners, the state of the calendars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse

from appointed.book.access import Action, Actor, may, may_for_somebody
from appointed.sync.facts import ConnectionFacts, all_connections
from appointed.sync.standing import ORDER
from appointed.web.connections import ago, oldest_success, state_line
from appointed.web.workers import WATCH


@dataclass(frozen=True, slots=True)
class MenuItem:
    label: str
    icon: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Banner:
    """A state that waits for somebody; it stays until it is over."""

    title: str
    words: str
    url: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """How the calendars are doing, in one line; `tone` is good, busy, bad or none."""

    tone: str
    words: str


MENU = (
    ("Book", "calendar-days", "web:book", ("/appointments",)),
    ("Clients", "users", "web:clients", ("/clients",)),
    ("Calendars", "refresh-cw", "web:calendars", ("/calendars",)),
    ("Settings", "settings", "web:settings", ("/settings",)),
)


ASLEEP = Banner(
    "Nothing is carried out at present.",
    "The worker of this server does not answer. Bookings are kept; calendars and mails follow "
    "as soon as it runs again. Tell whoever runs this server.",
)


def menu_for(path: str) -> tuple[MenuItem, ...]:
    """Return the menu with the part in which `path` lies marked."""
    return tuple(
        MenuItem(label, icon, reverse(name), path == reverse(name) or path.startswith(below))
        for label, icon, name, below in MENU
    )


def may_book(actor: Actor) -> bool:
    """Say whether he may make appointments for anybody."""
    return may_for_somebody(actor, Action.BOOK)


def may_set_up(actor: Actor) -> bool:
    """Say whether he may change people, services and the practice."""
    return may(actor, Action.SET_UP)


def look_around(actor: Actor) -> tuple[Status, tuple[Banner, ...]]:
    """Return how the calendars are doing, and what waits for a decision."""
    asleep = () if WATCH.answers() else (ASLEEP,)
    if not may_for_somebody(actor, Action.CONNECT):
        return Status("none", "Calendars are kept by others"), asleep
    connections = all_connections(actor)
    return _status(connections), (*asleep, *_banners(connections))


def _status(connections: Sequence[ConnectionFacts]) -> Status:
    open_ones = [one for one in connections if one.standing.state not in {"off", "paused"}]
    if not open_ones:
        return Status("none", "No calendar connected yet" if not connections else "Sync is paused")
    worst = min(open_ones, key=lambda one: ORDER.index(one.standing.state))
    last = oldest_success(open_ones)
    checked = f", checked {ago(last)}" if last else ""
    match worst.standing.state:
        case "in_step":
            return Status("good", f"All calendars in step{checked}")
        case "catching_up":
            return Status("busy", f"Catching up{checked}")
        case "waiting":
            return Status("busy", f"{worst.practitioner_name}: {state_line(worst).reason}")
        case _:
            return Status("bad", f"{worst.practitioner_name}: {state_line(worst).words}")


def _banners(connections: Iterable[ConnectionFacts]) -> Iterator[Banner]:
    for one in connections:
        line = state_line(one)
        if one.standing.state in {"suspended", "needs_sign_in"}:
            title = f"{line.words}: {one.practitioner_name}."
            url = reverse("web:connection", args=[one.uuid])
            yield Banner(title, line.reason, url, "Open the connection")
