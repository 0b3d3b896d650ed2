"""One throw-away PostgreSQL server for a whole test session, shared by all its processes."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from appointed.postgres import ConnectionFacts, Place, Server, connection_facts, start

SESSION_VARIABLE = "APPOINTED_TEST_SERVER"
"""Tells the processes of a session (xdist's workers too) which data directory is served."""

FAST: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "120",
    "autovacuum": "off",
}
"""Nobody misses these data after a power loss."""


@contextmanager
def test_server() -> Iterator[ConnectionFacts]:
    """Keep one server for the session and yield how to reach it.

    The first process of a session starts it (with xdist the controller, in its
    `pytest_configure`); processes started inside the block find it through the
    environment and only connect. The role may create databases, so every worker can
    have its own. Everything is gone afterwards.
    """
    if inherited := os.environ.get(SESSION_VARIABLE):
        yield connection_facts(Path(inherited))
        return
    with (
        temporary_data_dir() as data_dir,
        start(Place(data_dir), settings=FAST) as server,
    ):
        as_superuser(server, "ALTER ROLE appointed CREATEDB")
        as_superuser(server, "GRANT CONNECT ON DATABASE postgres TO appointed")
        os.environ[SESSION_VARIABLE] = str(data_dir)
        try:
            yield server.facts
        finally:
            del os.environ[SESSION_VARIABLE]


test_server.__test__ = False  # type: ignore[attr-defined]  # pytest takes the name for a test


@contextmanager
def temporary_data_dir() -> Iterator[Path]:
    """Make a data directory that a service user can enter; remove it with all it holds."""
    top = Path(tempfile.mkdtemp(prefix="appointed-"))
    try:
        top.chmod(0o755)
        yield top / "data"
    finally:
        shutil.rmtree(top)


def as_superuser(server: Server, statement: str, *, dbname: str = "postgres") -> str:
    """Carry out a statement as the cluster's superuser and return what psql prints."""
    done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - the server's own psql
        [
            *(server.programs.path("psql"), "--no-psqlrc", "--quiet", "--tuples-only"),
            *("--no-align", "--set=ON_ERROR_STOP=1"),
            *("--host", server.facts.host, "--username", "postgres", "--dbname", dbname),
            *("--command", statement),
        ],
        cwd="/",
        env={"LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
        **server.account.identity(),
    )
    return done.stdout.strip()
