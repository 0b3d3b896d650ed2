"""A database for measurements: the embedded server as people run it, durable writes included."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from appointed import postgres


@contextmanager
def ready() -> Iterator[None]:
    """Run an embedded server in a directory of this run, migrated."""
    with postgres.running(settings.APPOINTED_DATA_DIR):
        call_command("migrate", verbosity=0)
        yield
        for connection in connections.all():
            connection.close()
            connection.close_pool()
