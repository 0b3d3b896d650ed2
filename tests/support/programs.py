"""Asking programs that tests start."""

from __future__ import annotations

import socket


def answers(port: int) -> bool:
    """Say whether something listens on this port of loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
