"""A person at a CalDAV server, with a client of its own that shares nothing with ours."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, timedelta
from urllib.parse import quote, unquote

import httpx2

from appointed.core.events import AllDay, Content, ShowAs, Timed
from support.caldav_servers import Server

HREF = re.compile(r"<(?:\w+:)?href[^>]*>([^<]*)</(?:\w+:)?href>")
ALARM = ("BEGIN:VALARM", "UID:alarm-1", "ACTION:DISPLAY", "DESCRIPTION:Leave now",
         "TRIGGER:-PT20M", "END:VALARM")  # fmt: skip
MARKS = ("COMMENT:mine\\, not yours", "X-MY-COLOUR;X-A=1:mauve", "CATEGORIES:Work")
OK = 200


class Refused(Exception):
    """The server refused what a person wanted; the status says why."""


class DavPerson:
    """Works on one account; remote ids are paths, as the server takes them."""

    def __init__(self, server: Server) -> None:
        self.server = server
        auth = (server.username, server.password) if server.username else None
        origin = "/".join(server.url.split("/")[:3])
        self._http = httpx2.Client(base_url=origin, auth=auth, timeout=30, trust_env=False)

    def close(self) -> None:
        self._http.close()

    # ── calendars ────────────────────────────────────────────────────────────────────────

    def make_calendar(self, name: str = "") -> str:
        path = f"{self.server.home}{name or uuid.uuid4().hex}/"
        self._ask("MKCALENDAR", path)
        return path

    def delete_calendar(self, path: str) -> None:
        self._ask("DELETE", path)

    def events(self, calendar: str) -> dict[str, str]:
        """Return what stands in the calendar, text by path, straight from the server."""
        listed = self._http.request("PROPFIND", calendar, headers={"Depth": "1"}).text
        paths = (quote(unquote(href), safe="/@") for href in HREF.findall(listed))
        return {p: self.text(p) for p in dict.fromkeys(paths) if p.endswith(".ics")}

    # ── events ───────────────────────────────────────────────────────────────────────────

    def add(self, calendar: str, content: Content, *extras: str) -> str:
        uid = f"{uuid.uuid4()}@people.example"
        return self.put(f"{calendar}{uuid.uuid4().hex.upper()}.ics", _object(uid, content, extras))

    def put(self, path: str, text: str) -> str:
        """Store a whole text."""
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        self._ask("PUT", path, content=text.encode(), headers=headers)
        return path

    def text(self, path: str) -> str:
        return self._ask("GET", path).text

    def exists(self, path: str) -> bool:
        return self._http.get(path).status_code == OK

    def edit(self, path: str, **values: str) -> None:
        """Set single lines of the event: `edit(path, SUMMARY="Bob")`."""
        text = _unfolded(self.text(path))
        for name, value in values.items():
            text = _with_line(text, name, value)
        self.put(path, text)

    def drag(self, path: str, content: Content) -> None:
        """Give the event the time of `content`."""
        text = _unfolded(self.text(path))
        for line in _when(content):
            text = _with_line(text, re.split("[;:]", line)[0], line, whole=True)
        self.put(path, text)

    def decorate(self, path: str) -> None:
        """Hang an alarm, a comment, a colour and a category on the event."""
        text = _unfolded(self.text(path))
        added = "".join(f"{line}\r\n" for line in (*MARKS, *ALARM))
        self.put(path, text.replace("END:VEVENT", f"{added}END:VEVENT", 1))

    def is_decorated(self, path: str) -> bool:
        """Say whether everything that `decorate` hung there still hangs there."""
        text = _unfolded(self.text(path))
        return all(line.partition(":")[2] in text for line in (*MARKS, *ALARM))

    def copy(self, path: str, *, to: str | None = None) -> str:
        """Copy the event with all it bears, under a UID of its own."""
        uid = f"{uuid.uuid4()}@people.example"
        calendar = to or path.rpartition("/")[0] + "/"
        text = _with_line(_unfolded(self.text(path)), "UID", uid)
        return self.put(f"{calendar}{uuid.uuid4().hex.upper()}.ics", text)

    def move(self, path: str, to: str, *, keep_name: bool = True) -> str:
        """Move the event to another calendar, as clients do: delete, then put."""
        text = self.text(path)
        self.delete(path)
        name = path.rpartition("/")[2] if keep_name else f"{uuid.uuid4().hex.upper()}.ics"
        return self.put(f"{to}{name}", text)

    def delete(self, path: str) -> None:
        self._ask("DELETE", path)

    def _ask(
        self, method: str, path: str, content: bytes = b"", headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        for _ in range(3):
            try:
                answer = self._http.request(method, path, content=content, headers=headers)
            except httpx2.TransportError:
                continue  # Radicale resets a connection now and then
            if answer.status_code >= 300:
                raise Refused(f"{method} {answer.status_code} {answer.text[:200]}")
            return answer
        raise Refused(f"{method}: no answer")


def _object(uid: str, content: Content, extras: tuple[str, ...]) -> str:
    lines = (
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//A Phone//EN", "BEGIN:VEVENT", f"UID:{uid}",
        "DTSTAMP:20260101T000000Z", *_when(content), f"SUMMARY:{content.title}",
        f"TRANSP:{'TRANSPARENT' if content.show_as is ShowAs.FREE else 'OPAQUE'}",
        f"CLASS:{'PRIVATE' if content.private else 'PUBLIC'}",
        *extras, "END:VEVENT", "END:VCALENDAR", "",
    )  # fmt: skip
    return "\r\n".join(lines)


def _when(content: Content) -> tuple[str, str]:
    match content.when:
        case AllDay(start, end):
            return f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"DTEND;VALUE=DATE:{end:%Y%m%d}"
        case Timed(start, end, _):
            first, last = start.astimezone(UTC), end.astimezone(UTC)
            return f"DTSTART:{first:%Y%m%dT%H%M%SZ}", f"DTEND:{last:%Y%m%dT%H%M%SZ}"


def _unfolded(text: str) -> str:
    return re.sub("\r?\n[ \t]", "", text).replace("\r\n", "\n").replace("\n", "\r\n")


def _with_line(text: str, name: str, value: str, *, whole: bool = False) -> str:
    line = value if whole else f"{name}:{value}"
    head, _, event = text.partition("BEGIN:VEVENT")
    changed, count = re.subn(f"(?m)^{name}[;:][^\r\n]*", lambda _: line, event, count=1)
    return f"{head}BEGIN:VEVENT" + (changed if count else f"\r\n{line}{event}")


def later(content: Content, by: timedelta) -> Content:
    """Return `content` at another time."""
    when = content.when
    moved: Timed | AllDay
    match when:
        case Timed(start, end, zone):
            moved = Timed(start + by, end + by, zone)
        case AllDay(start, end):
            moved = AllDay(start + by, end + by)
    return Content(moved, content.title, content.text, content.location, content.url)
