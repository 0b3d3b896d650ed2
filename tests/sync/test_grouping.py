from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest

from appointed.sync.grouping import as_they_come


def test_every_item_comes_once_and_in_order() -> None:
    groups = list(as_they_come(iter(range(100))))

    assert [item for group in groups for item in group] == list(range(100))


def test_an_item_is_not_kept_back_until_the_next_one() -> None:
    read = Event()

    def source() -> Iterator[int]:
        yield 1
        assert read.wait(30)
        yield 2

    groups = as_they_come(source())

    first = next(groups)
    read.set()
    assert (first, list(groups)) == ([1], [[2]])


def test_what_piled_up_while_reading_comes_as_one_group() -> None:
    reading, poured = Event(), Event()

    def source() -> Iterator[int]:
        yield 1
        assert reading.wait(30)
        yield from range(2, 6)
        poured.set()

    groups = as_they_come(source())
    first = next(groups)
    reading.set()
    assert poured.wait(30)

    assert (first, next(groups)) == ([1], [2, 3, 4, 5])


def test_a_fault_of_the_source_is_raised_after_what_came_before_it() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise LookupError("gone")

    groups = as_they_come(source())

    with pytest.raises(LookupError):
        assert [item for group in groups for item in group] == [1]
