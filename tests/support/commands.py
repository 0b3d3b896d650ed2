"""The real command line as processes of their own, each over a data directory of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import appointed
from support.supervisor import wait_for

SOURCE = Path(appointed.__file__).parent.parent
COMMAND = (sys.executable, "-m", "appointed.cli")
GREETING = "Appointed answers at "


def environment_of(data_dir: Path, **settings: str) -> Mapping[str, str]:
    """Return what a command sees: nothing of this run's settings but the ones given."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("APPOINTED_")}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    return {**kept, "PYTHONPATH": str(SOURCE), "APPOINTED_DATA_DIR": str(data_dir), **settings}


def run_command(
    data_dir: Path, *words: str, entered: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *words],
        env=environment_of(data_dir, **settings),
        input=entered,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@dataclass(slots=True)
class Serving:
    """A running `appointed serve`."""

    process: subprocess.Popen[str]
    data_dir: Path
    address: str
    lines: list[str]

    def get(self, path: str) -> tuple[int, str]:
        """Return status and text of a page."""
        try:
            with urllib.request.urlopen(self.address + path, timeout=30) as answer:  # noqa: S310 - loopback
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def missing(self) -> list[str]:
        """Return what `/readyz` misses."""
        missing: list[str] = json.loads(self.get("/readyz")[1])["missing"]
        return missing

    def wait_until_ready(self) -> None:
        wait_for(lambda: self.get("/readyz")[0] == 200, seconds=90)

    def child(self, *words: str) -> int:
        """Return the process number of the child that was started with these words, once it is."""
        found: list[int] = []

        def there() -> bool:
            found[:] = [n for n in children_of(self.process.pid) if _has_words(n, words)]
            return len(found) == 1

        wait_for(there)
        return found[0]

    @property
    def web(self) -> int:
        return self.child("appointed.cli", "web")

    @property
    def worker(self) -> int:
        return self.child("appointed.worker")

    @property
    def postmaster(self) -> int:
        return self.child("-D")

    def stop(self) -> int:
        """Ask it to end, wait until it has, and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def serving(data_dir: Path, **settings: str) -> Iterator[Serving]:
    """Run `appointed serve` on a free port for the block."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, "serve", "--port", "0"],
        env=environment_of(data_dir, **settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        lines = [process.stdout.readline().strip()]
        assert lines[0].startswith(GREETING), lines
        yield Serving(process, data_dir, lines[0].removeprefix(GREETING), lines)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(60)
        process.stdout.close()


def children_of(number: int) -> list[int]:
    """Return the living children of a process."""
    try:
        text = Path(f"/proc/{number}/task/{number}/children").read_text()
    except FileNotFoundError:
        return []
    return [int(word) for word in text.split()]


def lives(number: int) -> bool:
    """Say whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _has_words(number: int, words: tuple[str, ...]) -> bool:
    try:
        line = Path(f"/proc/{number}/cmdline").read_bytes().decode().split("\0")
    except FileNotFoundError:
        return False
    return all(word in line for word in words)
