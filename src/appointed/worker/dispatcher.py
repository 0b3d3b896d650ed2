"""The net below the wake-ups: whoever has something to do is woken, whatever was lost."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime, timedelta

import psycopg
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.utils import timezone

from appointed.book.services.answers import forget_answers
from appointed.notices.outbox import forget_old_notices
from appointed.sync.queue import delete_finished_jobs, free_work_of_the_dead
from appointed.sync.wakeups import Urgency, drop_unwanted_changes, due_accounts, wake_account

ROUND_SECONDS = 1.0
REPAIR_SECONDS = 5.0
CLEARING_SECONDS = 600.0
ANSWERS_KEPT = timedelta(days=2)
ONE_DISPATCHER = 7_265_180_114
"""The number of PostgreSQL's advisory lock: of all workers one dispatches."""


class Seldom:
    """Says when it is time again for what need not be done in every round."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next_at = 0.0

    def is_time(self) -> bool:
        """Say whether so many seconds have passed since it was time."""
        now = time.monotonic()
        if now < self._next_at:
            return False
        self._next_at = now + self._seconds
        return True


class Dispatcher:
    """Wakes accounts while it holds the lock; the lock ends with its connection."""

    def __init__(self) -> None:
        self._connection: psycopg.Connection[tuple[bool]] | None = None
        self._leads = False
        self._repair = Seldom(REPAIR_SECONDS)
        self._clear = Seldom(CLEARING_SECONDS)

    def dispatch(self) -> None:
        """Do one round, unless another worker's dispatcher is at it."""
        if not self._leading():
            return
        for account_id in due_accounts(timezone.now()):
            wake_account(account_id, Urgency.POLL)
        if self._repair.is_time():
            free_work_of_the_dead()
            drop_unwanted_changes()
        if self._clear.is_time():
            clear_what_is_past(timezone.now())

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


def clear_what_is_past(now: datetime) -> None:
    """Delete what has a term and is past it; nothing here may grow without end."""
    delete_finished_jobs()
    forget_answers(before=now - ANSWERS_KEPT)
    forget_old_notices(now=now)
    SessionStore.clear_expired()


def _own_connection() -> psycopg.Connection[tuple[bool]]:
    """Connect apart from Django's pool, which may give a session's lock to anybody."""
    parameters = dict(connections["default"].get_connection_params())
    for name in ("cursor_factory", "context", "pool"):
        parameters.pop(name, None)
    return psycopg.connect(**parameters, autocommit=True)
