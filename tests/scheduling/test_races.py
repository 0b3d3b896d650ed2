"""Several at once: real threads and connections on the real database."""

from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from appointed.book.errors import Clash, Stale
from appointed.book.models import Appointment, Change, Notice, Occurrence
from appointed.book.services.answers import answer_once
from appointed.book.services.locks import Overtaken, lock_practitioners, once_more
from appointed.scheduling.appointments import cancel_appointment, change_appointment
from support.book import NINE, House, pk_of
from support.racing import all_at_once

MANY = 50
HOUR = timedelta(hours=1)


def book_or_not(house: House, start: datetime = NINE, **wish: Any) -> bool:
    try:
        house.book(start, **wish)
    except Clash as refused:
        return not refused.clashes  # who lost the race hears of what took the time
    return True


def standing() -> int:
    return Occurrence.objects.filter(active=True).count()


def test_fifty_who_book_one_time_end_with_one_appointment(open_house: House):
    booked = all_at_once(MANY, lambda _: book_or_not(open_house))

    assert (sum(booked), standing()) == (1, 1)
    assert Appointment.objects.count() == Change.objects.count() == 1


def test_a_time_that_was_knowingly_overbooked_stays_taken_for_fifty(open_house: House):
    first = open_house.book(NINE)
    open_house.book(NINE, allow_clash=True)
    cancel_appointment(actor=open_house.owner, appointment=first.id)

    booked = all_at_once(MANY, lambda _: book_or_not(open_house))

    assert (sum(booked), standing()) == (0, 1)


def test_fifty_beside_an_overbooked_half_get_the_other_half_once(open_house: House):
    first = open_house.book(NINE - HOUR / 2)
    open_house.book(NINE - HOUR / 2, allow_clash=True)
    cancel_appointment(actor=open_house.owner, appointment=first.id)
    half = NINE + HOUR / 2

    booked = all_at_once(MANY, lambda _: book_or_not(open_house, half))

    assert (sum(booked), standing()) == (1, 2)


def test_fifty_moves_onto_one_time_end_with_one_there(open_house: House):
    apart = [open_house.book(NINE + place * HOUR) for place in range(1, 21)]

    def move(number: int) -> bool:
        try:
            change_appointment(
                actor=open_house.owner,
                appointment=apart[number].id,
                changes={"start": NINE, "end": NINE + HOUR},
            )
        except Clash:
            return False
        return True

    moved = all_at_once(len(apart), move)

    assert sum(moved) == 1
    assert Occurrence.objects.filter(during__startswith=NINE).count() == 1


def test_meetings_of_the_same_people_in_any_order_never_lock_for_good(open_house: House):
    pair = [open_house.pat.id, open_house.quinn.id]

    booked = all_at_once(
        20,
        lambda number: book_or_not(
            open_house,
            kind="meeting",
            client=None,
            practitioners=pair if number % 2 else pair[::-1],
        ),
    )

    assert (sum(booked), standing()) == (1, 2)


def test_two_writers_of_one_version_end_with_one_change(open_house: House):
    booked = open_house.book()

    def rename(number: int) -> bool:
        try:
            change_appointment(
                actor=open_house.owner,
                appointment=booked.id,
                changes={"title": f"Title {number}"},
                version=1,
            )
        except Stale:
            return False
        return True

    written = all_at_once(10, rename)

    assert sum(written) == 1
    assert Appointment.objects.get().version == 2


def test_ten_who_cancel_cause_one_mail(open_house: House):
    booked = open_house.book()

    all_at_once(
        10,
        lambda _: cancel_appointment(actor=open_house.owner, appointment=booked.id, tell=True),
    )

    assert Notice.objects.filter(reason="cancelled").count() == 1
    assert Appointment.objects.get().version == 2


def test_ten_with_one_idempotency_key_get_one_resource(open_house: House):
    made = all_at_once(
        10,
        lambda _: answer_once(
            actor=open_house.owner,
            call="POST /appointments",
            key="k",
            body=b"{}",
            make=lambda: open_house.book().id,
        ),
    )

    assert len(set(made)) == Appointment.objects.count() == 1


def test_a_deadlock_is_tried_once_more(open_house: House):
    people = [pk_of(open_house.pat.id), pk_of(open_house.quinn.id)]
    tries, met = [0, 0], Barrier(2)

    def cross(number: int) -> None:
        order = people if number else people[::-1]

        def attempt() -> None:
            tries[number] += 1
            lock_practitioners(order[:1])
            if tries[number] == 1:
                met.wait(timeout=60)
            lock_practitioners(order[1:])

        once_more(attempt)

    all_at_once(2, cross)

    assert sorted(tries) == [1, 2]


def test_what_the_net_below_catches_twice_is_given_up_as_overtaken(open_house: House):
    open_house.book(NINE)
    row = Occurrence.objects.get()

    def attempt() -> None:
        Occurrence.objects.create(
            practitioner=row.practitioner, during=row.during, blocked=row.blocked
        )

    with pytest.raises(Overtaken):
        once_more(attempt)

    assert standing() == 1


@pytest.mark.django_db
def test_other_faults_are_not_tried_again():
    tries = []

    def attempt() -> None:
        tries.append(1)
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO book_change (practitioner_id) VALUES (NULL)")

    with pytest.raises(IntegrityError), transaction.atomic():
        once_more(attempt)

    assert len(tries) == 1
