"""From words to a command, and from its end to an exit status."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence

import django
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError
from django.utils.module_loading import import_string

from appointed.book.errors import BookError, Invalid
from appointed.cli.parser import build_parser
from appointed.cli.problems import CommandFailed, WrongUsage
from appointed.postgres import ServerProblem

DONE, FAILED, WRONG_USAGE = 0, 1, 2
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command; return 0 when done, 1 when it failed, 2 for wrong usage."""
    try:
        arguments = build_parser().parse_args(argv)
    except SystemExit as end:  # argparse has said why, or has printed its help
        return int(end.code or 0)
    try:
        return _run(arguments)
    except WrongUsage as fault:
        return _refuse(arguments, fault, WRONG_USAGE)
    except (CommandFailed, ServerProblem, ImproperlyConfigured) as fault:
        return _refuse(arguments, fault, FAILED)
    except BookError as fault:
        return _refuse(arguments, CommandFailed(_of_the_book(fault)), FAILED)
    except (DatabaseError, InterfaceError) as fault:
        return _refuse(arguments, CommandFailed(_of_the_database(fault)), FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # who read our output has seen enough
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - Python flushes it at its end
        return FAILED


def prepare() -> None:
    """Read the settings and make the rows reachable; no database is asked yet.

    Raises: `ImproperlyConfigured`.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "appointed.config.settings")
    django.setup()


def _run(arguments: Namespace) -> int:
    if arguments.needs_settings:
        prepare()
    command = import_string(arguments.run)
    return int(command(arguments) or DONE)


def _refuse(arguments: Namespace, fault: Exception, status: int) -> int:
    line = " ".join(str(fault).split())
    print(f"appointed {arguments.command}: {line}", file=sys.stderr)
    return status


def _of_the_book(fault: BookError) -> str:
    fields = fault.fields if isinstance(fault, Invalid) else {}
    return " ".join([fault.message, *(f"{name}: {words}" for name, words in fields.items())])


def _of_the_database(fault: Exception) -> str:
    """Name the kind of fault, not its words: they may hold a person's."""
    kind = type(fault.__cause__ or fault).__name__
    return f"the database could not do it ({kind}): run `appointed check` and try again."
