"""A world with the quirky server: its knobs, its store, and the provider before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from appointed.providers.caldav.auth import Settings, access_to
from appointed.providers.caldav.client import Voice
from appointed.providers.caldav.provider import CalDavProvider, dav_client
from appointed_standins.caldav import Quirks, QuirkyServer
from appointed_standins.caldav.store import Calendar
from support.fault_proxy import FaultProxy


@dataclass
class QuirkyWorld:
    """The server, one calendar of it, the proxy before it, and a provider behind that."""

    server: QuirkyServer
    proxy: FaultProxy
    calendar: Calendar
    path: str = "/"
    pauses: list[float] = field(default_factory=list)
    made: list[CalDavProvider] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.provider = self.connect()

    @property
    def quirks(self) -> Quirks:
        return self.server.quirks

    @property
    def calendar_id(self) -> str:
        return self.calendar.path

    def connect(self, *, url: str = "", password: str = "", **settings) -> CalDavProvider:
        chosen = Settings(allowed_private=["127.0.0.1"], **settings)
        access = access_to(
            url or f"{self.proxy.url}{self.path}",
            self.quirks.username,
            password or self.quirks.password,
        )
        client = dav_client(access, chosen, Voice(), pause=self.pauses.append)
        self.made.append(CalDavProvider(client, chosen))
        return self.made[-1]

    def close(self) -> None:
        for provider in self.made:
            provider.close()

    def add(self, name: str, *lines: str) -> str:
        """Store a foreign event, or with `lines` whatever they say; return its remote id."""
        self.calendar.put(name, text_of(name, *(lines or ONE_HOUR)), self.quirks.etags)
        return f"{self.calendar.path}{name}"

    def asked(self, *methods: str) -> list[str]:
        return [f"{r.method} {r.path}" for r in self.server.seen(*methods)]

    def heads(self, method: str, name: str) -> list[str | None]:
        return [r.headers.get(name) for r in self.server.seen(method)]


ONE_HOUR = ("DTSTART:20261201T090000Z", "DTEND:20261201T100000Z", "SUMMARY:Cy")


def text_of(uid: str, *lines: str) -> str:
    text = ("BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", f"UID:{uid}", *lines)
    return "\r\n".join((*text, "END:VEVENT", "END:VCALENDAR", ""))


@pytest.fixture
def quirky() -> Iterator[Callable[..., QuirkyWorld]]:
    """Return what makes worlds: `quirky(etags=Etags.COUNTER)`."""
    with ExitStack() as stack:

        def make(*, path: str = "/", **knobs) -> QuirkyWorld:
            server = stack.enter_context(QuirkyServer(Quirks(**knobs)))
            proxy = FaultProxy(server.url)
            stack.callback(proxy.close)
            world = QuirkyWorld(server, proxy, server.store.add("work"), path)
            stack.callback(world.close)
            return world

        yield make
