"""iCloud as public sources tell of it: partition hosts, odd answers, one connection."""

from __future__ import annotations

from urllib.parse import unquote

import httpx2
import pytest

from appointed.providers import registry
from appointed.providers.addresses import AddressGuard
from appointed.providers.caldav.auth import Settings
from appointed.providers.caldav.client import DavClient
from appointed.providers.caldav.provider import CalDavProvider
from appointed.providers.http import HttpClient
from appointed.providers.icloud.auth import icloud_access, icloud_voice
from appointed.providers.icloud.manifest import MANIFEST, PACE
from appointed.providers.port import Deleted, Written
from appointed_standins.caldav import Request
from contract.verbs import create, delete, event, fetch, look, tombstones, update, upserts

PARTITION = "https://p42-caldav.icloud.com"


class Apple(httpx2.BaseTransport):
    """Hands requests to the quirky server, whatever host they are for, and keeps the hosts."""

    def __init__(self, server):
        self.server = server
        self.asked = []

    def handle_request(self, request):
        self.asked.append((request.method, request.url.host))
        headers = {name.lower(): value for name, value in request.headers.items()}
        login = (self.server.quirks.username, self.server.quirks.password)
        path = unquote(request.url.raw_path.decode())
        reply = self.server.answer(Request(request.method, path, headers, request.read(), login))
        stream = httpx2.ByteStream(reply.body)
        return httpx2.Response(reply.status, headers=reply.headers, stream=stream)


class AppleWorld:
    def __init__(self, world):
        self.server = world.server
        self.calendar = world.calendar
        self.apple = Apple(world.server)
        guard = AddressGuard((), lambda *_: ("17.1.2.3",))
        http = HttpClient(icloud_access("a@icloud.com", "x"), guard=guard, transport=self.apple)
        client = DavClient(http, icloud_voice(""), pause=world.pauses.append)
        self.provider = CalDavProvider(client, Settings(writers=PACE.writers))
        self.calendar_id = f"{PARTITION}{world.calendar_id}"


@pytest.fixture
def apple(quirky):
    world = AppleWorld(
        quirky(
            foreign_home=f"{PARTITION}:443/calendars/alice/",
            lists_itself=True,
            second_propstat=True,
            needs_dtend=True,
        )
    )
    yield world
    world.provider.close()


def test_calendars_of_a_partition_are_known_by_their_address(apple):
    [calendar] = apple.provider.list_calendars()

    assert calendar.calendar_id == apple.calendar_id
    assert apple.provider.check_credentials().subject.startswith("https://caldav.icloud.com/")


def test_an_event_lives_its_life_on_the_partition(apple):
    pages = look(apple)
    apple.apple.asked.clear()

    key, made = create(apple)
    changed = update(apple, key, made, event("Bob"))
    seen = upserts(look(apple, pages[-1].next_token))
    [found] = apple.provider.find(key)
    gone = delete(apple, key, changed)

    assert isinstance(changed, Written)
    assert seen.keys() == {made.remote_id} == {f"{apple.calendar.path}{key}.ics"}
    assert (found.calendar_id, found.event.remote_id) == (apple.calendar_id, made.remote_id)
    assert fetch(apple, made.remote_id) is None
    assert isinstance(gone, Deleted)
    events = {host for method, host in apple.apple.asked if method in {"PUT", "GET", "DELETE"}}
    assert events == {"p42-caldav.icloud.com"}


def test_a_deleted_event_leaves_a_tombstone_of_the_same_id(apple):
    _, made = create(apple)
    pages = look(apple)
    apple.calendar.delete(made.remote_id.rpartition("/")[2])

    news = look(apple, pages[-1].next_token)

    assert tombstones(news) == {made.remote_id}


def test_what_a_person_is_asked_for_and_told():
    assert registry.manifest_of("icloud") is MANIFEST
    assert [field.name for field in MANIFEST.fields] == ["username", "password"]
    assert [field.secret for field in MANIFEST.fields] == [False, True]
    assert len(MANIFEST.help) == 3
    assert "https://account.apple.com/" in MANIFEST.links.values()


def test_an_unknown_provider_is_told_as_such():
    with pytest.raises(registry.UnknownProvider):
        registry.connect("fax", {})
