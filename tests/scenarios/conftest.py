from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from appointed.providers.port import Identity
from scenarios.checks import check
from scenarios.scene import Scene, make_scene
from support.caldav_servers import Server
from support.outside import Outside
from support.outside_dav import DavOutside
from support.outside_memory import MemoryOutside
from support.world import Clock

PROVIDERS = [*(identity.value for identity in Identity), "radicale"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=PROVIDERS)
def outside(
    request: pytest.FixtureRequest, clock: Clock, caldav_server: Callable[[str], Server]
) -> Iterator[Outside]:
    """The other side of each provider that there is."""
    name: str = request.param
    if name in set(Identity):
        yield MemoryOutside(Identity(name), clock)
        return
    made = DavOutside(caldav_server(name))
    yield made
    made.close()


@pytest.fixture
def unchecked_scene(db: None, outside: Outside, clock: Clock) -> Scene:  # noqa: ARG001 - rows want a database
    """The default world, whose end is not looked at."""
    return make_scene(outside, clock)


@pytest.fixture
def scene(unchecked_scene: Scene, caplog: pytest.LogCaptureFixture) -> Iterator[Scene]:
    """The default world; CHK1–CHK8 are read at its end."""
    caplog.set_level(logging.DEBUG, "appointed")
    yield unchecked_scene
    phases = ("setup", "call", "teardown")
    logged = "\n".join(r.getMessage() for p in phases for r in caplog.get_records(p))  # type: ignore[arg-type]  # its own names
    check(unchecked_scene, logged)


@pytest.fixture
def quinns_outside(
    outside: Outside, clock: Clock, caldav_server: Callable[[str], Server]
) -> Iterator[Outside]:
    """Another account of the same kind, for Quinn."""
    if isinstance(outside, MemoryOutside):
        yield MemoryOutside(outside.server.manifest.identity, clock, "quinn")
        return
    server = caldav_server(outside.name)
    hers = replace(server, home="/bob/", username="bob", password="secret-b")
    made = DavOutside(hers)
    yield made
    made.close()
