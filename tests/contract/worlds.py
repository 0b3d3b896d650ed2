"""Worlds in which the contract is tried: a provider, its calendars, and a person at them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from appointed.core.events import Content, Timed
from appointed.providers.caldav.auth import Settings, access_to
from appointed.providers.caldav.client import Voice
from appointed.providers.caldav.provider import CalDavProvider, dav_client
from appointed.providers.memory import MemoryServer, People, StoredEvent
from appointed.providers.memory import connect as connect_memory
from appointed.providers.memory.accounting import EVENT_WRITES
from appointed.providers.memory.faults import Drop as MemoryDrop
from appointed.providers.memory.faults import LoseAnswer as MemoryLoseAnswer
from appointed.providers.port import CalendarProvider, Identity
from support.caldav_person import DavPerson, Refused
from support.caldav_servers import Server
from support.fault_proxy import Drop, FaultProxy, LoseAnswer


class World(Protocol):
    """One account with two empty calendars; whatever a person does is seen by the provider.

    Events are named by remote id. `stored` counts what stands in a calendar, from outside.
    """

    provider: CalendarProvider
    calendar_id: str
    other_id: str

    def add(self, content: Content) -> str: ...
    def retitle(self, remote_id: str, title: str) -> None: ...
    def drag(self, remote_id: str, by: timedelta) -> None: ...
    def decorate(self, remote_id: str) -> None: ...
    def is_decorated(self, remote_id: str) -> bool: ...
    def copy(self, remote_id: str) -> str: ...
    def move(self, remote_id: str) -> str: ...
    def delete(self, remote_id: str) -> None: ...
    def delete_calendar(self) -> None: ...
    def expire_tokens(self, token: str) -> str: ...
    def stored(self, calendar_id: str) -> Sequence[str]: ...
    def lose_answers(self, times: int) -> None: ...
    def drop_requests(self, times: int) -> None: ...
    def close(self) -> None: ...


class DavWorld:
    """A real CalDAV server behind the fault proxy; the person goes round the proxy."""

    def __init__(self, server: Server, *, writers: int = 4) -> None:
        self.server = server
        self.person = DavPerson(server)
        self.proxy = FaultProxy(server.url)
        self.calendar_id = self.person.make_calendar()
        self.other_id = self.person.make_calendar()
        self.provider: CalendarProvider = self.connect(writers=writers)

    def connect(self, *, writers: int = 4, silence: float = 20.0) -> CalDavProvider:
        settings = Settings(allowed_private=["127.0.0.1"], writers=writers, silence=silence)
        path = self.server.url.partition("//")[2].partition("/")[2]
        access = access_to(f"{self.proxy.url}/{path}", self.server.username, self.server.password)
        client = dav_client(access, settings, Voice(), pause=lambda s: time.sleep(s / 5))
        return CalDavProvider(client, settings)

    def add(self, content: Content) -> str:
        return self.person.add(self.calendar_id, content)

    def retitle(self, remote_id: str, title: str) -> None:
        self.person.edit(remote_id, SUMMARY=title)

    def drag(self, remote_id: str, by: timedelta) -> None:
        [event] = self.provider.fetch(self.calendar_id, [remote_id])
        self.person.drag(remote_id, _moved(event.content, by))

    def decorate(self, remote_id: str) -> None:
        self.person.decorate(remote_id)

    def is_decorated(self, remote_id: str) -> bool:
        return self.person.is_decorated(remote_id)

    def copy(self, remote_id: str) -> str:
        return self.person.copy(remote_id)

    def move(self, remote_id: str) -> str:
        return self.person.move(remote_id, self.other_id)

    def delete(self, remote_id: str) -> None:
        self.person.delete(remote_id)

    def delete_calendar(self) -> None:
        self.person.delete_calendar(self.calendar_id)

    def expire_tokens(self, token: str) -> str:
        return f"nonsense-{token}"

    def stored(self, calendar_id: str) -> Sequence[str]:
        return list(self.person.events(calendar_id))

    def lose_answers(self, times: int) -> None:
        self.proxy.plant(LoseAnswer(), "PUT", "DELETE", times=times)

    def drop_requests(self, times: int) -> None:
        self.proxy.plant(Drop(), "PUT", "DELETE", times=times)

    def close(self) -> None:
        self.provider.close()
        self.proxy.close()
        for calendar in (self.calendar_id, self.other_id):
            with contextlib.suppress(Refused):  # the test itself may have deleted it
                self.person.delete_calendar(calendar)
        self.person.close()


class MemoryWorld:
    """A server in memory, with the identity asked for."""

    calendar_id = "p"
    other_id = "q"

    def __init__(self, identity: Identity, clock: object) -> None:
        self.server = MemoryServer(identity, clock=clock)  # type: ignore[arg-type]  # a plain callable
        for calendar in (self.calendar_id, self.other_id):
            self.server.add_calendar(calendar)
        self.people = People(self.server)
        self.provider: CalendarProvider = connect_memory(self.server)

    def add(self, content: Content) -> str:
        return self.people.add(self.calendar_id, content).remote_id

    def retitle(self, remote_id: str, title: str) -> None:
        event = self._event(remote_id)
        self.people.edit(event, content=_titled(event.content, title))

    def drag(self, remote_id: str, by: timedelta) -> None:
        self.people.drag(self._event(remote_id), by)

    def decorate(self, remote_id: str) -> None:
        self.people.edit(self._event(remote_id), extras=(("alarm", "-PT20M"),))

    def is_decorated(self, remote_id: str) -> bool:
        return self._event(remote_id).extras == (("alarm", "-PT20M"),)

    def copy(self, remote_id: str) -> str:
        return self.people.copy(self._event(remote_id)).remote_id

    def move(self, remote_id: str) -> str:
        return self.people.move(self._event(remote_id), self.other_id).remote_id

    def delete(self, remote_id: str) -> None:
        self.people.delete(self._event(remote_id))

    def delete_calendar(self) -> None:
        self.people.delete_calendar(self.calendar_id)

    def expire_tokens(self, token: str) -> str:
        self.people.expire_tokens(self.calendar_id)
        return token

    def stored(self, calendar_id: str) -> Sequence[str]:
        return [event.remote_id for event in self.server.events(calendar_id)]

    def lose_answers(self, times: int) -> None:
        self.server.faults.plant(MemoryLoseAnswer(), EVENT_WRITES, times=times)

    def drop_requests(self, times: int) -> None:
        self.server.faults.plant(MemoryDrop(), EVENT_WRITES, times=times)

    def close(self) -> None:
        self.provider.close()

    def _event(self, remote_id: str) -> StoredEvent:
        for calendar in (self.calendar_id, self.other_id):
            event = self.server.get(calendar, remote_id)
            if event is not None and event.alive:
                return event
        raise LookupError(remote_id)


def _titled(content: Content, title: str) -> Content:
    return Content(content.when, title, content.text, content.location, content.url)


def _moved(content: Content, by: timedelta) -> Content:
    when = content.when
    assert isinstance(when, Timed)
    return Content(Timed(when.start + by, when.end + by, when.zone), content.title)
