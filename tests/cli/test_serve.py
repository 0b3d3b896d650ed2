"""`appointed serve` as a person runs it: real processes, a real database."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.caldav_servers import free_port
from support.commands import COMMAND, Serving, environment_of, lives, run_command, serving
from support.database import temporary_data_dir
from support.programs import answers
from support.supervisor import wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served() -> Iterator[Serving]:
    with temporary_data_dir() as data_dir, serving(data_dir) as running:
        running.wait_until_ready()
        yield running


def test_a_fresh_installation_says_the_set_up_code(served: Serving):
    line = served.process.stdout.readline()

    [code] = re.findall(r"Set-up code .*: ([A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4})$", line)
    assert run_command(served.data_dir, "setup-code").stdout == f"{code}\n"


def test_commands_work_while_it_serves(served: Serving):
    owner = ("create-owner", "--email", "olga@example.org", "--practice", "North")
    made = run_command(served.data_dir, *owner, "--password-stdin", entered="long enough phrase\n")
    key = run_command(served.data_dir, "api-key", "create", "--name", "script")

    assert (made.returncode, made.stdout, made.stderr) == (0, "", "")
    assert re.fullmatch(r"ap_[\w-]{40,}\n", key.stdout)


def test_an_owner_without_a_password_gets_a_link(served: Serving):
    made = run_command(
        served.data_dir, "create-owner", "--email", "pat@example.org", "--practice", "South"
    )

    path = made.stdout.removeprefix("http://127.0.0.1:8000").strip()
    status, page = served.get(path)
    assert (status, "password" in page.lower()) == (200, True)


def test_migrating_again_changes_nothing(served: Serving):
    done = run_command(served.data_dir, "migrate")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_probes_and_numbers_answer(served: Serving):
    assert served.get("/healthz") == (200, "up\n")
    assert "appointed_workers 1\n" in served.get("/metrics")[1]


def test_a_killed_web_is_started_again_and_nobody_is_turned_away(served: Serving):
    before = served.web
    os.kill(before, signal.SIGKILL)

    status, _ = served.get("/healthz")

    assert status == 200
    assert served.web != before


def test_a_killed_worker_is_started_again(served: Serving):
    before = served.worker
    os.kill(before, signal.SIGKILL)

    wait_for(lambda: served.worker != before)
    served.wait_until_ready()


def test_a_second_one_names_the_first(served: Serving):
    second = run_command(served.data_dir, "serve", "--port", "0")

    assert second.returncode == 1
    assert f"process {served.process.pid}" in second.stderr
    assert second.stderr.count("\n") == 1


def test_the_database_is_started_again_when_it_dies(data_dir: Path):
    with serving(data_dir) as running:
        running.wait_until_ready()
        before = running.postmaster
        os.kill(before, signal.SIGKILL)

        wait_for(lambda: running.postmaster != before, seconds=60)
        running.wait_until_ready()


def test_a_dead_worker_shows(data_dir: Path):
    with serving(data_dir) as running:
        running.wait_until_ready()
        worker = running.worker
        os.kill(worker, signal.SIGSTOP)  # so that it is not started again

        wait_for(lambda: running.missing() == ["worker"], seconds=60)
        os.kill(worker, signal.SIGKILL)


def test_asked_to_end_it_leaves_nothing_behind(data_dir: Path):
    with serving(data_dir) as running:
        running.wait_until_ready()
        numbers = [running.web, running.worker, running.postmaster]

        status = running.stop()

    assert status == 0
    assert not [number for number in numbers if lives(number)]


def test_killed_it_leaves_nothing_behind(data_dir: Path):
    with serving(data_dir) as running:
        running.wait_until_ready()
        numbers = [running.web, running.worker, running.postmaster]

        running.process.kill()

        wait_for(lambda: not any(lives(number) for number in numbers), seconds=60)


def test_of_twelve_at_once_one_serves(data_dir: Path):
    def start(_: int) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603 - our own command
            [*COMMAND, "serve", "--port", "0"],
            env=environment_of(data_dir),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    with ThreadPoolExecutor(12) as pool:
        started = list(pool.map(start, range(12)))
        wait_for(lambda: sum(one.poll() is None for one in started) == 1, seconds=120)
    [winner] = [one for one in started if one.poll() is None]
    losers = [(one.wait(), one.communicate()[1]) for one in started if one is not winner]
    greeting = winner.stdout.readline()
    winner.terminate()
    winner.communicate(timeout=60)

    assert greeting.startswith("Appointed answers at ")
    assert {status for status, _ in losers} == {1}
    assert all("already in use by" in said and said.count("\n") == 1 for _, said in losers)


def test_a_port_in_use_is_named(data_dir: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        refused = run_command(data_dir, "serve", "--port", port)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"127.0.0.1:{port} cannot be listened on" in refused.stderr


def test_more_halves_may_run_beside_it_and_end_when_asked(served: Serving):
    port = free_port()
    halves = [
        subprocess.Popen([*COMMAND, *words], env=environment_of(served.data_dir))  # noqa: S603 - our own command
        for words in (("worker",), ("web", "--port", str(port)))
    ]
    second = Serving(halves[1], served.data_dir, f"http://127.0.0.1:{port}", [])  # type: ignore[arg-type]  # nobody reads its output
    wait_for(lambda: answers(port), seconds=120)
    wait_for(lambda: "appointed_workers 2\n" in second.get("/metrics")[1], seconds=120)

    for half in halves:
        half.terminate()

    assert [half.wait(60) for half in halves] == [0, 0]
