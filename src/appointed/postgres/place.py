"""Where an installation's cluster lies and how one connects to it, told by the data directory.

Nothing here starts or asks a server, so settings can be computed before it runs and by
any other process while it runs.
"""

import hashlib
import os
import pwd
import re
from dataclasses import dataclass
from pathlib import Path

ROLE = "appointed"
DATABASE = "appointed"
SERVICE_USER = "appointed"
STATE_DIR = Path("/var/lib/appointed")
"""Where clusters started by root lie whose data directory only root can enter."""

SOCKET_NAME = ".s.PGSQL.5432"
_LONGEST_SOCKET_PATH = 107
"""`sun_path` holds 108 bytes, the last of them NUL (unix(7))."""


@dataclass(frozen=True, slots=True)
class Place:
    """An installation's data directory and, unless the wheel's serve, the folder of programs."""

    data_dir: Path
    bin_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """What libpq needs to reach the database: socket directory, role and database name."""

    host: str
    user: str
    dbname: str


def connection_facts(data_dir: Path) -> ConnectionFacts:
    """Tell how the database of `data_dir` is reached, whether or not it runs.

    The answer stays the same for the life of the directory once the directory exists.
    """
    return ConnectionFacts(host=str(socket_of(data_dir)), user=ROLE, dbname=DATABASE)


def socket_of(data_dir: Path) -> Path:
    """Tell the directory of the server's socket.

    It lies beside the cluster, or, where that path is too long for a socket or holds a
    comma (with which libpq parts hosts), in a short directory named by the path's hash.
    """
    home = home_of(data_dir)
    beside = os.fsencode(home / "run" / SOCKET_NAME)
    if len(beside) <= _LONGEST_SOCKET_PATH and b"," not in beside:
        return home / "run"
    return Path("/tmp") / f"appointed-{_hash(home)}"  # noqa: S108 - mode and owner are checked at start


def home_of(data_dir: Path) -> Path:
    """Tell the directory that holds cluster, log and socket of `data_dir`.

    It is `postgres` inside the data directory. Where root starts a server and the
    service user cannot enter the data directory, it lies below `/var/lib/appointed`,
    and a link in the data directory leads there.
    """
    real = data_dir.resolve()
    inside = link_of(real)
    if inside.is_symlink():
        return inside.readlink()
    if inside.exists() or os.geteuid() != 0 or _open_to_the_service_user(real):
        return inside
    return STATE_DIR / outside_name(real)


def link_of(data_dir: Path) -> Path:
    """Name the entry of the data directory that is, or leads to, the home of the cluster."""
    return data_dir.resolve() / "postgres"


def outside_name(data_dir: Path) -> str:
    """Name a data directory's folder below `/var/lib/appointed`, readable and unique."""
    real = data_dir.resolve()
    words = re.sub(r"[^a-z0-9]+", "-", "-".join(real.parts[-2:]).lower()).strip("-")
    return f"{words[-32:].strip('-')}-{_hash(real)}"


def can_enter(directory: Path, *, uid: int | None, gid: int | None) -> bool:
    """Tell whether a user may enter `directory` and every directory above it.

    Without a uid the answer is for a user whom nobody knows: the rights of all.
    """
    real = directory.resolve()
    return all(
        _search_right(step, uid=uid, gid=gid) for step in (real, *real.parents) if step.exists()
    )


def _open_to_the_service_user(directory: Path) -> bool:
    try:
        user = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        return can_enter(directory, uid=None, gid=None)
    return can_enter(directory, uid=user.pw_uid, gid=user.pw_gid)


def _search_right(directory: Path, *, uid: int | None, gid: int | None) -> bool:
    facts = directory.stat()
    if facts.st_uid == uid:
        return bool(facts.st_mode & 0o100)
    if facts.st_gid == gid:
        return bool(facts.st_mode & 0o010)
    return bool(facts.st_mode & 0o001)


def _hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
