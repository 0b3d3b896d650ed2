"""Looking into the queue of wake-ups, and playing the workers that are not there."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection

from appointed.core.choices import SyncSettings, as_stored
from appointed.sync.models import Account, CalendarChoice, Connection, ExternalCalendar
from appointed.sync.sealing import seal
from support.book import House, pk_of


def own_connection() -> psycopg.Connection[tuple[Any, ...]]:
    """Return a connection of its own to the test's database, each statement committed."""
    parameters = dict(connection.get_connection_params())
    for name in ("cursor_factory", "context", "pool"):
        parameters.pop(name, None)
    return psycopg.connect(**parameters, autocommit=True)


def empty_queue() -> None:
    """Forget every job and worker: tests that commit leave theirs."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")


def jobs(status: str = "todo") -> list[int]:
    """Return the accounts of the jobs with this status."""
    query = "SELECT (args->>'account_id')::int FROM procrastinate_jobs WHERE status = %s"
    with connection.cursor() as cursor:
        cursor.execute(query, [status])
        return [account for (account,) in cursor.fetchall()]


def start_job(*, silent_for: float = 0) -> int:
    """Begin the next job as a worker that was last heard of so many seconds ago."""
    with own_connection() as other:
        row = other.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - make_interval(secs => %s)) RETURNING id",
            [silent_for],
        ).fetchone()
        assert row is not None
        job = other.execute("SELECT id FROM procrastinate_fetch_job_v2(NULL, %s)", row).fetchone()
    assert job is not None
    return int(job[0])


def finish_job(job: int) -> None:
    """End a job as its worker would."""
    with own_connection() as other:
        other.execute("SELECT procrastinate_finish_job_v1(%s, 'succeeded', true)", [job])


def connected_account(house: House, url: str = "http://127.0.0.1:9/") -> Account:
    """Return an account that Pat pushes to; nothing was asked of its server."""
    account = Account.objects.create(
        practice=house.practice,
        provider="caldav",
        subject=url,
        label="pat",
        place=url,
        secret=seal({"url": url, "username": "pat", "password": "secret"}),
    )
    made = Connection.objects.create(
        practice=house.practice,
        practitioner_id=pk_of(house.pat.id),
        account=account,
        settings=as_stored(SyncSettings()),
        first_plan_seen=True,
    )
    calendar = ExternalCalendar.objects.create(account=account, remote_id=f"{url}work/")
    CalendarChoice.objects.create(
        connection=made, calendar=calendar, practitioner_id=pk_of(house.pat.id), push=True
    )
    return account
