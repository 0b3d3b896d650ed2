"""How often a practice has changed: a number that moves with every transaction it can see.

Triggers add a row for each transaction and practice (`migrations/0001_signals.py`), so nobody
waits for anybody, and the sum of the rows that a reader sees moves whenever what he sees does,
in whatever order transactions commit. `GATHER` keeps the rows few: the
version stays what it was.
"""

from __future__ import annotations

from django.db import connection

CHANNEL = "appointed_signal"
SUM = "SELECT coalesce(sum(count), 0) FROM web_signal WHERE practice_id = %s"
GATHER = """
WITH gone AS (DELETE FROM web_signal WHERE practice_id = %s RETURNING count)
INSERT INTO web_signal (practice_id, count)
SELECT %s, sum(count) FROM gone HAVING count(*) > 0
"""
MANY = 500


def practice_version(practice_id: int) -> int:
    """Return the number of changes that this transaction can see of a practice."""
    with connection.cursor() as cursor:
        cursor.execute(SUM, [practice_id])
        [version] = cursor.fetchone()
    return int(version)
