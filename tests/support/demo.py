"""`appointed demo` as a process of its own, heard and ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import appointed

SOURCE = Path(appointed.__file__).parent.parent
PATIENCE = 240.0
"""A first start makes a database cluster, beside all that a test machine does."""


@dataclass(slots=True)
class Demo:
    """A running `appointed demo` and what it said."""

    process: subprocess.Popen[str]
    folder: Path
    said: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.said)

    def hear(self) -> None:
        """Listen until it has said all of its greeting."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("Ctrl-C"):
                return
        raise AssertionError(f"it ended:\n{self.text}")

    def word(self, name: str) -> str:
        """Return what stands behind `name` in the greeting."""
        found = re.search(rf"{name}\s+(\S+)", self.text)
        assert found is not None, self.text
        return found[1]

    def ports(self) -> list[int]:
        return sorted({int(port) for port in re.findall(r"http://127.0.0.1:(\d+)", self.text)})

    def processes(self) -> list[int]:
        """Return the process and all that it started, by what the kernel says."""
        found = [self.process.pid]
        for pid in found:
            tasks = Path(f"/proc/{pid}/task/{pid}/children")
            found += [int(child) for child in tasks.read_text().split()]
        return found


@contextmanager
def running_demo(folder: Path, port: int) -> Iterator[Demo]:
    words = ["demo", "--port", str(port), "--data", str(folder)]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("APPOINTED_")
    }
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "appointed.cli", *words],
        env=environment | {"PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    demo = Demo(process, folder)
    try:
        demo.hear()
        yield demo
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
        assert process.stdout is not None
        process.stdout.close()
