"""What a wake-up may do: be lost, come twice, come too early. What it may not: lose a change."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from appointed.book.models import Appointment, Change
from appointed.sync.models import Account
from appointed.sync.wakeups import Urgency, wake_account
from appointed.worker.dispatcher import Dispatcher
from support.book import NINE, House
from support.queue import (
    connected_account,
    empty_queue,
    finish_job,
    jobs,
    own_connection,
    start_job,
)
from support.supervisor import wait_for


@pytest.fixture
def account(open_house: House) -> Account:
    empty_queue()
    return connected_account(open_house)


@pytest.fixture
def dispatcher() -> Iterator[Dispatcher]:
    running = Dispatcher()
    yield running
    running.close()


def test_a_booking_wakes_the_account_once_it_is_committed(open_house: House, account: Account):
    with transaction.atomic():
        open_house.book()
        before = jobs()

    assert (before, jobs()) == ([], [account.pk])


@pytest.mark.usefixtures("account")
def test_a_booking_that_is_rolled_back_wakes_nobody(open_house: House):
    with transaction.atomic():
        open_house.book()
        transaction.set_rollback(True)

    assert (jobs(), Change.objects.count()) == ([], 0)


def test_many_changes_are_one_wake_up(open_house: House, account: Account):
    for hour in range(5):
        open_house.book(NINE.replace(hour=9 + hour))

    assert (jobs(), Change.objects.count()) == ([account.pk], 5)


def test_a_change_committed_after_the_waiting_job_ran_brings_another(
    open_house: House, account: Account
):
    wake_account(account.pk, Urgency.POLL)
    with transaction.atomic():
        open_house.book()
        finish_job(start_job())  # it saw nothing of the change

    assert (jobs(), Change.objects.count()) == ([account.pk], 1)


def test_a_change_during_a_run_brings_another(open_house: House, account: Account):
    wake_account(account.pk, Urgency.POLL)
    start_job()

    open_house.book()

    assert (jobs("doing"), jobs()) == ([account.pk], [account.pk])


def test_a_waiting_wake_up_does_not_swallow_the_commit(open_house: House, account: Account):
    wake_account(account.pk, Urgency.POLL)

    with transaction.atomic():
        open_house.book()

    assert Appointment.objects.count() == 1
    assert jobs() == [account.pk]


def test_a_broken_queue_does_not_swallow_the_commit(
    open_house: House, account: Account, dispatcher: Dispatcher
):
    with connection.cursor() as cursor:
        cursor.execute("ALTER FUNCTION procrastinate_defer_jobs_v1 RENAME TO away")
    try:
        with transaction.atomic():
            open_house.book()
        assert (Appointment.objects.count(), jobs()) == (1, [])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER FUNCTION away RENAME TO procrastinate_defer_jobs_v1")

    dispatcher.dispatch()
    assert jobs() == [account.pk]


def test_the_dispatcher_brings_a_lost_wake_up(
    open_house: House, account: Account, dispatcher: Dispatcher
):
    open_house.book()
    empty_queue()

    dispatcher.dispatch()

    assert jobs() == [account.pk]


def test_the_dispatcher_drops_what_no_calendar_wants(open_house: House, dispatcher: Dispatcher):
    open_house.book()

    dispatcher.dispatch()

    assert Change.objects.count() == 0


def test_of_two_dispatchers_one_is_at_it(account: Account, dispatcher: Dispatcher):
    dispatcher.dispatch()
    empty_queue()
    Account.objects.update(dirty=True)
    second = Dispatcher()

    second.dispatch()
    while_first_leads = jobs()
    dispatcher.close()
    wait_for(lambda: second.dispatch() or jobs())  # the server ends a session in its own time

    second.close()
    assert (while_first_leads, jobs()) == ([], [account.pk])


@pytest.mark.usefixtures("account")
def test_a_dispatcher_whose_session_was_lost_leads_no_more(dispatcher: Dispatcher):
    dispatcher.dispatch()
    with own_connection() as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    second = Dispatcher()
    second.dispatch()
    empty_queue()
    Account.objects.update(dirty=True)

    dispatcher.dispatch()
    dispatcher.dispatch()

    assert jobs() == []
    second.close()


WAITING = {
    "paused": {"sync_on": False},
    "first plan": {"first_plan_seen": False},
    "many creates": {"waits_for": "many_creates"},
    "manual": {"settings": {"push": {"enabled": True, "mode": "manual"}}},
    "push is off": {"settings": {"push": {"enabled": False, "mode": "automatic"}}},
}


@pytest.mark.parametrize("waiting", WAITING.values(), ids=WAITING)
def test_changes_that_wait_for_a_person_wake_nobody(
    waiting, open_house: House, account: Account, dispatcher: Dispatcher
):
    account.connections.update(**waiting)
    open_house.book()
    empty_queue()

    dispatcher.dispatch()

    assert (jobs(), Change.objects.count()) == ([], 1)
