"""Writes the reference pages of commands and settings; `python -m tools.reference` renews them."""

from __future__ import annotations

from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from pathlib import Path

from appointed.cli.parser import build_parser

PAGES = Path(__file__).resolve().parent.parent / "docs" / "reference"

COMMANDS_HEAD = """\
# Commands

Written from the code by `python -m tools.reference`; do not edit.

From a clone every command is `python3 run.py appointed …`. Exit status: 0 done, 1 it failed (one
line on standard error says what and what to do), 2 wrong usage. All commands work while `appointed
serve` runs, except `restore`; a command that finds the embedded database stopped starts it for as
long as it needs it.
"""

SETTINGS_HEAD = """\
# Settings

Written from the code by `python -m tools.reference`; do not edit.

Environment variables; a file `.env` in the data directory serves too, the environment goes before
it. Lists are parted by commas. `appointed check` names what is wrong with them.

| name | meaning | where unset |
|---|---|---|
"""

SETTINGS = {
    "APPOINTED_DATA_DIR": (
        "where everything lies that is not in a database server",
        "the platform's user data directory",
    ),
    "APPOINTED_DATABASE_URL": ("`postgresql://user:password@host/name`", "the embedded database"),
    "APPOINTED_POSTGRES_BIN": (
        "folder of PostgreSQL programs for the embedded database and for backups",
        "those of the wheel",
    ),
    "APPOINTED_SECRET_KEY": ("signs sessions and set-up links", "made at the first start"),
    "APPOINTED_ENCRYPTION_KEYS": (
        "newest first; encrypt credentials at rest; rotate by adding one in front",
        "made at the first start",
    ),
    "APPOINTED_PUBLIC_URL": (
        "the https address under which people and providers reach it",
        "the address of `--host` and `--port`",
    ),
    "APPOINTED_TRUSTED_PROXIES": ("networks whose forwarded headers count", "none"),
    "APPOINTED_EMAIL_URL": (
        "`smtp://user:password@host:587?tls=starttls` (`tls=none`, `starttls`, `implicit`; "  # noqa: ISC004 - one sentence
        "unsaid: none to loopback, implicit on 465, else starttls)",
        "mails are kept and shown, not sent",
    ),
    "APPOINTED_EMAIL_FROM": (
        "whom mails are from: `Practice <book@example.org>`",
        "the user of the mail server, where that is an address",
    ),
    "APPOINTED_ALLOWED_PRIVATE_HOSTS": (
        "hosts or networks that calendar addresses may name although they are private",
        "none",
    ),
    "APPOINTED_POLL_SECONDS": (
        "how often a calendar that cannot notify is looked at",
        "60 in working hours, else 300",
    ),
}


def commands_page() -> str:
    """Return the page of all commands."""
    parts = [COMMANDS_HEAD]
    for command in _commands(build_parser()):
        parts.append(f"## {command.prog}\n\n{_sentence(command)}\n\n```\n{_usage(command)}```\n")
        if rows := list(_rows(command)):
            parts.append("\n".join(["| argument | meaning |", "|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def settings_page() -> str:
    """Return the page of all settings."""
    rows = [f"| `{name}` | {meaning} | {unset} |" for name, (meaning, unset) in SETTINGS.items()]
    return SETTINGS_HEAD + "\n".join(rows) + "\n"


def pages() -> dict[Path, str]:
    """Return every generated page by its place."""
    return {PAGES / "commands.md": commands_page(), PAGES / "settings.md": settings_page()}


def _commands(parser: ArgumentParser) -> Iterator[ArgumentParser]:
    inner = [a for a in parser._actions if isinstance(a, _SubParsersAction)]  # noqa: SLF001 - argparse tells it nowhere else
    for action in inner:
        for command in action.choices.values():
            yield from _commands(command)
    if not inner:
        yield parser


def _sentence(command: ArgumentParser) -> str:
    text = command.description or ""
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _usage(command: ArgumentParser) -> str:
    words = command.format_usage().removeprefix("usage: ").split()
    return " ".join(words).replace(" [-h]", "") + "\n"


def _rows(command: ArgumentParser) -> Iterator[str]:
    for action in command._actions:  # noqa: SLF001 - likewise
        if action.dest == "help":
            continue
        name = ", ".join(action.option_strings) or str(action.metavar or action.dest)
        text = (action.help or "").replace("%(default)s", str(action.default))
        yield f"| `{name}` | {text} |"


def main() -> None:
    """Write the pages."""
    for page, text in pages().items():
        page.write_text(text)


if __name__ == "__main__":
    main()
