"""A process that keeps one embedded server, for tests that end it in unfriendly ways."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from appointed.postgres import Place, ServerProblem, home_of, start
from appointed.postgres.leftovers import leftovers


@dataclass(slots=True)
class Supervisor:
    """A started supervisor: what it said, and the means to end it."""

    process: subprocess.Popen[str]
    data_dir: Path
    said: dict[str, str | int] | None = None

    def hear(self) -> dict[str, str | int]:
        """Wait for its one line: `{"postmaster": pid}` or `{"problem": text}`."""
        if self.said is None:
            assert self.process.stdout is not None
            self.said = json.loads(self.process.stdout.readline() or "{}")
        return self.said

    @property
    def postmaster(self) -> int:
        return int(self.hear()["postmaster"])

    def kill(self) -> None:
        """End it by SIGKILL, which it cannot answer."""
        self.process.kill()
        self.process.wait()

    def kill_everything(self) -> None:
        """End it and every process of its server by SIGKILL, the postmaster first."""
        os.kill(self.process.pid, signal.SIGSTOP)
        kill_all(cluster_of(self.data_dir))
        self.kill()

    def end(self) -> int:
        """Ask it to stop its server and wait until it has."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(60)


@contextmanager
def supervised(data_dir: Path) -> Iterator[Supervisor]:
    """Start a supervisor of its own for `data_dir`; whatever is left of it goes at the end."""
    process = subprocess.Popen(  # noqa: S603 - this very file
        [sys.executable, __file__, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    supervisor = Supervisor(process, data_dir)
    try:
        yield supervisor
    finally:
        supervisor.kill()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()


def cluster_of(data_dir: Path) -> Path:
    """Name the cluster of a data directory, the half-made one where there is no other."""
    home = home_of(data_dir)
    return next(iter(sorted(home.glob("pg[0-9]*"))), home / "none")


def kill_all(cluster: Path) -> None:
    """End every process of a cluster by SIGKILL, the oldest first, until none is left."""

    def none_left() -> bool:
        for number in sorted(leftovers(cluster)):
            kill(number)
        return not leftovers(cluster)

    wait_for(none_left)


def kill(process: int) -> None:
    """End a process by SIGKILL; one that has just gone is fine."""
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return


def wait_for(condition: Callable[[], object], *, seconds: float = 30) -> None:
    """Wait until `condition` holds; the limit is generous, for busy machines."""
    limit = monotonic() + seconds
    while not condition():
        assert monotonic() < limit, "waited in vain"
        sleep(0.01)


def main() -> None:
    """Keep the server named by the first argument until standard input ends."""
    try:
        with start(Place(Path(sys.argv[1]))) as server:
            print(json.dumps({"postmaster": server.pid}), flush=True)  # noqa: T201 - its one line
            sys.stdin.read()
    except ServerProblem as problem:
        print(json.dumps({"problem": str(problem)}), flush=True)  # noqa: T201 - its one line


if __name__ == "__main__":
    main()
