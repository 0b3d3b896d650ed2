#!/usr/bin/env python3
"""Set up what is missing in this clone and run what it offers; see `python3 run.py --help`.

Standard library only. Everything it fetches lands in `.venv` and `.cache` beside this file, pinned
and hashed by `requirements/`; only Debian packages go elsewhere, and only where it runs as root.
What it has to say goes to standard error, so the output of a command stays that command's own.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 – an older Python gets a sentence, not a traceback
    sys.exit("Appointed needs Python 3.11 or newer: run it as `python3.11 run.py` or later.")

import signal

from tools import checks
from tools.environment import PYTHON, build_assets, set_up
from tools.machine import (
    BROWSER_PACKAGES,
    CYRUS_PACKAGES,
    can_install_packages,
    install_command,
    missing_packages,
    need_packages,
    unsupported,
)
from tools.programs import ROOT, Refused, become, say

USAGE = """\
usage: python3 run.py COMMAND

  demo [--port N] [--host H] [--data DIR]  the main job, on embedded defaults
  test [--fast] [pytest arguments]         lint, types, layers, tests; with arguments pytest alone
  bench, torture, mutants                  measurements, minutes of kills, planted faults
  appointed ARGUMENTS                      any command of the product
  setup                                    fetch everything that is missing, run nothing
"""


def command_test(arguments: list[str]) -> int:
    """Check everything, as CI does; `--fast` in under two minutes."""
    fast = "--fast" in arguments
    wanted = [argument for argument in arguments if argument != "--fast"]
    set_up("dev")
    if not fast:
        if not wanted:
            need_packages(BROWSER_PACKAGES, purpose="A whole test run")
        if not wanted and can_install_packages():
            need_packages(CYRUS_PACKAGES, purpose="The Cyrus server of the contract tests")
        build_assets()
    command = checks.pytest_command(fast=fast, arguments=wanted)
    if wanted:
        become(*command)
    durations: dict[str, float] = {}
    try:
        checks.run_checks(durations)
        say(
            "checks green: " + ", ".join(f"{name} {took:.1f} s" for name, took in durations.items())
        )
        checks.run_tests(command, durations)
    except checks.Red as red:
        print(red, file=sys.stderr, flush=True)
        return 1
    checks.report(durations, checks.left_out(fast=fast))
    return 0


def command_demo(arguments: list[str]) -> int:
    """Show the main job; its data stays in the clone unless it is told another place."""
    told = any(argument.split("=")[0] == "--data" for argument in arguments)
    place = [] if told else ["--data", str(ROOT / "data")]
    return command_appointed(["demo", *place, *arguments])


def command_appointed(arguments: list[str]) -> int:
    """Run a command of the product."""
    set_up("demo")
    if arguments[:1] in (["demo"], ["serve"], ["web"]):
        build_assets()
    become(str(PYTHON), "-m", "appointed.cli", *arguments)


def command_setup(_arguments: list[str]) -> int:
    """Fetch everything that the other commands would fetch, run nothing."""
    set_up("dev")
    build_assets()
    if can_install_packages():
        need_packages((*BROWSER_PACKAGES, *CYRUS_PACKAGES), purpose="A whole test run")
    elif missing := missing_packages(BROWSER_PACKAGES):
        say(f"a whole test run also needs, once as root: {install_command(missing)}")
    return 0


def run_module(folder: str, arguments: list[str]) -> int:
    """Run a folder of programs of this clone."""
    if not (ROOT / folder / "__main__.py").exists():
        raise Refused(f"Nothing stands in {folder} yet: it comes with a later issue.")
    set_up("dev")
    build_assets()
    become(str(PYTHON), "-m", folder.replace("/", "."), *arguments)


def command_bench(arguments: list[str]) -> int:
    """Measure, each beside its comparison."""
    return run_module("bench", arguments)


def command_torture(arguments: list[str]) -> int:
    """Kill things for minutes and look at what was lost."""
    return run_module("tests/torture", arguments)


def command_mutants(arguments: list[str]) -> int:
    """Plant faults and look whether the tests find them."""
    return run_module("tests/mutants", arguments)


COMMANDS = {
    "demo": command_demo,
    "test": command_test,
    "bench": command_bench,
    "torture": command_torture,
    "mutants": command_mutants,
    "appointed": command_appointed,
    "setup": command_setup,
}


def look_at_platform(platform: str) -> None:
    """Refuse where Appointed cannot run, and say where nobody has tried it."""
    if sentence := unsupported(platform):
        raise Refused(sentence)
    if platform == "darwin":
        say("macOS is untested")


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status: 0 done, 1 failed, 2 wrong usage."""
    if arguments[:1] in (["-h"], ["--help"], ["help"]):
        print(USAGE, end="")
        return 0
    if not arguments or arguments[0] not in COMMANDS:
        print(USAGE, end="", file=sys.stderr)
        return 2
    try:
        look_at_platform(sys.platform)
        return COMMANDS[arguments[0]](arguments[1:])
    except Refused as refused:
        say(str(refused))
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
