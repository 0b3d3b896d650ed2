"""Waiting for programs that tests start: for a condition, with a generous limit."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

PATIENCE = 60.0


def until(condition: Callable[[], object], *, seconds: float = PATIENCE) -> None:
    """Return once `condition` holds; fail where it does not within `seconds`."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, f"still not so after {seconds:.0f} s"
        time.sleep(0.05)


def answers(port: int) -> bool:
    """Say whether something listens on this port of loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
