"""Sixty open streams and sixty requests at once leave the database's pool (20) alone."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import pytest

from appointed.book.access import Role
from browser.conftest import Site, session_of
from support.book import NINE, House

MANY = 60


@pytest.fixture
def cookie(open_house: House) -> str:
    return f"sessionid={session_of(open_house.user(Role.OWNER, 'dee@north.example'))}"


def test_sixty_streams_and_sixty_requests_are_all_answered(
    site: Site, open_house: House, cookie: str
) -> None:
    with ExitStack() as stack:
        streams = [stack.enter_context(_stream(site, cookie)) for _ in range(MANY)]

        with ThreadPoolExecutor(MANY) as pool:
            answers = list(pool.map(lambda _: _get(site, "/clients", cookie), range(MANY)))
        open_house.book(NINE)

        assert answers == [200] * MANY
        assert all(_next_version(stream) for stream in streams)


def _connection(site: Site) -> http.client.HTTPConnection:
    parts = urlsplit(site.address)
    return http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)


class _stream:  # noqa: N801 - a context manager
    def __init__(self, site: Site, cookie: str) -> None:
        self._line = _connection(site)
        self._line.request("GET", "/live", headers={"Cookie": cookie})
        self._answer = self._line.getresponse()
        assert self._answer.status == 200

    def __enter__(self) -> http.client.HTTPResponse:
        return self._answer

    def __exit__(self, *_: object) -> None:
        self._answer.close()
        self._line.close()


def _next_version(answer: http.client.HTTPResponse) -> int:
    """Read until a version comes that is not the one at the beginning."""
    seen = [int(line.split(b":")[1]) for line in _versions(answer)]
    return seen[-1]


def _versions(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    for _ in range(2):
        line = answer.readline()
        while not line.startswith(b"data:"):
            line = answer.readline()
        yield line


def _get(site: Site, path: str, cookie: str) -> int:
    with closing(_connection(site)) as line:
        line.request("GET", path, headers={"Cookie": cookie})
        return line.getresponse().status
