"""Every provider, held to the contract: in memory, and at three real CalDAV servers."""

from datetime import UTC, datetime

import pytest

from appointed.providers.port import Identity
from contract.suite import ProviderContract
from contract.worlds import DavWorld, MemoryWorld
from support.caldav_servers import SERVERS

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class TestMemory(ProviderContract):
    @pytest.fixture(params=list(Identity))
    def world(self, request):
        world = MemoryWorld(request.param, lambda: NOON)
        yield world
        world.close()


class TestCalDav(ProviderContract):
    @pytest.fixture(params=list(SERVERS))
    def world(self, request, caldav_server):
        world = DavWorld(caldav_server(request.param))
        yield world
        world.close()
