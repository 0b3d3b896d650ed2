"""Staff at the pages, without a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from appointed.book.access import Role
from support.book import House

Entered = Callable[[Role], Client]


@pytest.fixture
def enter(house: House) -> Entered:
    """Sign somebody of a role in and return his browser."""

    def entered(role: Role) -> Client:
        client = Client()
        client.force_login(house.user(role, f"{role}@north.example"))
        return client

    return entered
