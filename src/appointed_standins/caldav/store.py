"""What the server keeps: calendars, their events, and the log that reports are read from."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field

from appointed_standins.caldav.quirks import Etags

HOME = "/calendars/alice/"
PRINCIPAL = "/principals/alice/"
UID = re.compile(r"^UID:(.*?)\r?$", re.MULTILINE)


@dataclass(slots=True)
class Event:
    """A stored text and its version."""

    text: str
    etag: str
    older: str = ""

    @property
    def uid(self) -> str:
        """Return the UID of what is stored."""
        found = UID.search(self.text)
        return found.group(1) if found else ""


@dataclass(slots=True)
class Calendar:
    """A calendar: events by name; the log names what changed at each position."""

    path: str
    name: str = ""
    events: dict[str, Event] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    resource_id: str = field(default_factory=lambda: f"urn:uuid:{uuid.uuid4()}")
    components: tuple[str, ...] = ("VEVENT",)

    def put(self, name: str, text: str, etags: Etags = Etags.STRONG) -> Event:
        """Store a text under a name."""
        number = self.counters.get(name, -1) + 1 if name in self.events else 0
        self.counters[name] = number
        before = self.events.get(name)
        etag = f'"gcs{number:08}"' if etags is Etags.COUNTER else f'"{uuid.uuid4().hex}"'
        if etags is Etags.UNQUOTED:
            etag = etag.strip('"')
        event = self.events[name] = Event(text, etag, before.etag if before else "")
        self.log.append(name)
        return event

    def delete(self, name: str) -> None:
        """Forget an event; the log remembers that it was there."""
        del self.events[name]
        self.log.append(name)

    def changed_since(self, position: int) -> list[str]:
        """Return the names that changed after `position`, each once."""
        return list(dict.fromkeys(self.log[position:]))


@dataclass(slots=True)
class Store:
    """All calendars of the one account."""

    calendars: dict[str, Calendar] = field(default_factory=dict)

    def add(self, name: str, components: tuple[str, ...] = ("VEVENT",)) -> Calendar:
        """Make a calendar."""
        calendar = Calendar(f"{HOME}{name}/", name, components=components)
        self.calendars[calendar.path] = calendar
        return calendar

    def of(self, path: str) -> tuple[Calendar | None, str]:
        """Return the calendar of a path and the name of the event in it (empty: itself)."""
        collection, _, name = path.rpartition("/")
        return self.calendars.get(f"{collection}/"), name

    def carrier(self, uid: str) -> str:
        """Return the path of an event with this UID, empty where there is none."""
        for calendar in self.calendars.values():
            for name, event in calendar.events.items():
                if uid and event.uid == uid:
                    return f"{calendar.path}{name}"
        return ""
