"""What a killed worker leaves: its job is failed, its lease ends, its account is woken."""

import pytest
from django.db import connection

from appointed.sync.lease import take_lease
from appointed.sync.models import Account
from appointed.sync.queue import (
    delete_finished_jobs,
    free_work_of_the_dead,
    presume_workers_dead,
)
from appointed.sync.selectors_health import look_at_health, worker_is_missing
from appointed.sync.wakeups import Urgency, wake_account
from support.book import House
from support.queue import connected_account, empty_queue, finish_job, jobs, start_job

LONG_AGO = 3600.0


@pytest.fixture
def account(open_house: House) -> Account:
    empty_queue()
    made = connected_account(open_house)
    wake_account(made.pk, Urgency.CHANGE)
    return made


def test_a_dead_worker_s_job_is_given_to_another(account: Account):
    start_job(silent_for=LONG_AGO)

    freed = free_work_of_the_dead()

    assert (freed, jobs("failed"), jobs()) == (1, [account.pk], [account.pk])


def test_a_living_worker_keeps_its_job(account: Account):
    start_job()

    freed = free_work_of_the_dead()

    assert (freed, jobs("doing")) == (0, [account.pk])


def test_a_dead_worker_s_lease_ends_and_its_results_are_refused(account: Account):
    start_job(silent_for=LONG_AGO)
    lease = take_lease(account.pk)

    free_work_of_the_dead()

    assert not lease.still_held()
    assert take_lease(account.pk) is not None


def test_a_lease_that_somebody_living_has_since_stays(account: Account):
    start_job(silent_for=LONG_AGO)
    wake_account(account.pk, Urgency.CHANGE)
    start_job()
    lease = take_lease(account.pk)

    free_work_of_the_dead()

    assert lease.still_held()


def test_a_wake_up_that_waits_already_is_enough(account: Account):
    start_job(silent_for=LONG_AGO)
    wake_account(account.pk, Urgency.CHANGE)

    free_work_of_the_dead()

    assert jobs() == [account.pk]


@pytest.mark.usefixtures("account")
def test_freeing_twice_changes_nothing_more():
    start_job(silent_for=LONG_AGO)
    free_work_of_the_dead()

    assert free_work_of_the_dead() == 0


def test_where_nobody_can_be_alive_everything_is_free_at_once(account: Account):
    start_job()

    presume_workers_dead()
    freed = free_work_of_the_dead()

    assert (freed, jobs()) == (1, [account.pk])


def test_finished_jobs_go_after_their_term(account: Account):
    finish_job(start_job())
    wake_account(account.pk, Urgency.CHANGE)
    start_job(silent_for=LONG_AGO)
    free_work_of_the_dead()
    young = delete_finished_jobs()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = at - interval '8 days'")

    old = delete_finished_jobs()

    assert (young, old, jobs()) == (0, 1, [account.pk])


@pytest.mark.usefixtures("account")
def test_health_misses_a_worker_that_is_silent():
    start_job(silent_for=LONG_AGO)

    assert look_at_health().missing == ("worker",)


def test_health_counts_workers_and_what_waits(account: Account):
    start_job()
    wake_account(account.pk, Urgency.CHANGE)

    health = look_at_health()

    assert (health.missing, health.numbers["wake_ups_waiting", ""]) == ((), 1)


@pytest.mark.usefixtures("account")
def test_pages_learn_whether_a_worker_is_missing():
    before = worker_is_missing()
    start_job()

    assert (before, worker_is_missing()) == (True, False)
