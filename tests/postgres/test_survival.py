"""What was committed stays, and the next start works, whoever was killed and whenever."""

import os
import signal
import subprocess
from pathlib import Path

import psycopg
import pytest

from appointed.postgres import home_of, running
from appointed.postgres.leftovers import leftovers
from support.supervisor import cluster_of, kill, kill_all, supervised, wait_for

from .conftest import connect

pytestmark = pytest.mark.slow

MOMENTS_OF_MAKING = [
    ".",
    "PG_VERSION",
    "global/pg_control",
    "base/1/1259",
    "base/4/PG_VERSION",
    "base/5/PG_VERSION",
    "base/16385/PG_VERSION",
]
"""What appears in the half-made cluster, in this order: the last is our own database."""


def test_killing_everything_at_once_loses_nothing(data_dir):
    with supervised(data_dir) as supervisor:
        remember_seven(supervisor)
        supervisor.kill_everything()

    with running(data_dir):
        assert remembered(data_dir) == 7


def test_the_server_ends_cleanly_when_only_its_supervisor_is_killed(data_dir):
    with supervised(data_dir) as supervisor:
        remember_seven(supervisor)
        supervisor.kill()
        wait_for(lambda: not leftovers(cluster_of(data_dir)))

    log = (home_of(data_dir) / "postgres.log").read_text()
    assert log.rstrip().endswith("database system is shut down")
    with running(data_dir):
        assert remembered(data_dir) == 7


def test_a_start_while_the_orphaned_server_still_shuts_down_waits_for_it(data_dir):
    with supervised(data_dir) as first:
        remember_seven(first)
        first.kill()

        with supervised(data_dir) as second:
            assert second.postmaster != first.postmaster
            assert remembered(data_dir) == 7


def test_a_backend_that_outlived_its_postmaster_is_ended_by_the_next_start(data_dir):
    with supervised(data_dir) as supervisor:
        remember_seven(supervisor)
        client, backend = busy_backend(data_dir)
        os.kill(supervisor.process.pid, signal.SIGSTOP)
        kill(supervisor.postmaster)
        wait_for(lambda: backend in leftovers(cluster_of(data_dir)))
        supervisor.kill()
    orphans = leftovers(cluster_of(data_dir))

    with running(data_dir):
        assert backend in orphans
        assert backend not in leftovers(cluster_of(data_dir))
        assert remembered(data_dir) == 7

    client.close()


def test_a_backend_that_hears_no_signal_is_ended_too(data_dir):
    with supervised(data_dir) as supervisor:
        remember_seven(supervisor)
        client, backend = busy_backend(data_dir)
        os.kill(backend, signal.SIGSTOP)
        os.kill(supervisor.process.pid, signal.SIGSTOP)
        kill(supervisor.postmaster)
        supervisor.kill()

    with running(data_dir):
        assert remembered(data_dir) == 7

    client.close()


@pytest.mark.parametrize("moment", MOMENTS_OF_MAKING)
def test_a_kill_while_the_cluster_is_made_leaves_nothing_broken(data_dir, moment):
    half = home_of(data_dir) / "pg18.new"
    with supervised(data_dir) as supervisor:
        wait_for(lambda: (half / moment).exists() or half.with_suffix("").exists())
        supervisor.kill()

    with running(data_dir), connect(data_dir) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("appointed",)
    assert not half.exists()


@pytest.mark.parametrize("line", ["{pid}", "{pid}\n{cluster}\n1\n5432\n{run}\n*\n9 9\nready"])
def test_a_pid_file_that_names_a_foreign_process_neither_hinders_nor_harms(data_dir, line):
    with running(data_dir):
        pass
    with subprocess.Popen(["/bin/sleep", "600"]) as foreign:
        words = {"cluster": cluster_of(data_dir), "run": home_of(data_dir) / "run"}
        text = line.format(pid=foreign.pid, **words)
        (cluster_of(data_dir) / "postmaster.pid").write_text(f"{text}\n")

        with running(data_dir), connect(data_dir) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)

        assert foreign.poll() is None
        foreign.kill()


def test_a_foreign_process_that_looks_into_the_cluster_is_left_alone(data_dir):
    with running(data_dir):
        pass

    with subprocess.Popen(["/bin/sleep", "600"], cwd=cluster_of(data_dir)) as looking:
        with running(data_dir):
            assert looking.poll() is None

        assert looking.poll() is None
        looking.kill()


def test_a_backend_that_is_killed_is_recovered_from_by_the_server_itself(data_dir):
    with supervised(data_dir) as supervisor:
        remember_seven(supervisor)
        client, backend = busy_backend(data_dir)
        kill(backend)
        wait_for(lambda: remembers_seven(data_dir))

        assert remembered(data_dir) == 7
        assert supervisor.process.poll() is None

    client.close()


def test_a_kill_during_recovery_is_recovered_from_too(data_dir):
    with supervised(data_dir) as supervisor:
        remember_seven(supervisor)
        supervisor.kill_everything()
    with supervised(data_dir) as supervisor:
        wait_for(lambda: leftovers(cluster_of(data_dir)))
        kill_all(cluster_of(data_dir))

    with running(data_dir):
        assert remembered(data_dir) == 7


def remember_seven(supervisor):
    """Wait for the server and commit a row."""
    assert supervisor.postmaster
    with connect(supervisor.data_dir) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")


def remembers_seven(data_dir: Path) -> bool:
    """Say whether the server answers; one that has not noticed its loss yet may hang up."""
    try:
        return remembered(data_dir) == 7
    except psycopg.OperationalError:
        return False


def remembered(data_dir: Path) -> int:
    with connect(data_dir) as connection:
        [number] = connection.execute("SELECT number FROM kept").fetchone()
    return number


def busy_backend(data_dir):
    """Return a connection whose backend works for ever, and that backend's number."""
    client = connect(data_dir)
    client.pgconn.send_query(b"DO $$ BEGIN LOOP END LOOP; END $$")
    with connect(data_dir) as other:
        busy = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND pid = %s"
        wait_for(lambda: other.execute(busy, [client.info.backend_pid]).fetchone())
    return client, client.info.backend_pid


def answers(data_dir):
    try:
        connect(data_dir).close()
    except psycopg.OperationalError:
        return False
    return True
