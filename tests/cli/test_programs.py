"""Keeping programs running, with small programs in the place of web and worker."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.commands import SOURCE, lives
from support.supervisor import wait_for

KEEPER = """
import sys
from appointed.cli.programs import Program, keep_running

file, *programs = sys.argv[1:]
keep_running(
    [Program(code[:4], (sys.executable, "-c", code, file), grace=1.0) for code in programs],
    started=lambda: print("started", flush=True),
)
print("stopped", flush=True)
"""
WORD = "import os, signal, sys, time\nfile = open(sys.argv[1], 'a')\n"
SAY = "file.write(str(os.getpid()) + ' %s\\n'); file.flush()\n"


def polite(name: str) -> str:
    """A program that says when it starts and when it was asked to end, and ends."""
    end = f"signal.signal(signal.SIGTERM, lambda *_: (file.write('end {name}\\n'), sys.exit()))\n"
    return WORD + end + SAY % name + "time.sleep(600)"


def deaf(name: str) -> str:
    """A program that does not end when asked."""
    return WORD + "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SAY % name + "time.sleep(600)"


@contextmanager
def keeping(file: Path, *programs: str) -> Iterator[subprocess.Popen[str]]:
    keeper = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", KEEPER, str(file), *programs],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield keeper
    finally:
        keeper.kill()
        keeper.communicate()


def lines_of(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def numbers_of(file: Path) -> list[int]:
    return [int(line.split()[0]) for line in lines_of(file) if line[0].isdecimal()]


def test_programs_stop_in_the_order_given(tmp_path: Path):
    file = tmp_path / "said"
    with keeping(file, polite("web"), polite("worker")) as keeper:
        wait_for(lambda: len(lines_of(file)) == 2)

        keeper.send_signal(signal.SIGTERM)

        keeper.wait(30)
    assert lines_of(file)[2:] == ["end web", "end worker"]
    assert keeper.returncode == 0


def test_one_that_ended_is_started_again(tmp_path: Path):
    file = tmp_path / "said"
    with keeping(file, polite("web")):
        wait_for(lambda: len(numbers_of(file)) == 1)
        os.kill(numbers_of(file)[0], signal.SIGKILL)

        wait_for(lambda: len(numbers_of(file)) == 2)

        assert lives(numbers_of(file)[1])


def test_one_that_keeps_ending_is_started_ever_more_seldom(tmp_path: Path):
    file = tmp_path / "said"
    with keeping(file, WORD + SAY % "gone") as keeper:
        wait_for(lambda: len(lines_of(file)) == 4, seconds=60)
        keeper.send_signal(signal.SIGTERM)
        _, said = keeper.communicate(timeout=30)

    pauses = [line.rpartition(" in ")[2] for line in said.splitlines() if "started again" in line]
    assert pauses[:3] == ["0.5 s", "1.0 s", "2.0 s"]


def test_one_that_does_not_end_is_ended(tmp_path: Path):
    file = tmp_path / "said"
    with keeping(file, deaf("worker")) as keeper:
        wait_for(lambda: len(lines_of(file)) == 1)

        keeper.send_signal(signal.SIGINT)

        keeper.wait(30)
    assert not lives(numbers_of(file)[0])


def test_an_impatient_person_is_obeyed(tmp_path: Path):
    file = tmp_path / "said"
    with keeping(file, deaf("worker")) as keeper:
        wait_for(lambda: len(lines_of(file)) == 1)

        keeper.send_signal(signal.SIGINT)
        keeper.send_signal(signal.SIGTERM)

        keeper.wait(30)
    assert not lives(numbers_of(file)[0])


def test_they_end_with_a_keeper_that_was_killed(tmp_path: Path):
    file = tmp_path / "said"
    with keeping(file, polite("web"), polite("worker")) as keeper:
        wait_for(lambda: len(numbers_of(file)) == 2)

        keeper.kill()

        wait_for(lambda: not any(lives(number) for number in numbers_of(file)))
