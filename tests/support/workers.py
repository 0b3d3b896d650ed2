"""Real worker processes over the test's database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from support.commands import environment_of


@contextmanager
def working(**chosen: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker for the block, with these settings beside its own."""
    facts = connection.get_connection_params()
    user, name, host = (quote(str(facts[part]), safe="") for part in ("user", "dbname", "host"))
    chosen = {
        "APPOINTED_DATABASE_URL": f"postgresql://{user}@/{name}?host={host}",
        "APPOINTED_ALLOWED_PRIVATE_HOSTS": "127.0.0.1",
        **chosen,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "appointed.worker"],
        env=environment_of(settings.APPOINTED_DATA_DIR, **chosen),
        stdin=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
