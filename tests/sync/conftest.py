from __future__ import annotations

import pytest

from appointed.providers.port import Identity
from support.world import World, make_world


@pytest.fixture(params=list(Identity))
def world(request: pytest.FixtureRequest, db: None) -> World:  # noqa: ARG001 - rows want a database
    return make_world(request.param)
