"""What stands around every page: menu, banners, the state of the calendars."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from appointed.book.access import Action, Actor, may, may_for_somebody


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


def calendar_status(actor: Actor) -> Status:  # noqa: ARG001 – the engine's selectors fill it
    """Return how the calendars of the practice are doing."""
    return Status("none", "No calendar connected yet")


def banners_for(actor: Actor) -> tuple[Banner, ...]:  # noqa: ARG001 – likewise
    """Return what waits for a decision."""
    return ()
