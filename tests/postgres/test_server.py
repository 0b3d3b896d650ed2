"""What a running server offers, to whom, and how it ends."""

import os
import signal
import threading
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from appointed.postgres import (
    AlreadyRunning,
    Place,
    ServerProblem,
    connection_facts,
    running,
    start,
)
from support.supervisor import supervised

from .conftest import as_root, connect


def test_a_first_start_makes_a_database_that_a_second_start_finds_again(data_dir):
    with running(data_dir) as first, connect(data_dir) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")

    with running(data_dir) as second, connect(data_dir) as connection:
        [number] = connection.execute("SELECT number FROM kept").fetchone()

    assert number == 7
    assert first == second


def test_the_facts_are_known_before_during_and_after(data_dir):
    before = connection_facts(data_dir)

    with running(data_dir) as during:
        pass

    assert before == during == connection_facts(data_dir)


def test_the_cluster_is_checked_sorted_by_code_point_and_in_utf_8(served):
    asked = (
        "SELECT current_setting('data_checksums'), datlocprovider, datlocale, "
        "pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()"
    )

    with connect(served.facts) as connection:
        answer = connection.execute(asked).fetchone()

    assert answer == ("on", "b", "C.UTF-8", "UTF8")


def test_the_role_owns_its_database_and_nothing_else(served):
    asked = (
        "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, "
        "pg_get_userbyid(datdba) FROM pg_roles, pg_database "
        "WHERE rolname = current_user AND datname = current_database()"
    )

    with connect(served.facts) as connection:
        answer = connection.execute(asked).fetchone()

    assert answer == (False, False, False, False, False, "appointed")


@pytest.mark.parametrize("extension", ["btree_gist", "pg_trgm", "unaccent"])
def test_the_role_may_create_the_extensions_of_the_migrations(served, extension):
    with connect(served.facts) as connection:
        connection.execute(f"CREATE EXTENSION {extension}")
        found = connection.execute("SELECT extname FROM pg_extension").fetchall()

    assert (extension,) in found


def test_nothing_listens_on_the_network(served):
    inodes = _socket_inodes(served.pid)

    tables = [Path(f"/proc/net/{name}").read_text() for name in ("tcp", "tcp6")]

    listening = {line.split()[9] for table in tables for line in table.splitlines()[1:]}
    assert inodes
    assert not inodes & listening


def test_the_socket_lies_in_a_directory_closed_to_others(served):
    directory = Path(served.facts.host)

    mode = directory.stat().st_mode & 0o777

    assert mode == 0o700


def test_a_value_that_is_refused_does_not_reach_the_log(data_dir):
    with start(Place(data_dir)) as server, connect(data_dir) as connection:
        connection.execute("CREATE TABLE people (name text UNIQUE)")
        connection.execute("INSERT INTO people VALUES ('Ann Secret')")
        for statement in ("INSERT INTO people VALUES ('Ann Secret')", "SELECT 'Ann Secret'::int"):
            with pytest.raises(psycopg.Error):
                connection.execute(statement)

    log = server.cluster.parent / "postgres.log"
    assert "ready to accept connections" in log.read_text()
    assert "Secret" not in log.read_text()


def test_settings_of_the_caller_go_before_ours(data_dir):
    with running(data_dir, settings={"max_connections": "17"}), connect(data_dir) as connection:
        answer = connection.execute("SHOW max_connections").fetchone()

    assert answer == ("17",)


def test_a_setting_that_the_server_refuses_is_told_with_its_own_words(data_dir):
    with (
        pytest.raises(ServerProblem, match="max_connections"),
        running(data_dir, settings={"max_connections": "many"}),
    ):
        pass

    with running(data_dir), connect(data_dir) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_stopping_does_not_wait_for_clients(data_dir):
    with start(Place(data_dir)) as server:
        client = connect(data_dir)
        server.stop()

    assert not server.alive()
    with pytest.raises(psycopg.OperationalError):
        client.execute("SELECT 1")
    client.close()


def test_a_postmaster_that_dies_is_noticed_and_can_be_started_again(data_dir):
    with start(Place(data_dir)) as server:
        assert server.wait(0) is None
        os.kill(server.pid, signal.SIGKILL)

        assert server.wait(30) == -signal.SIGKILL
        assert not server.alive()
        server.stop()
        with running(data_dir), connect(data_dir) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_only_the_main_thread_may_start_a_server(data_dir):
    faults: list[BaseException] = []

    def begin() -> None:
        try:
            start(Place(data_dir))
        except RuntimeError as fault:
            faults.append(fault)

    thread = threading.Thread(target=begin)
    thread.start()
    thread.join()

    assert "main thread" in str(faults[0])
    with running(data_dir):
        pass


def test_another_process_connects_by_the_same_facts_while_the_server_runs(data_dir):
    with supervised(data_dir) as supervisor:
        supervisor.hear()

        with connect(data_dir) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("appointed",)

        assert supervisor.end() == 0


@as_root
def test_root_is_the_role_and_not_the_superuser(served):
    with connect(served.facts) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("appointed",)

    with pytest.raises(psycopg.OperationalError, match="Peer"):
        connect(served.facts, user="postgres", dbname="postgres")


@as_root
@pytest.mark.parametrize("role", ["appointed", "postgres"])
def test_another_user_is_refused_even_where_the_directories_are_open(data_dir, role):
    with running(data_dir) as facts:
        for path in (Path(facts.host), Path(facts.host).parent, Path(facts.host) / ".s.PGSQL.5432"):
            path.chmod(0o777)

        words = _answer_to_nobody(facts.host, role)

    assert "Peer authentication failed" in words


def test_twelve_starters_at_once_make_one_server_and_eleven_say_who_holds_it(data_dir):
    with ExitStack() as stack:
        supervisors = [stack.enter_context(supervised(data_dir)) for _ in range(12)]
        said = [supervisor.hear() for supervisor in supervisors]
        winners = [one for one in supervisors if "postmaster" in one.hear()]
        problems = [str(line["problem"]) for line in said if "problem" in line]

    assert len(winners) == 1
    assert len(problems) == 11
    assert all(f"process {winners[0].process.pid} (" in problem for problem in problems)


def test_a_start_beside_a_running_server_leaves_that_server_alone(data_dir):
    with start(Place(data_dir)) as server:
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
            start(Place(data_dir))

        assert server.alive()
        with connect(data_dir) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def _socket_inodes(process):
    links = [entry.readlink() for entry in Path(f"/proc/{process}/fd").iterdir()]
    return {str(link)[8:-1] for link in links if str(link).startswith("socket:[")}


def _answer_to_nobody(host, role):
    """Try to connect as a user whom no map names; return what the server says."""
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        try:
            psycopg.connect(host=host, user=role, dbname="appointed").close()
            words = "connected"
        except psycopg.OperationalError as fault:
            words = str(fault)
        os.write(there, words.encode())
        os._exit(0)
    os.close(there)
    with os.fdopen(here) as answer:
        words = answer.read()
    os.waitpid(child, 0)
    return words
