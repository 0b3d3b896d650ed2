"""The running server: a child of this process, started, watched and stopped by it."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from appointed.postgres.account import Account
from appointed.postgres.cluster import SUPERUSER, ensure_cluster, refuse_other_majors
from appointed.postgres.home import open_home
from appointed.postgres.leftovers import STEPS, can_see_processes, end_leftovers, wait_until
from appointed.postgres.lock import Lock, take_lock
from appointed.postgres.parent import tied_to_this_process
from appointed.postgres.place import (
    ROLE,
    SOCKET_NAME,
    ConnectionFacts,
    Place,
    connection_facts,
    socket_of,
)
from appointed.postgres.problems import ServerProblem
from appointed.postgres.programs import ENVIRONMENT, Programs, find_programs, programs_for

_RECOVERY_SECONDS = 900.0
_LARGEST_LOG = 1_000_000

_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "50",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # What people write must not reach a log: no statement, no value, no row.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
    "logging_collector": "off",
    "log_destination": "stderr",
}


@dataclass(slots=True)
class Server:
    """A server that accepts connections; as a context it stops at the end."""

    facts: ConnectionFacts
    account: Account
    programs: Programs
    cluster: Path
    _process: subprocess.Popen[bytes]
    _lock: Lock

    @property
    def pid(self) -> int:
        """The process number of the postmaster."""
        return self._process.pid

    def alive(self) -> bool:
        """Tell whether the postmaster still runs."""
        return self._process.poll() is None

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for the postmaster to end; return its exit status, or nothing after `timeout`."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> None:
        """Stop the server, its clients with it, and give the installation free.

        Doing it twice, or after the server died by itself, is fine.
        """
        try:
            _stop(self._process, self.cluster)
        finally:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


@contextmanager
def running(
    data_dir: Path, bin_dir: Path | None = None, *, settings: Mapping[str, str] | None = None
) -> Iterator[ConnectionFacts]:
    """Keep the server of `data_dir` running for the length of the block.

    Raises:
        ServerProblem: it cannot run; the text says why and what to do.
    """
    with start(Place(data_dir, bin_dir), settings=settings) as server:
        yield server.facts


def start(place: Place, *, settings: Mapping[str, str] | None = None) -> Server:
    """Start the server of `place` and return once it accepts connections.

    Makes the cluster where there is none and ends what an earlier server left behind.
    Waits as long as a recovery goes on. Only to be called by the main thread; the server
    ends when this process does, however it ends. `settings` go before our own.

    Raises:
        AlreadyRunning: another process keeps it.
        ServerProblem: it cannot run; the text says why and what to do.
    """
    try:
        lock = take_lock(place.data_dir)
        try:
            return _start(place, lock=lock, settings=settings or {})
        except BaseException:
            lock.release()
            raise
    except OSError as fault:
        raise ServerProblem(
            f"The database of {place.data_dir} could not be started ({fault}): "
            "mend what it names, or choose another APPOINTED_DATA_DIR."
        ) from fault


def _start(place: Place, *, lock: Lock, settings: Mapping[str, str]) -> Server:
    found = find_programs(place.bin_dir)
    home, account = open_home(place.data_dir)
    refuse_other_majors(home, found)
    for cluster in home.glob("pg*"):
        end_leftovers(cluster)
    programs = programs_for(account, programs=found, home=home)
    cluster = ensure_cluster(home, programs=programs, account=account)
    sockets = _open_sockets(socket_of(place.data_dir), account)
    _forget_the_last_run(cluster, sockets)
    command = _command(cluster, programs=programs, sockets=sockets, settings=settings)
    _write_rules(home, account)
    process = _launch(command, home=home, cluster=cluster, account=account)
    try:
        _await_ready(process, home=home, cluster=cluster)
    except BaseException:
        _stop(process, cluster)
        raise
    facts = connection_facts(place.data_dir)
    return Server(facts, account, programs, cluster, process, lock)


def _open_sockets(directory: Path, account: Account) -> Path:
    """Make the socket's directory, which only the server's user (and root) may enter.

    One that we made, but were killed before we gave it to its user, is given now.
    """
    directory.mkdir(mode=0o700, exist_ok=True)
    facts = directory.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in {account.uid, os.geteuid()}:
        raise ServerProblem(
            f"{directory}, where the database's socket should lie, is not the user "
            f"{account.name}'s own: look who made it, remove it and start again."
        )
    if facts.st_uid != account.uid:
        os.chown(directory, account.uid, account.gid)
    directory.chmod(0o700)
    return directory


def _forget_the_last_run(cluster: Path, sockets: Path) -> None:
    """Remove what a killed server left; with its processes ended these files are only traces."""
    for trace in (sockets / SOCKET_NAME, sockets / f"{SOCKET_NAME}.lock"):
        trace.unlink(missing_ok=True)
    if can_see_processes():  # elsewhere PostgreSQL's own check must do
        (cluster / "postmaster.pid").unlink(missing_ok=True)


def _write_rules(home: Path, account: Account) -> None:
    """Say who may connect, by the socket alone, as whom the kernel says they are.

    The role is for the cluster's own user and for root, who could be that user anyway.
    """
    (home / "hba.conf").write_text("local all all peer map=appointed\n")
    users = {account.name, pwd.getpwuid(0).pw_name}
    lines = [f'appointed "{user}" {ROLE}\n' for user in sorted(users)]
    lines.append(f'appointed "{account.name}" {SUPERUSER}\n')
    (home / "ident.conf").write_text("".join(lines))
    for rules in (home / "hba.conf", home / "ident.conf"):
        rules.chmod(0o644)  # the home itself is closed to others


def _command(
    cluster: Path, *, programs: Programs, sockets: Path, settings: Mapping[str, str]
) -> list[str]:
    home = cluster.parent
    chosen = {
        **_SETTINGS,
        "unix_socket_directories": str(sockets),
        "hba_file": str(home / "hba.conf"),
        "ident_file": str(home / "ident.conf"),
        **settings,
    }
    words = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
    return [programs.path("postgres"), "-D", str(cluster), *words]


def _launch(
    command: list[str], *, home: Path, cluster: Path, account: Account
) -> subprocess.Popen[bytes]:
    with _open_log(home).open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - a program of our own choice
            command,
            cwd=cluster,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=tied_to_this_process(signal.SIGINT),  # noqa: PLW1509 - the one way to set it after setuid
            **account.identity(),
        )


def _open_log(home: Path) -> Path:
    log = home / "postgres.log"
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        shutil.move(log, home / "postgres.log.1")
    return log


def _await_ready(process: subprocess.Popen[bytes], *, home: Path, cluster: Path) -> None:
    def settled() -> bool:
        return process.poll() is not None or _is_ready(cluster, process.pid)

    in_time = wait_until(settled, seconds=_RECOVERY_SECONDS)
    if process.poll() is not None:
        raise ServerProblem(
            f"The database server ended while it started ({_last_words(home)}): "
            f"read {home / 'postgres.log'}, mend what it names, then start again."
        )
    if not in_time:
        raise ServerProblem(
            f"The database server was not ready after {_RECOVERY_SECONDS / 60:.0f} minutes: "
            f"read {home / 'postgres.log'} to see what it is doing, then start again."
        )


def _is_ready(cluster: Path, process: int) -> bool:
    """Tell whether the server says so itself; a line of another process's does not count."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return bool(lines) and lines[0] == str(process) and lines[-1].strip() == "ready"


def _last_words(home: Path) -> str:
    lines = (home / "postgres.log").read_text(errors="replace").splitlines()
    telling = [line for line in lines[-20:] if "FATAL" in line or "PANIC" in line]
    return (telling or lines or ["it said nothing"])[-1].strip()


def _stop(process: subprocess.Popen[bytes], cluster: Path) -> None:
    """End the server fast (clients are thrown out, a checkpoint is written), or else at once."""
    for number, patience in STEPS:
        if process.poll() is None:
            process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(patience)
    end_leftovers(cluster)
