"""The system user that owns a cluster and runs its server: never root, always with a name."""

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appointed.postgres.place import SERVICE_USER, STATE_DIR
from appointed.postgres.problems import ServerProblem

_PATIENCE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Account:
    """A system user; its name is what peer authentication compares."""

    name: str
    uid: int
    gid: int

    def identity(self) -> Mapping[str, Any]:
        """Return what makes `subprocess` start a program as this user."""
        if os.geteuid() == self.uid:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def account_for(home: Path) -> Account:
    """Choose the user of the cluster in `home`: who asks, or, where root asks, a service user.

    Raises:
        ServerProblem: the home is another user's, or the user has no name.
    """
    ours = os.geteuid()
    owner = home.stat().st_uid if home.exists() else ours
    if owner != ours:
        raise ServerProblem(
            f"The database in {home} belongs to the user {_display(owner)}, not to "
            f"{_display(ours)}: start as {_display(owner)}, or choose another APPOINTED_DATA_DIR."
        )
    return _named(ours) if ours else service_account()


def service_account() -> Account:
    """Return root's service user, adding it to the system where it is missing.

    Raises:
        ServerProblem: it could not be added.
    """
    limit = time.monotonic() + _PATIENCE_SECONDS
    answer = ""
    while not _exists():
        if time.monotonic() > limit:
            raise ServerProblem(
                f"PostgreSQL does not run as root, and the system user {SERVICE_USER} could "
                f"not be added ({answer}): add it with `{' '.join(_adding())}`."
            )
        answer = _add()  # another program may hold the lock of /etc/passwd: once more
    user = pwd.getpwnam(SERVICE_USER)
    return Account(user.pw_name, user.pw_uid, user.pw_gid)


def _exists() -> bool:
    try:
        return pwd.getpwnam(SERVICE_USER).pw_uid != 0
    except KeyError:
        return False


def _add() -> str:
    done = subprocess.run(_adding(), capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    if done.returncode:
        time.sleep(0.2)
    return done.stderr.strip()


def _adding() -> list[str]:
    if program := shutil.which("useradd", path=_ADMIN_PATH):
        options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        return [program, *options, "--home-dir", str(STATE_DIR), SERVICE_USER]
    program = shutil.which("adduser", path=_ADMIN_PATH) or "adduser"  # BusyBox has only this
    return [program, "-S", "-D", "-H", "-h", str(STATE_DIR), SERVICE_USER]


_ADMIN_PATH = "/usr/sbin:/sbin:/usr/bin:/bin"


def _named(uid: int) -> Account:
    try:
        user = pwd.getpwuid(uid)
    except KeyError:
        raise ServerProblem(
            f"The user number {uid} has no name in /etc/passwd, and PostgreSQL needs one: start "
            "as a user who is listed there, or set APPOINTED_DATABASE_URL to a server elsewhere."
        ) from None
    return Account(user.pw_name, user.pw_uid, user.pw_gid)


def _display(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
