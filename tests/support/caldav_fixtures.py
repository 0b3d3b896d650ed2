"""Fixtures: each CalDAV server once a session, and a word at the end on those left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from support.caldav_servers import SERVERS, NotHere, Server

LEFT_OUT = pytest.StashKey[dict[str, str]]()


@pytest.fixture(scope="session")
def caldav_server(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Server]]:
    """Return the running server of a name; where it cannot run here the test is left out."""
    running: dict[str, Server] = {}
    left_out = request.config.stash.setdefault(LEFT_OUT, {})
    with ExitStack() as stack:

        def server(name: str) -> Server:
            if name not in running and name not in left_out:
                try:
                    running[name] = stack.enter_context(SERVERS[name]())
                except NotHere as reason:
                    left_out[name] = str(reason)
            if name in left_out:
                pytest.skip(f"{name} is left out: {left_out[name]}")
            return running[name]

        yield server


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which servers were left out, and why: never silently."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = {str(report.longrepr[2]) for report in skipped if isinstance(report.longrepr, tuple)}
    for reason in sorted(r for r in reasons if "is left out:" in r):
        terminalreporter.write_line(f"NOT TESTED: {reason.removeprefix('Skipped: ')}", yellow=True)
