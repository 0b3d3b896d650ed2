"""A practice on one machine: database, web and worker under one command."""

from __future__ import annotations

import logging
import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import socket

from django.conf import settings

from appointed import postgres
from appointed.book.setup import setup_code, setup_is_open
from appointed.cli.installation import database, embedded, leave_database, place
from appointed.cli.programs import Program, keep_running
from appointed.cli.schema import bring_up_to_date
from appointed.cli.web import address_of, open_listener
from appointed.sync.queue import free_work_of_the_dead, presume_workers_dead

WEB_GRACE = 8.0
WORKER_GRACE = 25.0
"""More than the worker gives itself."""
WORKER_COMMAND = (sys.executable, "-m", "appointed.worker")

logger = logging.getLogger(__name__)


def serve(arguments: Namespace) -> None:
    """Run everything until SIGTERM or SIGINT, then stop web, worker and database in order."""
    with ExitStack() as stack:
        server = stack.enter_context(own_database())
        listener = stack.enter_context(open_listener(arguments.host, arguments.port))
        code = prepare_book()
        keep_running(
            halves(listener),
            tend=server.tend,
            started=lambda: _greet(address_of(listener), code),
        )


def worker(_arguments: Namespace) -> None:
    """Become the worker: it is a program of its own, so that it can be ended alone."""
    sys.stdout.flush()
    os.execv(WORKER_COMMAND[0], WORKER_COMMAND)  # noqa: S606 - no shell is wanted


def halves(
    listener: socket, *, environment: Mapping[str, str] | None = None
) -> tuple[Program, ...]:
    """Return web and worker, in the order of stopping, for `keep_running`.

    The socket stays open here, so that who comes while web is started again waits a
    moment instead of being turned away.
    """
    public = settings.APPOINTED_PUBLIC_URL or address_of(listener)
    both = {
        "APPOINTED_DATA_DIR": str(Path(settings.APPOINTED_DATA_DIR).absolute()),
        "APPOINTED_PUBLIC_URL": public,
        **(environment or {}),
    }
    command = (sys.executable, "-m", "appointed.cli", "web", "--fd", str(listener.fileno()))
    return (
        Program("web", command, both, WEB_GRACE, (listener.fileno(),)),
        Program("worker", WORKER_COMMAND, both, WORKER_GRACE),
    )


def prepare_book() -> str:
    """Bring the schema up to date and free what dead workers held; return the set-up code.

    The code is empty once there is an owner. No connection of this process stays open.
    """
    try:
        bring_up_to_date()
        if embedded():
            presume_workers_dead()
            free_work_of_the_dead()
        return setup_code() if setup_is_open() else ""
    finally:
        leave_database()


class OwnDatabase:
    """The embedded server of this process, started again when it dies; nothing for another's."""

    def __init__(self, server: postgres.Server | None) -> None:
        self._server = server

    def tend(self) -> None:
        """Start the server again if it died."""
        if self._server is not None and not self._server.alive():
            logger.error("the database ended by itself and is started again")
            self.stop()
            self._server = postgres.start(place())

    def stop(self) -> None:
        """Stop the server; doing it twice is fine."""
        if self._server is not None:
            self._server.stop()


@contextmanager
def own_database() -> Iterator[OwnDatabase]:
    """Keep the embedded server for the block; of a database elsewhere only see that it answers.

    Raises:
        ServerProblem: it cannot run, or another process keeps it.
        CommandFailed: it does not answer.
    """
    if not embedded():
        with database():
            yield OwnDatabase(None)
        return
    kept = OwnDatabase(postgres.start(place()))
    try:
        yield kept
    finally:
        kept.stop()


def _greet(address: str, code: str) -> None:
    print(f"Appointed answers at {address}", flush=True)
    if code:
        print(f"Set-up code for the first page: {code}", flush=True)
