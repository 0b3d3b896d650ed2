"""The net below the wake-ups: whoever has something to do is woken, whatever was lost."""

from __future__ import annotations

import time
from contextlib import suppress

import psycopg
from django.db import connections
from django.utils import timezone

from appointed.sync.queue import delete_finished_jobs, free_work_of_the_dead
from appointed.sync.wakeups import Urgency, drop_unwanted_changes, due_accounts, wake_account

ROUND_SECONDS = 1.0
CLEARING_SECONDS = 600.0
ONE_DISPATCHER = 7_265_180_114
"""The number of PostgreSQL's advisory lock: of all workers one dispatches."""


class Dispatcher:
    """Wakes accounts while it holds the lock; the lock ends with its connection."""

    def __init__(self) -> None:
        self._connection: psycopg.Connection[tuple[bool]] | None = None
        self._leads = False
        self._cleared_at = 0.0

    def dispatch(self) -> None:
        """Do one round, unless another worker's dispatcher is at it."""
        if not self._leading():
            return
        free_work_of_the_dead()
        for account_id in due_accounts(timezone.now()):
            wake_account(account_id, Urgency.POLL)
        drop_unwanted_changes()
        if time.monotonic() - self._cleared_at > CLEARING_SECONDS:
            delete_finished_jobs()
            self._cleared_at = time.monotonic()

    def close(self) -> None:
        """Give the lock free."""
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
        self._connection = None
        self._leads = False

    def _leading(self) -> bool:
        """Take the lock, or see that the session which holds it still lives."""
        try:
            if self._connection is None:
                self._connection = _own_connection()
            if self._leads:
                self._connection.execute("SELECT true")
            else:
                self._leads = self._take_lock(self._connection)
        except psycopg.Error:
            self.close()
        return self._leads

    def _take_lock(self, own: psycopg.Connection[tuple[bool]]) -> bool:
        row = own.execute("SELECT pg_try_advisory_lock(%s)", [ONE_DISPATCHER]).fetchone()
        return row is not None and row[0]


def _own_connection() -> psycopg.Connection[tuple[bool]]:
    """Connect apart from Django's pool, which may give a session's lock to anybody."""
    parameters = dict(connections["default"].get_connection_params())
    for name in ("cursor_factory", "context", "pool"):
        parameters.pop(name, None)
    return psycopg.connect(**parameters, autocommit=True)
