"""What the server answers: one request in, one reply out, as the quirks have it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

from appointed_standins.caldav import answers
from appointed_standins.caldav.answers import Part
from appointed_standins.caldav.quirks import BadToken, Discovery, Etags, Quirks, UidRule
from appointed_standins.caldav.store import HOME, PRINCIPAL, Calendar, Event, Store

WRITES = frozenset({"PUT", "DELETE"})
D = "{DAV:}"
C = "{urn:ietf:params:xml:ns:caldav}"
XML = {"Content-Type": "application/xml; charset=utf-8"}
PAGE = b"<html><head><title>Welcome<body>Please sign in to this network."
PREFIXES = {
    "DAV:": "",
    "urn:ietf:params:xml:ns:caldav": "C:",
    "http://apple.com/ns/ical/": "A:",
    "http://calendarserver.org/ns/": "S:",
}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came in; the path is decoded."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    login: tuple[str, str] = field(repr=False)

    @property
    def is_write(self) -> bool:
        """Say whether it changes an event."""
        return self.method in WRITES


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(slots=True)
class Responder:
    """Answers one request."""

    quirks: Quirks
    store: Store
    origin: str

    def reply(self, request: Request) -> Reply:
        """Return the answer."""
        quirks = self.quirks
        if request.path == "/.well-known/caldav":
            return Reply(301, {"Location": quirks.well_known}) if quirks.well_known else Reply(404)
        if request.login != (quirks.username, quirks.password):
            offer = {"WWW-Authenticate": 'Basic realm="calendars"'} if quirks.challenge else {}
            return Reply(401, offer)
        match request.method:
            case "PROPFIND":
                return self._propfind(request)
            case "REPORT":
                return self._report(request)
            case "GET":
                return self._get(request)
            case "PUT":
                return self._put(request)
            case "DELETE":
                return self._delete(request)
            case "MKCALENDAR":
                return self._make(request)
            case _:
                return Reply(405)

    # ── properties ───────────────────────────────────────────────────────────────────────

    def _propfind(self, request: Request) -> Reply:
        path, deep = request.path, request.headers.get("depth") == "1"
        wanted = [_tag(node) for node in ET.fromstring(request.body).iter() if node.tag]  # noqa: S314 - our own client's
        calendar, name = self.store.of(path)
        if calendar is not None and not name:
            return self._of_calendar(calendar, wanted, deep=deep)
        if path == HOME:
            parts = [self._part(path, {"resourcetype": "<collection/>"}, wanted)]
            if deep:
                parts += [self._part(c.path, self._props(c), wanted) for c in self._calendars()]
            return self._multistatus(parts)
        if path.startswith(HOME):
            return self._gone()
        if path == PRINCIPAL:
            return self._multistatus([self._part(self._principal(), self._of_principal(), wanted)])
        if self._tells(path):
            return self._multistatus([self._part(path, self._of_entry(), wanted)])
        return Reply(405 if self.quirks.discovery is not Discovery.NOWHERE else 404)

    def _of_calendar(self, calendar: Calendar, wanted: list[str], *, deep: bool) -> Reply:
        if self.quirks.moved_to:
            return Reply(301, {"Location": self.quirks.moved_to})
        parts = [self._part(calendar.path, self._props(calendar), wanted)]
        if self.quirks.lists_without_itself and deep:
            parts = []
        if deep and not self.quirks.lists_nothing:
            for name, event in calendar.events.items():
                found = {"resourcetype": "", "getetag": self._etag(event)}
                parts.append(self._part(f"{calendar.path}{name}", found, wanted))
        return self._multistatus(parts)

    def _calendars(self) -> Iterator[Calendar]:
        yield from self.store.calendars.values()

    def _tells(self, path: str) -> bool:
        match self.quirks.discovery:
            case Discovery.EVERYWHERE:
                return True
            case Discovery.REMOTE_PHP:
                return path.startswith("/remote.php/dav")
            case Discovery.USER_ONLY:
                return path == f"/SOGo/dav/{self.quirks.username}/"
            case Discovery.NOWHERE:
                return False

    def _of_entry(self) -> dict[str, str]:
        return {
            "resourcetype": "<collection/>",
            "current-user-principal": f"<href>{self._principal()}</href>",
        }

    def _principal(self) -> str:
        return self.quirks.principal_href or PRINCIPAL

    def _of_principal(self) -> dict[str, str]:
        home = self.quirks.foreign_home or HOME
        return {
            "displayname": "Alice",
            "C:calendar-home-set": f"<href>{home}</href>",
        }

    def _props(self, calendar: Calendar) -> dict[str, str]:
        quirks = self.quirks
        kinds = "".join(f'<C:comp name="{kind}"/>' for kind in calendar.components)
        props = {
            "resourcetype": "<collection/><C:calendar/>",
            "displayname": calendar.name,
            "resource-id": f"<href>{calendar.resource_id}</href>",
            "C:supported-calendar-component-set": kinds,
            "sync-token": quirks.property_token or self._token(calendar),
            "A:calendar-color": "#AABBCCFF",
        }
        if quirks.tells_privileges:
            rights = ("read",) if quirks.read_only else ("read", "write-content", "bind")
            told = "".join(f"<privilege><{right}/></privilege>" for right in rights)
            props["current-user-privilege-set"] = told
        return props

    def _part(self, path: str, found: Mapping[str, str], wanted: list[str]) -> Part:
        href = answers.written(path, self.quirks.hrefs, self.origin)
        names = [name for name in wanted if name not in {"propfind", "prop", "allprop"}]
        if self.quirks.withdrawn and path.startswith(HOME) and path != HOME:
            return Part(href, refused=names)
        if not self.quirks.tells_etags:
            found = {name: value for name, value in found.items() if name != "getetag"}
        told = {name: found[name] for name in names if name in found}
        return Part(href, found=told, missing=[name for name in names if name not in found])

    # ── reports ──────────────────────────────────────────────────────────────────────────

    def _report(self, request: Request) -> Reply:
        calendar, name = self.store.of(request.path)
        if self.quirks.moved_to:
            return Reply(301, {"Location": self.quirks.moved_to})
        if calendar is None or name:
            return self._gone()
        root = ET.fromstring(request.body)  # noqa: S314 - our own client's
        if root.tag == f"{D}sync-collection":
            return self._sync(calendar, (root.findtext(f"{D}sync-token") or "").strip())
        return self._multiget(calendar, [node.text or "" for node in root.findall(f"{D}href")])

    def _sync(self, calendar: Calendar, token: str) -> Reply:
        quirks = self.quirks
        if not quirks.syncs:
            return Reply(quirks.sync_refusal)
        position = self._position(calendar, token)
        if position is None and quirks.bad_token is BadToken.EVERYTHING:
            position = 0
        if position is None:
            return self._unknown_token(calendar)
        names = calendar.changed_since(position)
        if not token and not quirks.tombstones_at_first:
            names = [name for name in names if name in calendar.events]
        if quirks.lists_nothing:
            names = []
        parts = [self._changed(calendar, name) for name in names]
        token_after = self._token(calendar)
        if quirks.cut_after and len(parts) > quirks.cut_after:
            parts, token_after = self._cut(calendar, parts, names, position, token)
        if quirks.lists_itself:
            parts.insert(0, self._part(calendar.path, {"getetag": '"self"'}, ["getetag"]))
        return self._multistatus(parts, token_after)

    def _cut(
        self, calendar: Calendar, parts: list[Part], names: list[str], position: int, token: str
    ) -> tuple[list[Part], str]:
        kept = self.quirks.cut_after
        href = answers.written(calendar.path, self.quirks.hrefs, self.origin)
        end = position
        while len(set(calendar.log[position:end])) < kept:
            end += 1
        told = set(calendar.log[position:end])
        cut = [part for part, name in zip(parts, names, strict=True) if name in told]
        reached = token if self.quirks.cut_without_progress else f"{self.origin}/sync/{end}"
        return [*cut, Part(href, status=507)], reached

    def _changed(self, calendar: Calendar, name: str) -> Part:
        path = f"{calendar.path}{name}"
        event = calendar.events.get(name)
        if event is None:
            href = answers.written(path, self.quirks.hrefs, self.origin)
            return Part(href, status=self.quirks.tombstone_status)
        return self._part(path, {"getetag": self._etag(event)}, ["getetag"])

    def _position(self, calendar: Calendar, token: str) -> int | None:
        if not token:
            return 0
        found = re.fullmatch(f"{re.escape(self.origin)}/sync/(\\d+)", token)
        position = int(found.group(1)) if found else -1
        return position if 0 <= position <= len(calendar.log) else None

    def _token(self, calendar: Calendar) -> str:
        return f"{self.origin}/sync/{len(calendar.log)}"

    def _unknown_token(self, calendar: Calendar) -> Reply:
        match self.quirks.bad_token:
            case BadToken.NOTHING:
                return self._multistatus([], self._token(calendar))
            case BadToken.FORBIDDEN:
                return Reply(403, XML, answers.error("<valid-sync-token/>"))
            case other:
                return Reply(int(other.value))

    def _multiget(self, calendar: Calendar, hrefs: list[str]) -> Reply:
        if self.quirks.multiget_status != 207 or not hrefs:  # noqa: PLR2004 - DAViCal fails without
            return Reply(self.quirks.multiget_status if hrefs else 500)
        parts, poisoned = [], False
        for href in hrefs:
            name = unquote(urlsplit(href).path).rpartition("/")[2]
            event = calendar.events.get(name)
            poisoned = poisoned or name in self.quirks.poisoned
            if event is None or name in self.quirks.zombies:
                if not self.quirks.leaves_out_missing:
                    parts.append(Part(href, status=404))
            else:
                parts.append(self._with_data(f"{calendar.path}{name}", event))
        if self.quirks.foreign_answers:
            stranger = Event("BEGIN:VCALENDAR", '"x"')
            parts.append(self._with_data(f"{HOME}another/stranger.ics", stranger))
        reply = self._multistatus(parts)
        return Reply(207, XML, reply.body.replace(b"BEGIN", b"\x0bBEGIN")) if poisoned else reply

    def _with_data(self, path: str, event: Event) -> Part:
        text = event.text.replace("&", "&amp;").replace("<", "&lt;")
        found = {"getetag": self._etag(event), "C:calendar-data": text}
        part = self._part(path, found, ["getetag", "C:calendar-data"])
        if self.quirks.second_propstat:
            part.missing = ["C:schedule-tag"]
        return part

    def _multistatus(self, parts: list[Part], token: str = "") -> Reply:
        if self.quirks.web_page:
            return Reply(207, {"Content-Type": "text/html"}, PAGE)
        return Reply(207, XML, answers.multistatus(parts, token, doctype=self.quirks.with_doctype))

    # ── events ───────────────────────────────────────────────────────────────────────────

    def _get(self, request: Request) -> Reply:
        calendar, name = self.store.of(request.path)
        if self.quirks.moved_to:
            return Reply(301, {"Location": self.quirks.moved_to})
        event = calendar.events.get(name) if calendar is not None else None
        if event is None:
            return Reply(404)
        etag = self._etag(event)
        if self.quirks.packs_etags and "gzip" in request.headers.get("accept-encoding", ""):
            etag = f'{etag[:-1]}-gzip"'
        headers = {"ETag": etag, "Content-Type": "text/calendar; charset=utf-8"}
        return Reply(200, headers, event.text.encode("utf-8", "surrogateescape"))

    def _put(self, request: Request) -> Reply:
        quirks = self.quirks
        calendar, name = self.store.of(request.path)
        if calendar is None:
            return Reply(quirks.gone_on_put)
        if quirks.read_only or quirks.withdrawn:
            return Reply(403)
        event = calendar.events.get(name)
        if refused := self._precondition(request, event):
            return refused
        text = request.body.decode("utf-8", "surrogateescape")
        if quirks.needs_dtend and "DTEND" not in text:
            return Reply(403)
        if event is None and (refused := self._uid_rule(text)):
            return refused
        if quirks.rewrites:
            text = text.replace("END:VEVENT", "X-SERVER-WAS-HERE:yes\r\nEND:VEVENT")
        stored = calendar.put(name, text, quirks.etags)
        return Reply(201 if event is None else 204, self._told(stored))

    def _precondition(self, request: Request, event: Event | None) -> Reply | None:
        quirks = self.quirks
        match = request.headers.get("if-match")
        if match is not None and not quirks.ignores_if_match:
            if event is None:
                return None if quirks.update_creates_missing else Reply(412)
            if match != event.etag:
                return Reply(412)
        fresh = request.headers.get("if-none-match") == "*"
        if fresh and event is not None and not quirks.ignores_if_none_match:
            return Reply(412)
        return None

    def _uid_rule(self, text: str) -> Reply | None:
        carrier = self.store.carrier(Event(text, "").uid)
        if not carrier:
            return None
        match self.quirks.uid_rule:
            case UidRule.NONE:
                return None
            case UidRule.CONFLICT:
                return Reply(409, XML, answers.error("<C:no-uid-conflict/>"))
            case UidRule.CONFLICT_TEXT:
                return Reply(409, {"Content-Type": "text/plain"}, b"Event UID already in use")
            case UidRule.FORBIDDEN_HREF:
                href = f"<href>{answers.written(carrier, self.quirks.hrefs, self.origin)}</href>"
                named = f"<C:unique-scheduling-object-resource>{href}"
                body = answers.error(f"{named}</C:unique-scheduling-object-resource>")
                return Reply(403, XML, body)
            case UidRule.PRECONDITION:
                return Reply(412)

    def _told(self, event: Event) -> dict[str, str]:
        match self.quirks.etags:
            case Etags.NONE_ON_PUT:
                return {}
            case Etags.WEAK_ON_PUT:
                return {"ETag": f"W/{event.etag}"}
            case _:
                return {"ETag": event.etag}

    def _etag(self, event: Event) -> str:
        if self.quirks.stale_etags > 0 and event.older:
            self.quirks.stale_etags -= 1
            return event.older
        return event.etag

    def _delete(self, request: Request) -> Reply:
        calendar, name = self.store.of(request.path)
        event = calendar.events.get(name) if calendar is not None else None
        if calendar is None:
            return Reply(self.quirks.gone_on_put)
        if event is None:
            return Reply(self.quirks.missing_delete_status)
        if self.quirks.read_only:
            return Reply(403)
        match = request.headers.get("if-match")
        if match not in {None, event.etag} and not self.quirks.ignores_if_match_on_delete:
            return Reply(412)
        calendar.delete(name)
        return Reply(204)

    def _make(self, request: Request) -> Reply:
        if not self.quirks.makes_calendars:
            return Reply(403)
        if request.path in self.store.calendars:
            return Reply(405)
        root = ET.fromstring(request.body)  # noqa: S314 - our own client's
        name = root.findtext(f".//{D}displayname") or ""
        place = request.path.rstrip("/").rpartition("/")[2]
        if self.quirks.renames_calendars:
            place = f"cal-{len(self.store.calendars)}"
        self.store.add(place).name = name
        return Reply(201)

    def _gone(self) -> Reply:
        return Reply(self.quirks.gone_on_read)


def _tag(node: ET.Element) -> str:
    space, _, name = str(node.tag).removeprefix("{").rpartition("}")
    return f"{PREFIXES.get(space, '')}{name}"
