"""One throw-away database server a run; every process of it has a database of its own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import hypothesis
import pytest
from django.db import connections

from support.book import House, make_house
from support.database import test_server

pytest_plugins = ["support.caldav_fixtures", "support.scenario_table"]

hypothesis.settings.register_profile("here", deadline=None)  # no duration is a pass mark
hypothesis.settings.load_profile("here")

SERVER = pytest.StashKey[ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the server before xdist starts its workers: they inherit where it is."""
    stack = config.stash[SERVER] = ExitStack()
    if not _is_worker(config) and config.getoption("numprocesses", None) and not _outside():
        stack.enter_context(test_server())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have browsers come last: once one runs, its event loop stays in this thread to the end."""
    items.sort(key=lambda item: "playwright" in getattr(item, "fixturenames", ()))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server and remove what the run left."""
    if SERVER in config.stash:
        config.stash[SERVER].close()
    left = Path(os.environ.get("APPOINTED_TEST_DIR", ""))
    if not _is_worker(config) and left.parent == Path(tempfile.gettempdir()):
        shutil.rmtree(left, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,  # noqa: ARG001 - it comes first
) -> Iterator[None]:
    """Name the server of this run, started now where no worker needed it before."""
    if _outside():
        yield
        return
    with test_server() as facts:
        where = {"HOST": facts.host, "USER": facts.user, "NAME": facts.dbname}
        connections.settings["default"].update(where)
        yield


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 - rows want a database
    """A small practice with Pat, Quinn and Ann."""
    return make_house()


@pytest.fixture
def open_house(transactional_db: None) -> House:  # noqa: ARG001 - rows want a database
    """The same, so that other threads and connections see its rows."""
    return make_house()


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _outside() -> bool:
    """Say whether the environment names a database server of its own."""
    return bool(os.environ.get("APPOINTED_DATABASE_URL"))
