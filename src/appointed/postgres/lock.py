"""One supervisor an installation: a lock that the kernel gives free when its holder dies."""

import fcntl
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from appointed.postgres.leftovers import can_see_processes
from appointed.postgres.problems import AlreadyRunning

_NAME_SECONDS = 2.0


@dataclass(slots=True)
class Lock:
    """A held lock; it lasts until it is released or its process ends."""

    _file: int | None

    def release(self) -> None:
        """Give the lock free; doing it twice is fine."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None


def take_lock(data_dir: Path) -> Lock:
    """Take the lock of an installation and write into it who holds it.

    Raises:
        AlreadyRunning: another process holds it; the text names that process.
    """
    _make_directory(data_dir)
    path = data_dir / "postgres.lock"
    number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _holder(number)
        os.close(number)
        raise AlreadyRunning(
            f"The database of {data_dir} is already in use by {holder}: "
            "stop that first, or choose another APPOINTED_DATA_DIR."
        ) from None
    os.ftruncate(number, 0)
    os.pwrite(number, f"{os.getpid()} {_our_name()}".encode(), 0)
    return Lock(number)


def _make_directory(data_dir: Path) -> None:
    """Make the data directory; where root does, the server's user must be able to pass it."""
    mode = 0o711 if os.geteuid() == 0 else 0o700
    data_dir.mkdir(mode=mode, parents=True, exist_ok=True)


def _holder(number: int) -> str:
    """Say who holds the lock; the winner may need a moment to write its name."""
    limit = time.monotonic() + _NAME_SECONDS
    while time.monotonic() < limit:
        process, _, name = os.pread(number, 400, 0).decode(errors="replace").partition(" ")
        if process.isdecimal() and _lives(int(process)):
            return f"process {process} ({name})"
        time.sleep(0.02)
    return "another process"


def _lives(process: int) -> bool:
    return not can_see_processes() or Path(f"/proc/{process}").exists()


def _our_name() -> str:
    return " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])[:200]
