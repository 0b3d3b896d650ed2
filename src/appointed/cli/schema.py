"""The schema: brought up to date by one process at a time."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

ONE_AT_A_TIME = 7_265_180_113
"""The number of PostgreSQL's advisory lock for changes of the schema."""


def is_up_to_date() -> bool:
    """Say whether every change of the schema that this version knows was made."""
    return not _missing()


def bring_up_to_date() -> int:
    """Make the missing changes of the schema; return how many they were.

    Of several processes one does it, the others wait for it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        try:
            if count := _missing():
                call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])
    return count


def _missing() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
