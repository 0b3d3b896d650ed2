"""What is left of dead workers, and what is done with: freed and cleared by the dispatcher.

The queue (Procrastinate) carries wake-ups. Nothing in it repairs itself: a job of a killed
worker stays `doing` for ever, and finished jobs stay too.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F

from appointed.sync.health import backoff
from appointed.sync.models import Account
from appointed.sync.wakeups import Urgency, wake_account

HEARTBEAT_SECONDS = 5
DEAD_AFTER = timedelta(seconds=25)
"""A worker that has not been heard of for so long is dead, or as good as: its fence is lost."""
FORGOTTEN_AFTER = timedelta(days=1)
"""Not sooner: a worker that slept goes on under the number it has, and knows no other."""
FINISHED_KEPT = timedelta(days=7)

_FAIL_JOBS_OF_THE_DEAD = """
WITH living AS (
    SELECT id FROM procrastinate_workers
    WHERE last_heartbeat > now() - make_interval(secs => %(dead_after)s)
), orphaned AS (
    SELECT id, (args->>'account_id')::bigint AS account_id FROM procrastinate_jobs
    WHERE status = 'doing' AND (worker_id IS NULL OR worker_id NOT IN (SELECT id FROM living))
    FOR UPDATE SKIP LOCKED
), failed AS (
    SELECT procrastinate_finish_job_v1(id, 'failed', false) FROM orphaned
)
SELECT account_id,
    EXISTS (
        SELECT 1 FROM procrastinate_jobs AS other
        WHERE other.status = 'doing' AND other.worker_id IN (SELECT id FROM living)
        AND other.args->>'account_id' = orphaned.account_id::text
    ) AS looked_after
FROM orphaned, (SELECT count(*) FROM failed) AS done
"""
_FORGET_THE_LONG_DEAD = """
DELETE FROM procrastinate_workers
WHERE last_heartbeat <= now() - make_interval(secs => %(forgotten_after)s)
"""
_PRESUME_DEAD = """
UPDATE procrastinate_workers SET last_heartbeat =
    least(last_heartbeat, now() - make_interval(secs => %(dead_after)s))
"""
_DELETE_FINISHED = """
DELETE FROM procrastinate_jobs WHERE status NOT IN ('todo', 'doing') AND NOT EXISTS (
    SELECT 1 FROM procrastinate_events
    WHERE job_id = procrastinate_jobs.id AND at > now() - make_interval(secs => %(kept)s)
)
"""


@transaction.atomic
def free_work_of_the_dead() -> int:
    """Give free what workers held that were not heard of for long; return how many jobs.

    Their accounts' leases end (a run that lives after all finds itself fenced), and the
    accounts are woken.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FAIL_JOBS_OF_THE_DEAD, {"dead_after": DEAD_AFTER.total_seconds()})
        orphaned = cursor.fetchall()
        cursor.execute(_FORGET_THE_LONG_DEAD, {"forgotten_after": FORGOTTEN_AFTER.total_seconds()})
    for account_id, looked_after in orphaned:
        if not looked_after:
            Account.objects.filter(pk=account_id).update(
                lease_until=None, lease_owner="", fence=F("fence") + 1
            )
            wake_account(account_id, Urgency.CHANGE)
    return len(orphaned)


def presume_workers_dead() -> None:
    """Take every worker for dead until it is heard of again: for who has just begun a database."""
    with connection.cursor() as cursor:
        cursor.execute(_PRESUME_DEAD, {"dead_after": DEAD_AFTER.total_seconds()})


def delete_finished_jobs() -> int:
    """Delete the jobs that ended longer ago than anybody asks; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_FINISHED, {"kept": FINISHED_KEPT.total_seconds()})
        return int(cursor.rowcount)


def leave_alone_after_fault(account_id: int, *, kind: str, now: datetime) -> None:
    """Have an account wait after a fault of ours, longer after each in a row."""
    account = Account.objects.filter(pk=account_id).first()
    if account is not None:
        Account.objects.filter(pk=account_id).update(
            wait_until=now + backoff(account.failures),
            failures=min(account.failures + 1, 30_000),
            state_reason=f"Appointed itself failed ({kind}). It tries again by itself."[:500],
        )
