"""Many at once: real threads, each with a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

Result = TypeVar("Result")


def all_at_once(count: int, act: Callable[[int], Result]) -> list[Result]:
    """Have `count` threads carry out `act(number)` from one starting shot; return the results."""
    start = Barrier(count)

    def runner(number: int) -> Result:
        start.wait(timeout=60)
        try:
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(runner, range(count)))
