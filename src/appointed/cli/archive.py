"""The whole installation in one encrypted file: database, keys, settings; and back again."""

from __future__ import annotations

import base64
import io
import json
import os
import secrets
import struct
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from getpass import getpass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.db import connection

from appointed import postgres
from appointed.cli.installation import answers, database, embedded, installation, leave_database
from appointed.cli.problems import CommandFailed, WrongUsage
from appointed.cli.sealed_stream import Damaged, SealedReader, SealedWriter, WrongKey

FORMAT = 1
KEY_BYTES, GROUP = 20, 4
SHORTEST_KEY = 16
KEYS_FILE, SETTINGS_FILE = "keys.json", ".env"
NO_BACKUP = "is not a whole backup: try another copy of it."


def backup(arguments: Namespace) -> None:
    """Write the backup beside FILE, then give it its name: never half a file under FILE."""
    file: Path = arguments.file
    key = _key_to_write(arguments.recovery_key_file)
    draft = file.with_name(f"{file.name}.part")
    with installation():
        try:
            with _new_file(draft) as target:
                sealed = SealedWriter(target, key)
                _write_head(sealed)
                with _facts() as facts:
                    postgres.dump(facts, cast("BinaryIO", sealed), bin_dir=_bin_dir())
                sealed.finish()
            draft.replace(file)
        except OSError as fault:
            raise CommandFailed(f"{file} cannot be written ({fault.strerror}).") from fault
        finally:
            draft.unlink(missing_ok=True)


def restore(arguments: Namespace) -> None:
    """Put a backup in the place of this installation, whole or not at all."""
    key = _key_to_read(arguments.recovery_key_file)
    try:
        with arguments.file.open("rb") as source:
            sealed = cast("BinaryIO", io.BufferedReader(SealedReader(source, key)))
            head = _read_head(sealed)
            _restore(head, sealed, force=arguments.force)
    except OSError as fault:
        raise CommandFailed(f"{arguments.file} cannot be read ({fault.strerror}).") from fault
    except WrongKey as fault:
        raise CommandFailed(
            f"this recovery key does not open {arguments.file}: give the one of its day."
        ) from fault
    except Damaged as fault:
        raise CommandFailed(f"{arguments.file} {NO_BACKUP}") from fault


def _restore(head: dict[str, Any], sealed: BinaryIO, *, force: bool) -> None:
    if embedded() and answers():
        raise CommandFailed("the database is in use: stop `appointed serve` first.")
    with database(), _facts() as facts:
        leave_database()
        if not force and not postgres.is_empty(facts, bin_dir=_bin_dir()):
            raise CommandFailed(
                "there is data here already: choose an empty APPOINTED_DATA_DIR, "
                "or give --force to replace it."
            )
        with _staged(head) as files:
            postgres.restore(facts, sealed, bin_dir=_bin_dir())
            for draft, final in files:
                draft.replace(final)
    if settings.ENVIRONMENT.encryption_keys or settings.ENVIRONMENT.secret_key:
        print(
            "The environment sets keys of its own: they go before the restored ones. Unset "
            "APPOINTED_SECRET_KEY and APPOINTED_ENCRYPTION_KEYS, or set those of the backup.",
            file=sys.stderr,
        )


# ── what a backup holds beside the database ──────────────────────────────────────────────


def _write_head(target: SealedWriter) -> None:
    text = json.dumps(_head()).encode()
    target.write(struct.pack(">I", len(text)) + text)


def _head() -> dict[str, Any]:
    env = settings.APPOINTED_DATA_DIR / SETTINGS_FILE
    return {
        "format": FORMAT,
        "version": _version(),
        "made_at": datetime.now(UTC).isoformat(),
        "keys": {
            "secret": settings.SECRET_KEY,
            "encryption": list(settings.APPOINTED_ENCRYPTION_KEYS),
        },
        "settings": env.read_text() if env.is_file() else "",
    }


def _read_head(sealed: BinaryIO) -> dict[str, Any]:
    [length] = struct.unpack(">I", _exactly(sealed, 4))
    head: dict[str, Any] = json.loads(_exactly(sealed, length))
    if head["format"] != FORMAT:
        raise CommandFailed("the backup is of a newer version: install that one and try again.")
    return head


def _exactly(sealed: BinaryIO, length: int) -> bytes:
    text = sealed.read(length)
    if len(text) != length:
        raise Damaged
    return text


@contextmanager
def _staged(head: dict[str, Any]) -> Iterator[list[tuple[Path, Path]]]:
    """Write keys and settings beside their places; what was not moved there goes again."""
    folder = Path(settings.APPOINTED_DATA_DIR)
    texts = {KEYS_FILE: json.dumps(head["keys"]), SETTINGS_FILE: head["settings"]}
    files = [(folder / f"{name}.restored", folder / name) for name, text in texts.items() if text]
    try:
        for draft, final in files:
            draft.unlink(missing_ok=True)
            with _new_file(draft) as target:
                target.write(texts[final.name].encode())
        yield files
    finally:
        for draft, _ in files:
            draft.unlink(missing_ok=True)


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that only its owner reads, and see that it is on the disk at the end."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(number, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


# ── the recovery key ─────────────────────────────────────────────────────────────────────


def new_recovery_key() -> str:
    """Return a key that can be printed and typed: 160 bits in groups of four."""
    text = base64.b32encode(secrets.token_bytes(KEY_BYTES)).decode()
    return "-".join(text[n : n + GROUP] for n in range(0, len(text), GROUP))


def _key_to_write(file: Path | None) -> str:
    """Return the key to encrypt with; a new one is made where the named file does not exist."""
    if file is None:
        key = _ask("Recovery key: ")
        if _ask("The same again: ") != key:
            raise WrongUsage("the two recovery keys differ.")
        return _long_enough(key)
    if file.exists():
        return _long_enough(_read_key(file))
    key = new_recovery_key()
    try:
        with _new_file(file) as target:
            target.write(f"{key}\n".encode())
    except OSError as fault:
        raise CommandFailed(f"{file} cannot be written ({fault.strerror}).") from fault
    print(
        f"A new recovery key was written to {file}. Print it and keep it away from this "
        "machine: without it nobody can read the backup.",
        file=sys.stderr,
    )
    return key


def _key_to_read(file: Path | None) -> str:
    return _ask("Recovery key: ") if file is None else _read_key(file)


def _read_key(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError as fault:
        raise CommandFailed(f"{file} cannot be read ({fault.strerror}).") from fault


def _ask(question: str) -> str:
    if not sys.stdin.isatty():
        raise WrongUsage("there is no terminal to ask for the recovery key: --recovery-key-file F.")
    return getpass(question).strip()


def _long_enough(key: str) -> str:
    if len(key) < SHORTEST_KEY:
        raise WrongUsage(f"the recovery key needs {SHORTEST_KEY} characters at least.")
    return key


# ── the database ─────────────────────────────────────────────────────────────────────────


def _bin_dir() -> Path | None:
    programs = settings.ENVIRONMENT.postgres_bin
    return Path(programs) if programs else None


@contextmanager
def _facts() -> Iterator[postgres.ConnectionFacts]:
    """Return how PostgreSQL's programs reach the database; a password goes by a private file."""
    if embedded():
        yield postgres.connection_facts(settings.APPOINTED_DATA_DIR)
        return
    known = connection.get_connection_params()
    with tempfile.TemporaryDirectory() as folder:
        passwords = Path(folder) / "passwords"
        with _new_file(passwords) as file:
            file.write(f"*:*:*:*:{_escaped(str(known.get('password', '')))}\n".encode())
        parts = {"dbname": known["dbname"], "passfile": passwords}
        for name in ("port", "sslmode", "sslrootcert", "sslcert", "sslkey"):
            if known.get(name):
                parts[name] = known[name]
        conninfo = " ".join(f"{name}='{_quoted(str(text))}'" for name, text in parts.items())
        user = str(known.get("user") or "")
        yield postgres.ConnectionFacts(str(known.get("host") or "localhost"), user, conninfo)


def _escaped(password: str) -> str:
    return password.replace("\\", "\\\\").replace(":", "\\:")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _version() -> str:
    try:
        return version("appointed")
    except PackageNotFoundError:
        return "from a clone"
