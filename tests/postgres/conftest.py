import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from appointed.postgres import ConnectionFacts, Place, Server, connection_facts, home_of, start
from appointed.postgres.place import STATE_DIR
from support.database import temporary_data_dir
from support.supervisor import cluster_of, kill_all


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data directory that everybody may pass through."""
    with temporary_data_dir() as directory:
        yield directory
        forget(directory)


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    """One server for the tests of a module that only look at it."""
    with temporary_data_dir() as directory, start(Place(directory)) as server:
        yield server


@pytest.fixture
def private_dir(data_dir: Path) -> Iterator[Path]:
    """A data directory below one that only its owner can enter."""
    data_dir.mkdir(mode=0o700)
    directory = data_dir / "inside"
    yield directory
    forget(directory)


def forget(data_dir: Path) -> None:
    """End what a failed test left running, and remove what lies outside the data directory."""
    home = home_of(data_dir)
    kill_all(cluster_of(data_dir))
    if home.parent == STATE_DIR:
        for left in STATE_DIR.glob(f"{home.name}*"):
            shutil.rmtree(left)


def connect(to: Path | ConnectionFacts, **other: str) -> psycopg.Connection:
    facts = connection_facts(to) if isinstance(to, Path) else to
    words = {"host": facts.host, "user": facts.user, "dbname": facts.dbname, **other}
    return psycopg.connect(**words, autocommit=True, connect_timeout=10)


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can play other users")
