"""Processes that an earlier server left behind, found by their working directory.

The number in `postmaster.pid` proves nothing: it may by now belong to another program,
and a backend may outlive its postmaster. Every process of a server works inside its
cluster, and nothing else there is called postgres.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from appointed.postgres.problems import ServerProblem

_PROC = Path("/proc")
_NAMES = frozenset({"postgres", "initdb", "sh"})
"""What initdb and the server are called; initdb starts the server through a shell."""

STEPS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 10.0))
"""Fast shutdown (it writes a checkpoint), immediate shutdown, end; seconds of patience each.

The second is needed: PostgreSQL 18.6 that is told to shut down fast just as it begins a
recovery may wait for ever (seen on 2026-11-21, on a machine under heavy load).
"""


def can_see_processes() -> bool:
    """Tell whether this system shows processes and their working directories (Linux)."""
    return (_PROC / "self" / "cwd").exists()


def leftovers(cluster: Path) -> tuple[int, ...]:
    """Return the living processes that work in `cluster`; none where the system hides them."""
    if not can_see_processes() or not cluster.exists():
        return ()
    wanted = cluster.stat()
    numbers = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal())
    return tuple(number for number in numbers if _works_in(number, wanted))


def end_leftovers(cluster: Path) -> None:
    """End every process that an earlier server left in `cluster`.

    Only to be called by the holder of the installation's lock: then no server that
    somebody still wants can be among them.

    Raises:
        ServerProblem: one of them cannot be ended.
    """
    for number, patience in STEPS:
        if _ended(cluster, number=number, patience=patience):
            return
    left = ", ".join(map(str, leftovers(cluster)))
    raise ServerProblem(
        f"Processes of an earlier database server in {cluster} do not end: "
        f"end them by `kill -9 {left}`, then start again."
    )


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Ask `condition` until it holds; tell whether it did within the time."""
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


def _ended(cluster: Path, *, number: signal.Signals, patience: float) -> bool:
    for process in leftovers(cluster):
        _signal(process, number)
    return wait_until(lambda: not leftovers(cluster), seconds=patience)


def _signal(process: int, number: signal.Signals) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return
    except PermissionError:
        raise ServerProblem(
            f"Process {process} still works on this database and belongs to another user: "
            f"end it by `sudo kill -INT {process}`, then start again."
        ) from None


def _works_in(process: int, wanted: os.stat_result) -> bool:
    """Tell whether a process works in a directory; a zombie works nowhere."""
    try:
        where = (_PROC / str(process) / "cwd").stat()
        if not os.path.samestat(where, wanted):
            return False
        return (_PROC / str(process) / "comm").read_text().strip() in _NAMES
    except OSError:  # ended meanwhile, a zombie, or another user's
        return False
