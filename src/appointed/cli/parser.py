"""Every command and its words. A command's code is named here and imported when it runs."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from datetime import date
from pathlib import Path
from uuid import UUID

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
ROLES = ("owner", "manager", "reception", "practitioner", "read_only")

Add = Callable[..., ArgumentParser]


def build_parser() -> ArgumentParser:
    """Return the parser of the whole command line; what it parses names the code in `run`."""
    parser = ArgumentParser(
        prog="appointed",
        description="The appointment book that keeps real calendars in step.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: str, *, help: str, needs_settings: bool = True) -> ArgumentParser:  # noqa: A002 - argparse's word
        command = commands.add_parser(name, help=help, description=help, allow_abbrev=False)
        command.set_defaults(run=f"appointed.cli.{run}", needs_settings=needs_settings)
        return command

    _add_running(add)
    _add_set_up(add)
    _add_calendars(add)
    _add_archive(add)
    return parser


def _add_running(add: Add) -> None:
    demo = add(
        "demo",
        "demo.command.demo",
        help="show the main job: an invented practice, a calendar server and a phone's calendar",
        needs_settings=False,
    )
    demo.add_argument(
        "--port", type=a_port, metavar="N", help=f"default: {DEFAULT_PORT}, or the next free one"
    )
    demo.add_argument("--host", default=DEFAULT_HOST, metavar="H", help="default: %(default)s")
    demo.add_argument("--data", type=Path, metavar="DIR", help="where the demo keeps everything")
    serve = add(
        "serve",
        "serving.serve",
        help="run a practice on one machine: database, web and worker under one command",
    )
    _add_address(serve)
    web = add("web", "web.web", help="answer browsers and programs; any number of them may run")
    _add_address(web)
    web.add_argument("--fd", type=int, help="an open listening socket to use instead")
    add("worker", "serving.worker", help="look at calendars and send mails; any number may run")


def _add_set_up(add: Add) -> None:
    add("migrate", "installation.migrate", help="bring the database's schema up to date")
    check = add("check", "checking.check", help="look for faults, each with an id and a remedy")
    _add_json(check)
    owner = add("create-owner", "people.create_owner", help="make the first user of a practice")
    owner.add_argument("--email", required=True, help="the address the owner signs in with")
    owner.add_argument("--practice", required=True, metavar="NAME", help="the practice's name")
    owner.add_argument("--name", default="", help="the owner's name (else from the address)")
    owner.add_argument(
        "--password-stdin",
        action="store_true",
        help="read the password from standard input (else a set-up link is printed)",
    )
    add("setup-code", "people.setup_code", help="show the code that the first page asks for")
    key = add("api-key", "people.api_key", help="make keys for programs")
    actions = key.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser(
        "create",
        help="print a new key, once",
        description="print a new key, once, alone on standard output",
        allow_abbrev=False,
    )
    create.add_argument("--name", required=True, help="what the key is for")
    create.add_argument("--practice", help="name or slug of the practice, where there are several")
    create.add_argument("--role", choices=ROLES, default="manager", help="default: %(default)s")
    create.add_argument("--practitioner", type=an_id, help="whom a key of that role stands for")


def _add_calendars(add: Add) -> None:
    sync = add("sync", "calendars.sync", help="bring the connected calendars in step now")
    sync.add_argument("--connection", type=an_id, metavar="ID", help="only this connection")
    sync.add_argument("--dry-run", action="store_true", help="print the plan and write nothing")
    _add_json(sync)
    ical = add("export-ical", "calendars.export_ical", help="print a calendar as iCalendar")
    ical.add_argument("--practitioner", type=an_id, metavar="ID", required=True)
    ical.add_argument("--from", dest="first", type=a_day, metavar="D", help="first day, YYYY-MM-DD")
    ical.add_argument("--to", dest="end", type=a_day, metavar="D", help="the day after the last")
    status = add("status", "calendars.status", help="show connections, what waits, last success")
    _add_json(status)


def _add_archive(add: Add) -> None:
    backup = add("backup", "archive.backup", help="write the whole installation into one file")
    restore = add("restore", "archive.restore", help="bring an installation back from its backup")
    backup.add_argument("file", type=Path, metavar="FILE", help="what to write")
    restore.add_argument("file", type=Path, metavar="FILE", help="what a backup wrote")
    backup.add_argument(
        "--recovery-key-file",
        type=Path,
        metavar="F",
        help="holds the recovery key; a new one is made where F does not exist "
        "(without this it is asked for on the terminal)",
    )
    restore.add_argument(
        "--recovery-key-file",
        type=Path,
        metavar="F",
        help="holds the recovery key (without this it is asked for on the terminal)",
    )
    restore.add_argument(
        "--force", action="store_true", help="replace what the target holds already"
    )


def _add_address(command: ArgumentParser) -> None:
    command.add_argument(
        "--port", type=a_port, default=DEFAULT_PORT, metavar="N", help="default: %(default)s"
    )
    command.add_argument("--host", default=DEFAULT_HOST, metavar="H", help="default: %(default)s")


def _add_json(command: ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="answer as JSON, for programs")


def a_port(text: str) -> int:
    """Return a port; 0 lets the system choose a free one."""
    if not text.isdecimal() or int(text) > 65535:  # noqa: PLR2004 - the last port there is
        raise ArgumentTypeError(f"{text!r} is no port from 0 to 65535")
    return int(text)


def a_day(text: str) -> date:
    """Return a day written as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day such as 2026-11-25") from None


def an_id(text: str) -> UUID:
    """Return an id as the API shows it."""
    try:
        return UUID(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no id as `appointed status` shows it") from None
