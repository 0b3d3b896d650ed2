"""A thin CalDAV client: finds the calendars of an account, reads and writes their events."""

from __future__ import annotations

import base64
import hashlib
import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import quote, unquote, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

SECONDS = 10.0
"""How long a person looks at a phone that does nothing."""

_NAMES = {
    "d": "DAV:",
    "c": "urn:ietf:params:xml:ns:caldav",
    "a": "http://apple.com/ns/ical/",
    "s": "http://calendarserver.org/ns/",
}
_DECLARED = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in _NAMES.items())

Answer: TypeAlias = tuple[int, str, str]
"""Status, entity tag, text."""


class CalDavFault(Exception):
    """What the person reads when the server did not do it."""


class Unreachable(CalDavFault):
    """The server does not answer."""


class Missing(CalDavFault):
    """There is nothing under this address (any more)."""


class Stale(CalDavFault):
    """Somebody else changed it first; nothing was written."""


@dataclass(frozen=True, slots=True)
class RemoteCalendar:
    """A calendar as its server lists it; `version` changes with everything in it."""

    path: str
    name: str
    colour: str
    version: str

    @property
    def slug(self) -> str:
        """The last part of its path, which tells it apart within the account."""
        return unquote(self.path.rstrip("/").rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class Resource:
    """A stored event: where it lies, its version, its text."""

    path: str
    version: str
    text: str

    @property
    def name(self) -> str:
        """The last part of its path."""
        return unquote(self.path.rpartition("/")[2])


@dataclass(frozen=True, slots=True, repr=False)
class CalDavAccount:
    """One person's account on a server (plain http: this is for loopback)."""

    url: str
    username: str
    password: str

    def calendars(self) -> tuple[RemoteCalendar, ...]:
        """Return the calendars of the account in the order of their names."""
        home = self._home()
        wanted = "<d:resourcetype/><d:displayname/><a:calendar-color/><s:getctag/>"
        body = f"<d:propfind %s><d:prop>{wanted}</d:prop></d:propfind>"
        answers = self._listing("PROPFIND", home, body)
        found = (
            RemoteCalendar(
                path=path,
                name=_text(properties, "d:displayname") or path.rstrip("/").rpartition("/")[2],
                colour=_text(properties, "a:calendar-color")[:7],
                version=_text(properties, "s:getctag"),
            )
            for path, properties in answers
            if properties.find("d:resourcetype/c:calendar", _NAMES) is not None
        )
        return tuple(sorted(found, key=lambda calendar: (calendar.name.casefold(), calendar.path)))

    def version(self) -> str:
        """Return a word that changes whenever anything in any of the calendars does."""
        known = "\n".join(f"{each.path} {each.version}" for each in self.calendars())
        return hashlib.sha256(known.encode()).hexdigest()[:16]

    def make_calendar(self, slug: str, *, name: str, colour: str) -> None:
        """Make a calendar; one that stands already stays as it is."""
        path = f"{self._home().rstrip('/')}/{quote(slug)}/"
        body = (
            f"<c:mkcalendar {_DECLARED}><d:set><d:prop>"
            f"<d:displayname>{escape(name)}</d:displayname><a:calendar-color>{escape(colour)}</a:calendar-color>"
            '<c:supported-calendar-component-set><c:comp name="VEVENT"/>'
            "</c:supported-calendar-component-set></d:prop></d:set></c:mkcalendar>"
        )
        if all(calendar.slug != slug for calendar in self.calendars()):
            self._write("MKCALENDAR", path, body=body, kind="application/xml")

    def events(self, calendar: RemoteCalendar, start: datetime, end: datetime) -> list[Resource]:
        """Return what takes place in the calendar from `start` to `end`."""
        between = f'<c:time-range start="{_stamp(start)}" end="{_stamp(end)}"/>'
        body = (
            "<c:calendar-query %s><d:prop><d:getetag/><c:calendar-data/></d:prop><c:filter>"
            f'<c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">{between}'
            "</c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"
        )
        return [
            Resource(path, _text(found, "d:getetag"), _text(found, "c:calendar-data"))
            for path, found in self._listing("REPORT", calendar.path, body)
        ]

    def read(self, path: str) -> Resource:
        """Return one event.

        Raises: `Missing`, `Unreachable`.
        """
        _, version, text = self._ask("GET", path)
        return Resource(path, version, text)

    def add(self, calendar: RemoteCalendar, *, name: str, text: str) -> Resource:
        """Store a new event under `name`; one that stands there already is not touched."""
        path = f"{calendar.path.rstrip('/')}/{quote(name)}"
        self._write("PUT", path, body=text, headers={"If-None-Match": "*"})
        return self.read(path)

    def replace(self, resource: Resource, text: str) -> Resource:
        """Store another text, unless the event changed since it was read.

        Raises: `Stale`, `Missing`.
        """
        self._write("PUT", resource.path, body=text, headers={"If-Match": resource.version})
        return self.read(resource.path)

    def remove(self, resource: Resource) -> None:
        """Delete the event, unless it changed since it was read.

        Raises: `Stale`, `Missing`.
        """
        self._write("DELETE", resource.path, headers={"If-Match": resource.version})

    def _home(self) -> str:
        principal = self._link(urlsplit(self.url).path or "/", "d:current-user-principal")
        return self._link(principal, "c:calendar-home-set")

    def _link(self, path: str, wanted: str) -> str:
        body = f"<d:propfind %s><d:prop><{wanted}/></d:prop></d:propfind>"
        for _, properties in self._listing("PROPFIND", path, body, depth="0"):
            if href := _text(properties, f"{wanted}/d:href"):
                return urlsplit(href).path
        raise CalDavFault("The server does not say where the calendars are.")

    def _listing(
        self, method: str, path: str, body: str, *, depth: str = "1"
    ) -> list[tuple[str, ET.Element]]:
        headers = {"Depth": depth, "Content-Type": "application/xml; charset=utf-8"}
        _, _, text = self._ask(method, path, body=body % _DECLARED, headers=headers)
        answers = ET.fromstring(text).iterfind("d:response", _NAMES)  # noqa: S314 – our own server
        return [
            (urlsplit(_text(answer, "d:href")).path, properties)
            for answer in answers
            for part in answer.iterfind("d:propstat", _NAMES)
            if " 200 " in _text(part, "d:status")
            for properties in part.iterfind("d:prop", _NAMES)
        ]

    def _write(
        self,
        method: str,
        path: str,
        *,
        body: str = "",
        headers: Mapping[str, str] | None = None,
        kind: str = "text/calendar",
    ) -> None:
        described = {"Content-Type": f"{kind}; charset=utf-8"} if body else {}
        self._ask(method, path, body=body, headers={**described, **(headers or {})})

    def _ask(
        self, method: str, path: str, *, body: str = "", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request and return its answer; anything but success is a `CalDavFault`."""
        server = urlsplit(self.url)
        line = http.client.HTTPConnection(server.hostname or "", server.port or 80, timeout=SECONDS)
        try:
            line.request(
                method,
                path,
                body=body.encode() or None,
                headers={"Authorization": self._authorization(), **(headers or {})},
            )
            answer = line.getresponse()
            text = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as fault:
            raise Unreachable("The calendar server does not answer.") from fault
        finally:
            line.close()
        return _checked(answer.status, answer.headers.get("ETag", ""), text)

    def _authorization(self) -> str:
        pair = f"{self.username}:{self.password}".encode()
        return "Basic " + base64.b64encode(pair).decode()


def _checked(status: int, version: str, text: str) -> Answer:
    match status:
        case 200 | 201 | 204 | 207:
            return status, version, text
        case 404 | 410:
            raise Missing("This event is not in the calendar any more.")
        case 412:
            raise Stale("The event was changed somewhere else meanwhile. Look again.")
        case 401 | 403:
            raise CalDavFault("The calendar server does not let this account in.")
        case _:
            raise CalDavFault(f"The calendar server refused it (HTTP {status}).")


def _text(element: ET.Element, path: str) -> str:
    return (element.findtext(path, default="", namespaces=_NAMES) or "").strip()


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
