"""Commits that were acknowledged stay, however often the server and its keeper are killed.

`torture(seconds)` is called by `run.py torture` for minutes and by a test for seconds. It
kills processes, which is not a power loss: what the operating system was handed is kept.
"""

import os
import random
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import psycopg

from appointed.postgres import Place, Server, connection_facts, start
from appointed.postgres.leftovers import leftovers
from support.database import temporary_data_dir
from support.supervisor import Supervisor, cluster_of, kill, supervised, wait_for

WRITERS = 4
_TABLE = "CREATE TABLE kept (writer int, number int, filler text, PRIMARY KEY (writer, number))"
_INSERT = "INSERT INTO kept VALUES (%s, %s, repeat('x', 100))"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a torture saw."""

    kills: int
    acknowledged: int
    lost: int
    findings: str

    @property
    def clean(self) -> bool:
        """Tell whether all that was acknowledged is there and every check is content."""
        return self.lost == 0 and not self.findings


@dataclass(slots=True)
class Writers:
    """Threads that commit one number after another and note those that were acknowledged."""

    data_dir: Path
    noted: list[list[int]] = field(default_factory=lambda: [[] for _ in range(WRITERS)])
    stopping: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let them write for the length of the block."""
        threads = [threading.Thread(target=self._write, args=(n,)) for n in range(WRITERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stopping.set()
            for thread in threads:
                thread.join()

    def _write(self, writer: int) -> None:
        """Go on with the next number after a lost connection: the last one's fate is unknown."""
        number = 0
        while not self.stopping.is_set():
            try:
                with _connected(self.data_dir) as connection:
                    while not self.stopping.is_set():
                        number += 1
                        connection.execute(_INSERT, [writer, number])
                        self.noted[writer].append(number)
            except psycopg.Error:
                self.stopping.wait(0.02)


def torture(seconds: float, *, seed: int = 1) -> Outcome:
    """Kill for so many seconds what keeps the database, then look whether it kept its word."""
    chance = random.Random(seed)  # noqa: S311 - chance, not a secret
    with temporary_data_dir() as data_dir:
        with start(Place(data_dir)), _connected(data_dir) as connection:
            connection.execute(_TABLE)
        writers = Writers(data_dir)
        with writers.at_work():
            kills = _kill_for(seconds, data_dir, chance)
        with start(Place(data_dir)) as server, _connected(data_dir) as connection:
            found = set(connection.execute("SELECT writer, number FROM kept").fetchall())
            findings = _amcheck(server)
        findings += _checksums(server)
    acknowledged = {(writer, n) for writer, noted in enumerate(writers.noted) for n in noted}
    return Outcome(kills, len(acknowledged), len(acknowledged - found), findings)


def _kill_for(seconds: float, data_dir: Path, chance: random.Random) -> int:
    limit = monotonic() + seconds
    kills = 0
    while monotonic() < limit:
        with supervised(data_dir) as supervisor:
            wait_for(lambda: supervisor.postmaster, seconds=60)
            for _ in range(chance.randint(0, 2)):
                _pause(chance)
                kill(chance.choice(_children(supervisor)))
                kills += 1
            _pause(chance)
            chance.choice((kill_everything, kill_the_postmaster, kill_the_keeper))(supervisor)
            kills += 1
    return kills


def kill_everything(supervisor: Supervisor) -> None:
    """End the keeper and every process of its server at once."""
    supervisor.kill_everything()


def kill_the_postmaster(supervisor: Supervisor) -> None:
    """End the postmaster, then its keeper, who has no time for anything."""
    os.kill(supervisor.process.pid, signal.SIGSTOP)
    kill(supervisor.postmaster)
    supervisor.kill()


def kill_the_keeper(supervisor: Supervisor) -> None:
    """End the keeper alone; its server ends itself while the next one starts."""
    supervisor.kill()


def _children(supervisor: Supervisor) -> list[int]:
    """Return the server's processes without the postmaster (or it alone, where all just died)."""
    everyone = leftovers(cluster_of(supervisor.data_dir))
    return [n for n in everyone if n != supervisor.postmaster] or [supervisor.postmaster]


def _pause(chance: random.Random) -> None:
    """Let the writers write for a random while: the moment of the kill is what is tried."""
    threading.Event().wait(chance.uniform(0.05, 1.5))


def _connected(data_dir: Path) -> psycopg.Connection:
    facts = connection_facts(data_dir)
    return psycopg.connect(
        host=facts.host, user=facts.user, dbname=facts.dbname, autocommit=True, connect_timeout=10
    )


def _amcheck(server: Server) -> str:
    where = [f"--host={server.facts.host}", "--username=postgres", "--all"]
    checks = ["--install-missing", "--heapallindexed", "--parent-check", "--checkunique"]
    return _said(server, "pg_amcheck", *where, *checks)


def _checksums(server: Server) -> str:
    return _said(server, "pg_checksums", "--check", f"--pgdata={server.cluster}")


def _said(server: Server, program: str, *words: str) -> str:
    """Run a checking program as the server's user; return what it says against the data."""
    done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - the server's own
        [server.programs.path(program), *words],
        cwd="/",
        env={"LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
        **server.account.identity(),
    )
    return f"{program}: {done.stdout}{done.stderr}" if done.returncode else ""
