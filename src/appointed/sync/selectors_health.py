"""Whether the parts of this installation answer: for probes, banners and graphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg
from django.db import connections

from appointed.sync.queue import DEAD_AFTER

CONNECT_SECONDS = 3

_NUMBERS = """
SELECT 'workers', '', count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - %(dead)s
UNION ALL SELECT 'wake_ups_waiting', '', count(*) FROM procrastinate_jobs WHERE status = 'todo'
UNION ALL SELECT 'changes_waiting', '', count(*) FROM book_change
UNION ALL SELECT 'accounts', state, count(*) FROM sync_account GROUP BY state
UNION ALL SELECT 'notices', state, count(*) FROM book_notice GROUP BY state
UNION ALL SELECT 'seconds_since_last_success', '',
    coalesce(extract(epoch FROM now() - min(last_success)), 0)::bigint
    FROM sync_account WHERE state = 'ok'
"""


@dataclass(frozen=True, slots=True)
class Health:
    """What answers, and numbers by name and label; no name of anybody is among them."""

    database: bool = False
    numbers: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def worker(self) -> bool:
        """A worker was heard of lately; without one nothing is synced and no mail goes out."""
        return self.numbers.get(("workers", ""), 0) > 0

    @property
    def missing(self) -> tuple[str, ...]:
        """What does not answer."""
        parts = {"database": self.database, "worker": self.worker}
        return tuple(name for name, answers in parts.items() if not answers)


def look_at_health() -> Health:
    """Ask the database over a connection of its own, so that a full pool does not matter."""
    parameters = dict(connections["default"].get_connection_params())
    for name in ("cursor_factory", "context", "pool"):
        parameters.pop(name, None)
    try:
        with psycopg.connect(**{**parameters, "connect_timeout": CONNECT_SECONDS}) as own:
            rows = own.execute(_NUMBERS, {"dead": DEAD_AFTER}).fetchall()
    except psycopg.Error:
        return Health()
    return Health(True, {(name, label): int(number) for name, label, number in rows})


def worker_is_missing() -> bool:
    """Say, for pages, whether no worker was heard of lately: one cheap question."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT 1 FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - make_interval(secs => %s))",
            [DEAD_AFTER.total_seconds()],
        )
        [missing] = cursor.fetchone()
    return bool(missing)
