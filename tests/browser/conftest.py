"""Chromium against the real command, over the database of this very test run."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, WebError, expect

import appointed
from appointed.book.models import User
from support.caldav_fixtures import caldav_server
from support.supervisor import wait_for

__all__ = ["caldav_server"]  # a fixture of this folder too

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps a loop in this thread

expect.set_options(timeout=20_000)
ROOT = Path(__file__).parents[2]
SOURCE = Path(appointed.__file__).parent.parent
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
)
REFUSALS = re.compile(r"Failed to load resource: .* status of (401|403|404|409|412|422)\b")
"""A refused form is an answer, but browsers write it to the console."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives a browser, so that it can be left out."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": shutil.which("chromium"), "args": list(FLAGS)}


@pytest.fixture(scope="session")
def built() -> None:
    """The static files as the sources are now."""
    subprocess.run([sys.executable, ROOT / "frontend" / "build.py"], check=True)  # noqa: S603 - our own


def session_of(user: User) -> str:
    """Return the key of a new session of a user who has signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


@dataclass(frozen=True, slots=True)
class Site:
    """The running server."""

    address: str

    def enter(self, context: BrowserContext, user: User) -> None:
        """Give a browser the session of a user who has signed in."""
        cookie = {"name": "sessionid", "value": session_of(user), "url": self.address}
        context.add_cookies([cookie])  # type: ignore[list-item]  # Playwright's own dictionary


@pytest.fixture(scope="session")
def site(django_db_setup: None, built: None) -> Iterator[Site]:  # noqa: ARG001 - both come first
    """`appointed web` as a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.set_inheritable(True)
        number = listener.fileno()
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "appointed.cli", "web", "--fd", str(number)],
            env=settings_of_run(),
            pass_fds=[number],
        )
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            wait_for(lambda: _answers(address), seconds=60)
            yield Site(address)
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="session")
def base_url(site: Site) -> str:
    return site.address


@pytest.fixture(autouse=True)
def quiet_console(context: BrowserContext) -> Iterator[list[str]]:
    """Fail for whatever a page writes as an error, so also for each breach of the policy."""
    context.set_default_timeout(60_000)  # machines that do other things as well
    faults: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not REFUSALS.search(message.text):
            faults.append(message.text)

    def fail(error: WebError) -> None:
        faults.append(str(error.error))

    context.on("console", hear)
    context.on("weberror", fail)
    yield faults
    assert faults == []


AXE_OPTIONS = "{ resultTypes: ['violations'], rules: { 'empty-table-header': { enabled: false } } }"
"""FullCalendar's own row header has a name but no text (minor)."""


def axe_faults(page: Page) -> list[str]:
    """Return what axe finds wrong, one line a finding."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(f"() => axe.run({AXE_OPTIONS})")
    return [
        fault
        for fault in _lines(found)
        if not ("scrollable-region-focusable" in fault and 'class="fc-' in fault)
    ]


def _lines(found: dict[str, Any]) -> list[str]:
    """Say each finding; the grid's scrollers follow its one tab stop, which axe cannot know."""
    return [
        f"{one['impact']} {one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def settings_of_run() -> dict[str, str]:
    """Return the environment of a process over this run's database."""
    settings = connections["default"].settings_dict
    where = {"host": settings["HOST"], "user": settings["USER"]}
    if settings.get("PORT"):
        where["port"] = str(settings["PORT"])
    return {
        **os.environ,
        "PYTHONPATH": str(SOURCE),
        "DJANGO_SETTINGS_MODULE": "appointed.config.test_settings",
        "APPOINTED_DATABASE_URL": f"postgresql:///{settings['NAME']}?{urlencode(where)}",
    }


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except OSError:
        return False
