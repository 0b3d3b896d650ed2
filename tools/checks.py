"""What `run.py test` runs: lint, types and layers side by side, then the tests."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass

from tools.environment import PYTHON
from tools.machine import CYRUS_PACKAGES, install_command, missing_packages
from tools.programs import ROOT, say


@dataclass(frozen=True, slots=True)
class Check:
    """One part of `test`: its headline and its command."""

    name: str
    command: tuple[str, ...]


class Red(Exception):
    """A check that failed."""


def checks() -> tuple[tuple[Check, ...], ...]:
    """Return what runs before the tests: two lanes, one for each of two cores."""
    python = str(PYTHON)
    quick = (
        Check("ruff check", (python, "-m", "ruff", "check", "--quiet", ".")),
        Check("ruff format", (python, "-m", "ruff", "format", "--check", "--quiet", ".")),
        Check("layers", (str(PYTHON.with_name("lint-imports")),)),
    )
    return (Check("types", (python, "-m", "mypy")),), quick


def run_lane(
    lane: Sequence[Check], *, running: list[subprocess.Popen[str]], durations: dict[str, float]
) -> None:
    """Run checks one after the other; the first red one ends the lane."""
    for check in lane:
        started = time.monotonic()
        child = subprocess.Popen(
            check.command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        running.append(child)
        output, _ = child.communicate()
        durations[check.name] = time.monotonic() - started
        if child.returncode < 0:  # ended because the other lane is red
            return
        if child.returncode:
            raise Red(f"{output}\n══ RED: {check.name} ══ {shlex.join(check.command)}")


def run_checks(durations: dict[str, float]) -> None:
    """Run both lanes at once and stop everything at the first red check."""
    running: list[subprocess.Popen[str]] = []
    with ThreadPoolExecutor() as pool:
        lanes = [
            pool.submit(run_lane, lane, running=running, durations=durations) for lane in checks()
        ]
        done, waiting = wait(lanes, return_when=FIRST_EXCEPTION)
        if waiting:
            for child in running:
                child.terminate()
    for lane in (*done, *waiting):
        lane.result()


def pytest_command(*, fast: bool, arguments: Sequence[str]) -> list[str]:
    """Return the command for the tests: all with coverage, the fast half, or what is asked."""
    command = [str(PYTHON), "-m", "pytest"]
    if fast:
        command += ["-m", "not slow and not browser"]
    if arguments:
        return [*command, *arguments]
    command += ["-q", "-n", "2", "--dist", "loadgroup"]
    return command if fast else [*command, "--cov", "--cov-report=term", "--durations=10"]


def run_tests(command: Sequence[str], durations: dict[str, float]) -> None:
    """Run pytest with its output as it comes; no test at all is red too."""
    started = time.monotonic()
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    durations["tests"] = time.monotonic() - started
    if status == 5:  # noqa: PLR2004 – pytest's word for "no test ran"
        raise Red(f"══ RED: no test ran ══ {shlex.join(command)}")
    if status:
        raise Red(f"══ RED: tests (pytest says {status}) ══ {shlex.join(command)}")


def left_out(*, fast: bool) -> list[str]:
    """Return what this run does not check, each with its reason."""
    reasons = ["the tests marked slow or browser (--fast)"] if fast else []
    missing = missing_packages(CYRUS_PACKAGES)
    if missing and not fast:
        reasons.append(f"Cyrus (not installed; as root: {install_command(missing)})")
    return reasons


def report(durations: Mapping[str, float], reasons: Sequence[str]) -> None:
    """Print the closing lines of a green run."""
    for name, took in durations.items():
        say(f"{name:<12} {took:6.1f} s")
    for reason in reasons:
        say(f"left out: {reason}")
    say("all green")
