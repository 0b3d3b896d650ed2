"""Keeping programs running: restarted when they end, stopped in order, never left behind."""

from __future__ import annotations

import logging
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from appointed.postgres.parent import tied_to_this_process

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
SETTLED_SECONDS = 60.0
"""Who ran this long before it ended is started again at once."""
TURN_SECONDS = 1.0
READY_TURN_SECONDS = 0.1

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Program:
    """A program to keep running; `grace` is how many seconds it gets to end when asked."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    grace: float = 10.0
    descriptors: tuple[int, ...] = ()
    log: Path | None = None
    """Where what it says goes, since its last start; unless said, to ours."""


def keep_running(
    programs: Sequence[Program],
    *,
    beneath: Sequence[Program] = (),
    ready: Callable[[], bool] = lambda: True,
    tend: Callable[[], None] = lambda: None,
    started: Callable[[], None] = lambda: None,
) -> None:
    """Keep `programs` running until SIGTERM or SIGINT; then stop them in the order given.

    Those `beneath` are what the others need: started first, stopped last, and the others
    are started only once `ready` says so.

    One that ends by itself is started again, after a pause that doubles with every quick
    end. `started` is called once all run; `tend` about once a second. Only to be called
    by the main thread: however this process ends, the programs end too.
    """
    above = [_Kept(program) for program in programs]
    grounds = [_Kept(program) for program in beneath]
    kept = [*above, *grounds]
    with _signals() as wake:
        try:
            for each in grounds:
                each.start()
            while not ready() and not wake.asked_to_stop:
                wake.wait(READY_TURN_SECONDS)
            if wake.asked_to_stop:
                return
            for each in above:
                each.start()
            started()
            while not wake.asked_to_stop:
                wake.wait(TURN_SECONDS)
                if not wake.asked_to_stop:
                    tend()
                    for each in kept:
                        each.tend()
        finally:
            for each in kept:
                each.stop(wake)


class _Kept:
    """A program, its process, and when it may be started again."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._not_before = 0.0
        self._pause = FIRST_PAUSE

    def start(self) -> None:
        with _output(self._program.log) as output:
            self._process = self._launched(output)
        self._started_at = time.monotonic()

    def _launched(self, output: IO[bytes] | None) -> subprocess.Popen[bytes]:
        program = self._program
        return subprocess.Popen(  # noqa: S603 - our own programs
            program.command,
            env={**os.environ, **program.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=program.descriptors,
            # Ctrl-C is ours alone: we stop the programs in order.
            start_new_session=True,
            preexec_fn=tied_to_this_process(signal.SIGTERM),  # noqa: PLW1509 - this process has one thread
        )

    def tend(self) -> None:
        """Notice that it ended; start it again when its pause is over."""
        if self._process is not None and self._process.poll() is not None:
            self._note_its_end(self._process.returncode)
        if self._process is None and time.monotonic() >= self._not_before:
            self.start()

    def stop(self, wake: _Wake) -> None:
        """Ask it to end; end it when it does not within its grace, or a second signal comes."""
        if self._process is None:
            return
        self._process.terminate()
        limit = time.monotonic() + self._program.grace
        while self._process.poll() is None and time.monotonic() < limit and wake.asked < 2:  # noqa: PLR2004 - the second signal of an impatient person
            wake.wait(0.2)
        if self._process.poll() is None:
            logger.warning("%s did not end in time and is ended now", self._program.name)
            self._process.kill()
        self._process.wait()
        self._process = None

    def _note_its_end(self, status: int) -> None:
        lived = time.monotonic() - self._started_at
        self._pause = FIRST_PAUSE if lived > SETTLED_SECONDS else self._pause
        logger.warning(
            "%s ended (status %s) and is started again in %.1f s",
            self._program.name,
            status,
            self._pause,
        )
        self._not_before = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        self._process = None


@contextmanager
def _output(log: Path | None) -> Iterator[IO[bytes] | None]:
    if log is None:
        yield None
        return
    with log.open("wb") as file:
        yield file


class _Wake:
    """Waits until time is up, a signal came, or a child ended."""

    def __init__(self, reading: int) -> None:
        self._reading = reading
        self.asked = 0

    @property
    def asked_to_stop(self) -> bool:
        return self.asked > 0

    def wait(self, seconds: float) -> None:
        readable, _, _ = select.select([self._reading], [], [], seconds)
        if readable:
            came = os.read(self._reading, 512)
            self.asked += sum(number in {signal.SIGTERM, signal.SIGINT} for number in came)


@contextmanager
def _signals() -> Iterator[_Wake]:
    """Turn SIGTERM, SIGINT and SIGCHLD into something one can wait for."""
    reading, writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    earlier = signal.set_wakeup_fd(writing)
    try:
        yield _Wake(reading)
    finally:
        signal.set_wakeup_fd(earlier)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reading)
        os.close(writing)
