"""The version that keeps windows in agreement, and what the streams cost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from django.db import connection, transaction

from appointed.book.access import Role
from appointed.book.services.clients import create_client
from appointed.web.live import version_stream
from appointed.web.versions import GATHER, practice_version
from support.book import NINE, House, make_house
from web.conftest import Entered


def version(house: House) -> int:
    return practice_version(house.practice.pk)


def test_the_version_moves_with_a_change_and_for_this_practice_only(open_house: House) -> None:
    other = make_house("South")
    before, theirs = version(open_house), version(other)

    open_house.book(NINE)

    assert version(open_house) > before
    assert version(other) == theirs


def test_a_change_that_is_taken_back_moves_nothing(open_house: House) -> None:
    before = version(open_house)

    with transaction.atomic():
        create_client(actor=open_house.owner, fields={"name": "Cy"})
        transaction.set_rollback(True)

    assert version(open_house) == before


def test_a_transaction_that_commits_late_still_moves_the_version(open_house: House) -> None:
    began, finish = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            create_client(actor=open_house.owner, fields={"name": "Slow"})
            began.set()
            finish.wait(20)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    began.wait(20)
    create_client(actor=open_house.owner, fields={"name": "Fast"})
    between = version(open_house)
    finish.set()
    thread.join()

    assert version(open_house) > between


def test_gathering_the_signals_keeps_the_version(open_house: House) -> None:
    for number in range(3):
        open_house.book(NINE + timedelta(hours=2 * number))
    before = version(open_house)

    with connection.cursor() as cursor:
        cursor.execute(GATHER, [open_house.practice.pk, open_house.practice.pk])
        cursor.execute(
            "SELECT count(*) FROM web_signal WHERE practice_id = %s", [open_house.practice.pk]
        )
        [rows] = cursor.fetchone()

    assert (version(open_house), rows) == (before, 1)


@pytest.mark.django_db(transaction=True)
def test_a_stream_tells_what_changed_before_and_after_it_opened(open_house: House) -> None:
    known = version(open_house)
    open_house.book(NINE)

    async def heard() -> list[bytes]:
        stream = version_stream(open_house.practice.pk, known=known)
        told = [await _event(stream)]
        await asyncio.to_thread(_book_in_thread, open_house)
        told.append(await _event(stream))
        await stream.aclose()
        return told

    first, second = asyncio.run(heard())

    now = version(open_house)
    assert known < _number(first) < _number(second) == now
    assert second == f"id: {now}\ndata: {now}\n\n".encode()


def test_a_poll_tells_the_version(enter: Entered, house: House) -> None:
    answer = enter(Role.READ_ONLY).get("/live", headers={"Accept": "application/json"})

    assert answer.json() == {"version": version(house)}


def _number(event: bytes) -> int:
    return int(event.split()[1])


async def _event(stream: AsyncIterator[bytes]) -> bytes:
    async with asyncio.timeout(20):
        async for chunk in stream:
            if chunk.startswith(b"id:"):
                return chunk
    raise AssertionError("the stream ended")


def _book_in_thread(house: House) -> None:
    house.book(NINE + timedelta(hours=4))
    connection.close()
