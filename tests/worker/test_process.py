"""The worker as a process of its own, ended in friendly and unfriendly ways."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from appointed.book.models import Notice
from appointed.sync.models import Account
from appointed.sync.queue import presume_workers_dead
from appointed.sync.selectors_health import look_at_health
from appointed.sync.wakeups import Urgency, wake_account
from support.book import NINE, House
from support.commands import environment_of
from support.mail_sink import MailSink, mail_sink
from support.queue import connected_account, empty_queue, jobs
from support.supervisor import wait_for as wait_long_for

pytestmark = pytest.mark.slow


@pytest.fixture
def silent_server() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


@pytest.fixture
def account(open_house: House, silent_server: str) -> Account:
    empty_queue()
    return connected_account(open_house, silent_server)


@contextmanager
def working(email_url: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker over the test's database for the block."""
    facts = connection.get_connection_params()
    user, name, host = (quote(str(facts[part]), safe="") for part in ("user", "dbname", "host"))
    chosen = {
        "APPOINTED_DATABASE_URL": f"postgresql://{user}@/{name}?host={host}",
        "APPOINTED_ALLOWED_PRIVATE_HOSTS": "127.0.0.1",
        "APPOINTED_EMAIL_URL": email_url,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "appointed.worker"],
        env=environment_of(settings.APPOINTED_DATA_DIR, **chosen),
        stdin=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], object], *, seconds: float = 120) -> None:
    """Wait as long as a busy machine needs to start a program."""
    wait_long_for(condition, seconds=seconds)


def sessions() -> set[int]:
    """Return the server's processes that serve this database's clients."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return {pid for (pid,) in cursor.fetchall()}


def alive() -> int:
    return look_at_health().numbers.get(("workers", ""), 0)


@pytest.mark.usefixtures("account")
def test_a_worker_shows_that_it_lives_and_says_goodbye():
    with working() as worker:
        wait_for(lambda: alive() == 1)

        worker.send_signal(signal.SIGTERM)

        assert worker.wait(30) == 0
    assert alive() == 0


def test_a_worker_takes_wake_ups(account: Account):
    with working():
        wake_account(account.pk, Urgency.PERSON)

        wait_for(lambda: jobs("doing") == [account.pk])


def test_a_worker_that_was_asked_to_end_does_not_wait_for_ever(account: Account):
    with working() as worker:
        wake_account(account.pk, Urgency.PERSON)
        wait_for(lambda: jobs("doing") == [account.pk])

        worker.send_signal(signal.SIGTERM)

        worker.wait(40)


def test_a_killed_worker_s_account_is_looked_at_by_another_within_a_minute(account: Account):
    with working() as first:
        wake_account(account.pk, Urgency.PERSON)
        wait_for(lambda: jobs("doing") == [account.pk])
        os.kill(first.pid, signal.SIGKILL)

    with working():
        wait_for(lambda: jobs("failed") == [account.pk], seconds=60)
        wait_for(lambda: jobs("doing") == [account.pk], seconds=60)


@pytest.mark.usefixtures("account")
def test_a_worker_survives_the_loss_of_its_connections():
    ours = sessions()
    with working() as worker:
        wait_for(lambda: alive() == 1)
        with connection.cursor() as cursor:
            for session in sessions() - ours:
                cursor.execute("SELECT pg_terminate_backend(%s)", [session])
        presume_workers_dead()

        wait_for(lambda: alive() == 1)

        assert worker.poll() is None


def test_a_worker_sends_what_is_due(open_house: House):
    with mail_sink() as sink, working(sink.url):
        open_house.book(tell=True)

        wait_for(lambda: Notice.objects.get().state == Notice.State.SENT)

        assert len(sink.mails) == 1


def test_a_worker_killed_while_it_sends_causes_no_second_mail(open_house: House):
    taken: list[int] = []
    sink = MailSink(on_text=lambda: os.kill(taken[0], signal.SIGKILL))
    with mail_sink(sink), working(sink.url) as first:
        taken.append(first.pid)
        open_house.book(tell=True)
        first.wait(120)
    sink.on_text = lambda: None

    with mail_sink() as second, working(second.url):
        wait_for(lambda: alive() == 1)
        open_house.book(NINE + timedelta(days=1), tell=True)
        wait_for(lambda: Notice.objects.filter(state=Notice.State.SENT).exists())

    assert (len(sink.mails), len(second.mails)) == (1, 1)
    assert Notice.objects.filter(state=Notice.State.SENDING).count() == 1
