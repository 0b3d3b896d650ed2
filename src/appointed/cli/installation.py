"""Having the database of this installation answer for as long as a command needs it."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection

from appointed import postgres
from appointed.cli.problems import CommandFailed
from appointed.cli.schema import bring_up_to_date, is_up_to_date

STARTING_SECONDS = 60.0


def migrate(_arguments: Namespace) -> None:
    """Bring the schema up to date, starting the embedded database where nobody has."""
    with database():
        count = bring_up_to_date()
    if sys.stdout.isatty():
        print(f"{count} changes made." if count else "The schema was up to date.")


def embedded() -> bool:
    """Say whether the database is the embedded one."""
    return not settings.ENVIRONMENT.database_url


def place() -> postgres.Place:
    """Return where the embedded database of this installation lies."""
    programs = settings.ENVIRONMENT.postgres_bin
    return postgres.Place(settings.APPOINTED_DATA_DIR, Path(programs) if programs else None)


@contextmanager
def database() -> Iterator[None]:
    """Have the database answer for the block: the running one, or the embedded one started.

    Raises:
        ServerProblem: it cannot run.
        CommandFailed: it does not answer.
    """
    with ExitStack() as stack:
        if embedded():
            _start_unless_running(stack)
        else:
            _answering_or_fail()
        stack.callback(leave_database)
        yield


@contextmanager
def installation() -> Iterator[None]:
    """Have the database answer, with every row that this version knows, for the block.

    An embedded database is brought up to date by whoever comes first; a server's schema
    is changed by `appointed migrate` alone.

    Raises: as `database`.
    """
    with database():
        if not is_up_to_date():
            if not embedded():
                raise CommandFailed("the database's schema is older: run `appointed migrate`.")
            bring_up_to_date()
        yield


def leave_database() -> None:
    """Close every connection of this process and end the threads of its pool."""
    connection.close()
    close_pool = getattr(connection, "close_pool", None)
    if close_pool is not None:
        close_pool()


def answers() -> bool:
    """Say whether the database lets us in now."""
    parameters = dict(connection.get_connection_params())
    for name in ("cursor_factory", "context", "pool"):
        parameters.pop(name, None)
    try:
        psycopg.connect(**{"connect_timeout": 5, **parameters}).close()
    except psycopg.OperationalError:
        return False
    return True


def _start_unless_running(stack: ExitStack) -> None:
    """Start the server, unless another command keeps it; one that just starts is waited for."""
    limit = time.monotonic() + STARTING_SECONDS
    while not answers():
        try:
            server = postgres.start(place())
        except postgres.AlreadyRunning:
            if time.monotonic() > limit:
                raise
            time.sleep(0.1)
        else:
            stack.enter_context(server)
            return


def _answering_or_fail() -> None:
    if not answers():
        raise CommandFailed(
            "the database of APPOINTED_DATABASE_URL does not answer: see that it runs "
            "and that the address, user and password are right."
        )
