"""A backup is whole, unreadable without its key, and brings everything back."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from support.commands import run_command
from support.database import temporary_data_dir

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def original() -> Iterator[Path]:
    """An installation with one owner."""
    with temporary_data_dir() as directory:
        words = ("create-owner", "--email", "olga@example.org", "--practice", "North")
        made = run_command(directory, *words, "--password-stdin", entered="long enough phrase\n")
        assert made.returncode == 0, made.stderr
        yield directory


@pytest.fixture(scope="module")
def backup(original: Path) -> Path:
    made = run_command(original, "backup", *files(original.parent))
    assert made.returncode == 0, made.stderr
    return original.parent / "backup"


def files(folder: Path) -> tuple[str, ...]:
    return (str(folder / "backup"), "--recovery-key-file", str(folder / "key"))


def test_a_new_recovery_key_can_be_typed_and_is_the_owner_s_alone(backup: Path):
    key = backup.with_name("key")

    assert re.fullmatch(r"([A-Z2-7]{4}-){7}[A-Z2-7]{4}\n", key.read_text())
    assert [path.stat().st_mode & 0o777 for path in (key, backup)] == [0o600, 0o600]


def test_it_names_nobody_and_leaves_no_half_file(backup: Path):
    assert b"olga" not in backup.read_bytes()
    assert not backup.with_name("backup.part").exists()


def test_it_comes_back_elsewhere_with_its_keys(original: Path, backup: Path, data_dir: Path):
    done = run_command(data_dir, "restore", *files(backup.parent))

    key = run_command(data_dir, "api-key", "create", "--name", "x", "--practice", "North")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert key.returncode == 0
    kept = [json.loads((where / "keys.json").read_text()) for where in (original, data_dir)]
    assert kept[0] == kept[1]


def test_it_refuses_to_replace_what_is_there(original: Path, backup: Path):
    refused = run_command(original, "restore", *files(backup.parent))

    assert refused.returncode == 1
    assert "--force" in refused.stderr


def test_forced_it_replaces_what_is_there(original: Path, backup: Path):
    later = run_command(
        original, "create-owner", "--email", "pat@example.org", "--practice", "Later"
    )
    forced = run_command(original, "restore", *files(backup.parent), "--force")

    gone = run_command(original, "api-key", "create", "--name", "x", "--practice", "Later")
    assert (later.returncode, forced.returncode, gone.returncode) == (0, 0, 1)


def test_another_key_opens_nothing(backup: Path, data_dir: Path, tmp_path: Path):
    other = tmp_path / "other"
    other.write_text("another key altogether")

    refused = run_command(data_dir, "restore", str(backup), "--recovery-key-file", str(other))

    assert refused.returncode == 1
    assert "does not open" in refused.stderr


def test_half_a_backup_changes_nothing(backup: Path, data_dir: Path, tmp_path: Path):
    body = backup.read_bytes()
    (tmp_path / "backup").write_bytes(body[: len(body) - 40])
    key = ("--recovery-key-file", str(backup.with_name("key")))

    refused = run_command(data_dir, "restore", str(tmp_path / "backup"), *key)
    fresh = run_command(data_dir, "setup-code")

    assert (refused.returncode, fresh.returncode) == (1, 0)
    assert "not a whole backup" in refused.stderr


def test_without_a_terminal_the_key_has_to_be_named(data_dir: Path):
    refused = run_command(data_dir, "backup", "somewhere")

    assert refused.returncode == 2
    assert "--recovery-key-file" in refused.stderr


@pytest.fixture
def two_databases(db: None) -> Iterator[tuple[str, str]]:  # noqa: ARG001 - its server runs
    """The addresses of two empty databases on a server that is not ours."""
    facts = connection.get_connection_params()
    names = tuple(f"archive_{uuid4().hex[:12]}" for _ in range(2))
    with psycopg.connect(
        host=facts["host"], user=facts["user"], dbname="postgres", autocommit=True
    ) as server:
        for name in names:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        host = quote(str(facts["host"]), safe="")
        yield tuple(f"postgresql://{facts['user']}@/{name}?host={host}" for name in names)
        for name in names:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            server.execute(drop.format(sql.Identifier(name)))


def test_a_server_s_database_moves_to_another(
    two_databases: tuple[str, str], data_dir: Path, tmp_path: Path
):
    first, second = two_databases
    run_command(data_dir, "migrate", APPOINTED_DATABASE_URL=first)
    owner = ("create-owner", "--email", "olga@example.org", "--practice", "North")
    made = run_command(data_dir, *owner, APPOINTED_DATABASE_URL=first)
    backed = run_command(data_dir, "backup", *files(tmp_path), APPOINTED_DATABASE_URL=first)

    restored = run_command(data_dir, "restore", *files(tmp_path), APPOINTED_DATABASE_URL=second)

    key = run_command(data_dir, "api-key", "create", "--name", "x", APPOINTED_DATABASE_URL=second)
    codes = [done.returncode for done in (made, backed, restored, key)]
    assert codes == [0, 0, 0, 0], (backed.stderr, restored.stderr)


def test_an_older_schema_of_a_server_is_not_changed_by_the_way(
    two_databases: tuple[str, str], data_dir: Path
):
    refused = run_command(data_dir, "status", APPOINTED_DATABASE_URL=two_databases[0])

    assert refused.returncode == 1
    assert "run `appointed migrate`" in refused.stderr
