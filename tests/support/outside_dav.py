"""The other side as a real CalDAV server behind the fault proxy; people go round the proxy."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from zoneinfo import ZoneInfo

from appointed.core.events import AllDay, Content, ShowAs, Timed, When
from appointed.providers.caldav.auth import Settings, access_to
from appointed.providers.caldav.client import Voice
from appointed.providers.caldav.provider import CalDavProvider, dav_client
from appointed.providers.port import CalendarProvider
from appointed.sync.models import Account
from appointed.sync.sealing import unseal
from support.caldav_person import DavPerson, Refused, later
from support.caldav_servers import Server
from support.fault_proxy import Answer, Drop, Effect, FaultProxy, LoseAnswer, Reply
from support.outside import ANY, CREATE, DELETE, FOR_EVER, LOOK, READ_ONE, UPDATE, WRITE, Plan, Seen

METHODS = {
    CREATE: ("PUT",),
    UPDATE: ("PUT",),
    DELETE: ("DELETE",),
    WRITE: ("PUT", "DELETE"),
    READ_ONE: ("GET",),
    LOOK: ("REPORT", "PROPFIND"),
    ANY: (),
}
NO_PRIVILEGE = b'<error xmlns="DAV:"><need-privileges/></error>'
EVENT = re.compile("BEGIN:VEVENT(.*?)END:VEVENT", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Done:
    """A write that reached the server and was carried out."""

    method: str
    path: str
    made: bool
    body: str


class CountingProxy(FaultProxy):
    """Counts the writes that the server carried out, whatever became of their answers."""

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream)
        self.done: list[Done] = []

    def forward_over(
        self,
        connection: HTTPConnection,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Reply:
        reply = super().forward_over(connection, method, path, headers, body)
        if method in {"PUT", "DELETE"} and reply.status < 300:
            made = "if-none-match" in {name.lower() for name in headers}
            self.done.append(Done(method, path, made, body.decode()))
        return reply


class DavOutside:
    """An account at a real server, with two new calendars."""

    def __init__(self, server: Server) -> None:
        self.name = server.name
        self.server = server
        self.person = DavPerson(server)
        self.proxy = CountingProxy(server.url)
        self.p, self.q = self.person.make_calendar(), self.person.make_calendar()
        self.password = server.password
        self.secrets = (server.password,)
        self.deleted: set[str] = set()
        self._planned: dict[str, str] = {}

    # ── connecting ──

    @property
    def credentials(self) -> dict[str, str]:
        path = self.server.url.partition("//")[2].partition("/")[2]
        url = f"{self.proxy.url}/{path}"
        return {"url": url, "username": self.server.username, "password": self.password}

    def connect(self, account: Account) -> CalendarProvider:
        return self.try_out(account.provider, unseal(account.secret))

    def try_out(self, provider: str, credentials: dict[str, str]) -> CalendarProvider:  # noqa: ARG002 - the registry's signature
        settings = Settings(allowed_private=["127.0.0.1"])
        client = dav_client(access_to(**credentials), settings, Voice(), pause=lambda _: None)
        return CalDavProvider(client, settings)

    # ── what stands there ──

    def events(self, calendar: str) -> list[Seen]:
        try:
            found = self.person.events(calendar)
        except Refused:
            return []
        return [self._seen(calendar, path, text) for path, text in found.items()]

    def _seen(self, calendar: str, path: str, text: str) -> Seen:
        lines = _lines(text)
        free = lines.get("TRANSP") == "TRANSPARENT" or lines.get("STATUS") == "CANCELLED"
        names = {lines.get("UID", ""), lines.get("X-APPOINTED-KEY", ""), path}
        when, zone = _when(text)
        return Seen(
            calendar=calendar,
            remote_id=path,
            names=frozenset(name for name in names if name),
            when=when,
            says=text,
            state=text,
            blocks=not free,
            private=lines.get("CLASS") in {"PRIVATE", "CONFIDENTIAL"},
            ours=path in self._made(),
            guests="ATTENDEE" in lines or "ORGANIZER" in lines,
            zone=zone,
        )

    def _made(self) -> set[str]:
        return {done.path for done in self.proxy.done if done.made}

    # ── people ──

    def add(self, calendar: str, plan: Plan) -> Seen:
        extras = ("STATUS:CANCELLED",) if plan.cancelled else ()
        return self._stands(calendar, self.person.add(calendar, _content(plan), *extras))

    def change(self, event: Seen, plan: Plan) -> Seen:
        self.person.drag(event.remote_id, _content(plan))
        transparency = "TRANSPARENT" if plan.free else "OPAQUE"
        self.person.edit(event.remote_id, TRANSP=transparency)
        return self._stands(event.calendar, event.remote_id)

    def drag(self, event: Seen, by: timedelta) -> None:
        self.person.drag(event.remote_id, later(Content(event.when, ""), by))
        if not event.ours:
            self._stands(event.calendar, event.remote_id)

    def delete(self, event: Seen) -> None:
        self.person.delete(event.remote_id)
        self._planned.pop(event.remote_id, None)
        self.deleted |= event.names

    def restore(self, event: Seen) -> Seen:
        self.person.put(event.remote_id, event.says)
        return self._seen(event.calendar, event.remote_id, self.person.text(event.remote_id))

    def decorate(self, event: Seen) -> None:
        self.person.decorate(event.remote_id)

    def is_decorated(self, event: Seen) -> bool:
        return self.person.is_decorated(event.remote_id)

    def forbid_writing(self, calendar: str) -> None:
        refused = Answer(403, {"Content-Type": "application/xml"}, NO_PRIVILEGE)
        self.proxy.plant(refused, *METHODS[WRITE], path=calendar, times=FOR_EVER)

    def allow_writing(self, calendar: str) -> None:  # noqa: ARG002 - only one is ever forbidden
        self.proxy.heal()

    def lock_out(self) -> None:
        self.proxy.plant(Answer(401), times=FOR_EVER)

    def let_in(self) -> None:
        self.proxy.heal()

    def _stands(self, calendar: str, path: str) -> Seen:
        text = self._planned[path] = self.person.text(path)
        return self._seen(calendar, path, text)

    # ── faults ──

    def fail(self, kind: str, status: int, times: int = FOR_EVER) -> None:
        self._plant(Answer(status), kind, times)

    def lose_answers(self, kind: str, times: int = 1) -> None:
        self._plant(LoseAnswer(), kind, times)

    def drop(self, kind: str, times: int = 1) -> None:
        self._plant(Drop(), kind, times)

    def expire_tokens(self) -> None:
        """Have every report that names a token refused, as a server does that forgot it."""
        self._plant(Answer(403), LOOK, 1)

    def heal(self) -> None:
        self.proxy.heal()

    def _plant(self, effect: Effect, kind: str, times: int) -> None:
        self.proxy.plant(effect, *METHODS[kind], times=times)

    # ── accounts ──

    @property
    def writes(self) -> int:
        return len(self.proxy.done)

    @property
    def writes_tried(self) -> int:
        return len(self.proxy.seen("PUT", "DELETE"))

    @property
    def requests(self) -> int:
        return len(self.proxy.exchanges)

    @property
    def refusals(self) -> int:
        return sum(1 for exchange in self.proxy.seen() if exchange.status == 401)

    def foreign_writes(self) -> list[str]:
        made: set[str] = set()
        foreign = []
        for done in self.proxy.done:
            made |= {done.path} if done.made else set()
            if done.path not in made or done.path in self._planned:
                foreign.append(f"{done.method} {done.path}")
        for path, text in self._planned.items():
            if not self.person.exists(path) or self.person.text(path) != text:
                foreign.append(f"changed {path}")
        return foreign

    def mails(self) -> int:
        return sum("ATTENDEE" in done.body or "ORGANIZER" in done.body for done in self.proxy.done)

    def close(self) -> None:
        self.proxy.close()
        for calendar in (self.p, self.q):
            with contextlib.suppress(Refused):  # the test itself may have deleted it
                self.person.delete_calendar(calendar)
        self.person.close()


def _content(plan: Plan) -> Content:
    show_as = ShowAs.FREE if plan.free else ShowAs.BUSY
    return replace(Content(plan.when, plan.title, private=plan.private), show_as=show_as)


def _lines(text: str) -> dict[str, str]:
    found = EVENT.search(re.sub("\r?\n[ \t]", "", text))
    lines = (line.partition(":") for line in (found[1] if found else "").splitlines())
    return {name.partition(";")[0]: value for name, _, value in lines}


def _when(text: str) -> tuple[When, str]:
    """Return the event's time, read by hand: DATE, UTC, or a zone of the IANA's names."""
    event = EVENT.search(re.sub("\r?\n[ \t]", "", text))
    assert event is not None
    (start, zone), (end, _) = (_instant(event[1], name) for name in ("DTSTART", "DTEND"))
    if zone == "DATE":
        return AllDay(start.date(), end.date()), ""
    return Timed(start, end, zone), zone


def _instant(event: str, name: str) -> tuple[datetime, str]:
    found = re.search(f"(?m)^{name}([^:\r\n]*):(\\w+)", event)
    assert found is not None
    parameters, value = found.groups()
    if "VALUE=DATE" in parameters:
        return datetime.strptime(value, "%Y%m%d").replace(tzinfo=UTC), "DATE"
    if value.endswith("Z"):
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC), "UTC"
    zone = parameters.partition("TZID=")[2].partition(";")[0].strip('"')
    at = datetime.strptime(value, "%Y%m%dT%H%M%S")  # noqa: DTZ007 - its zone follows
    return at.replace(tzinfo=ZoneInfo(zone)), zone
