"""Running programs and telling the person what goes on."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent


class Refused(Exception):
    """What a person has to do before this can go on, in one sentence."""


def say(text: str) -> None:
    """Tell the person what goes on, beside the output of the command."""
    print(f"run.py: {text}", file=sys.stderr, flush=True)


def quietly(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None, keep: int | None = None
) -> None:
    """Run a command and show what it says only where it fails.

    `keep` is the lock that the child holds too, so that an orphan of a killed run is waited for.
    """
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        pass_fds=() if keep is None else (keep,),
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        raise Refused(f"`{shlex.join(command)}` failed; its last words stand above.")


def replace_text(file: Path, text: str) -> None:
    """Write a file whole or not at all."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_text(text)
    fresh.replace(file)


def become(*command: str) -> NoReturn:
    """Go on as the command: signals and the exit status are its own."""
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execv(command[0], command)  # noqa: S606 – no shell is wanted here
