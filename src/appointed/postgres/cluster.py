"""The cluster on the disk: made whole or not at all, and never of another major version."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from appointed.postgres.account import Account
from appointed.postgres.parent import tied_to_this_process
from appointed.postgres.place import DATABASE, ROLE
from appointed.postgres.problems import ServerProblem
from appointed.postgres.programs import ENVIRONMENT, Programs, kept_programs

SUPERUSER = "postgres"
"""The cluster's superuser; only the cluster's own system user may be it."""

_FIRST_STATEMENTS = f"""\
CREATE ROLE {ROLE} LOGIN
CREATE DATABASE {DATABASE} OWNER {ROLE}
REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC
REVOKE ALL ON DATABASE postgres FROM PUBLIC
"""
"""One statement a line: so the single-user server reads them."""


def ensure_cluster(home: Path, *, programs: Programs, account: Account) -> Path:
    """Return the cluster in `home`, making it first where there is none.

    A new one is complete, with role and database, before it gets its name: whoever is
    killed meanwhile leaves only a half that the next start removes.

    Raises:
        ServerProblem: PostgreSQL refused.
    """
    cluster = home / f"pg{programs.major}"
    half = home / f"{cluster.name}.new"
    if half.exists():
        shutil.rmtree(half)
    if not cluster.exists():
        _make(half, programs=programs, account=account)
        half.rename(cluster)
        _sync(home)
    return cluster


def refuse_other_majors(home: Path, programs: Programs) -> None:
    """Refuse data of another major version than the programs are, and say how to bring them over.

    Raises:
        ServerProblem: there are such data.
    """
    for found in sorted(home.glob("pg*/PG_VERSION")):
        written_by = found.read_text().strip()
        if found.parent.suffix != ".new" and written_by != str(programs.major):
            old = kept_programs(home, major=written_by) or f"the programs of {written_by}"
            raise ServerProblem(
                f"The data in {found.parent} were written by PostgreSQL {written_by}, and the "
                f"programs in {programs.folder} are PostgreSQL {programs.major}: set "
                f"APPOINTED_POSTGRES_BIN to {old} and run `appointed backup FILE`, then unset it, "
                "move `postgres` out of the data directory and run `appointed restore FILE`."
            )


def _make(half: Path, *, programs: Programs, account: Account) -> None:
    half.mkdir(mode=0o700)
    if os.geteuid() != account.uid:
        os.chown(half, account.uid, account.gid)
    options = [f"--username={SUPERUSER}", "--auth-local=peer", "--auth-host=reject"]
    initdb = [programs.path("initdb"), f"--pgdata={half}", *options, *_locale(programs.major)]
    _run([*initdb, "--encoding=UTF8", "--data-checksums"], half=half, account=account)
    single = [programs.path("postgres"), "--single", "-D", str(half)]
    settings = ["-c", "exit_on_error=true", "-c", "log_min_messages=warning"]
    _run([*single, *settings, SUPERUSER], half=half, account=account, text=_FIRST_STATEMENTS)


def _locale(major: int) -> Sequence[str]:
    """Sort by code point everywhere: what sorts otherwise could change with a system library."""
    if major < 17:  # noqa: PLR2004 - the built-in provider came with 17
        return ("--locale=C.UTF-8",)
    return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")


def _run(command: Sequence[str], *, half: Path, account: Account, text: str = "") -> None:
    """Run one step of the making, inside the half, so that its leftovers are known by that."""
    die_with_us: Callable[[], None] = tied_to_this_process(signal.SIGKILL)
    done = subprocess.run(  # noqa: S603 - programs of our own choice
        command,
        cwd=half,
        env=ENVIRONMENT,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=die_with_us,
        start_new_session=True,
        **account.identity(),
    )
    if done.returncode:
        reason = " ".join(done.stderr.split())[-400:]
        raise ServerProblem(
            f"PostgreSQL could not make the database in {half.parent} ({reason}): "
            "mend what it names (often a full disk or a missing right), then start again."
        )


def _sync(directory: Path) -> None:
    """Make a rename in `directory` last through a power loss."""
    number = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
