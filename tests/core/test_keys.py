"""A key is derived from what it stands for, and from nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointed.core.keys import KEY_LENGTH, Item, derive_key
from support.drawn import items, zones

ALPHABET = set("0123456789abcdefghijklmnopqrstuv")
generations = st.integers(min_value=1, max_value=50)
salts = st.integers(min_value=0, max_value=9)
parts = st.tuples(st.uuids(), items, generations, salts)


@given(parts)
def test_a_key_is_a_google_id_a_file_name_and_always_the_same(drawn):
    key = derive_key(*drawn)

    assert len(key) == KEY_LENGTH
    assert set(key) <= ALPHABET
    assert key == derive_key(*drawn)


@given(parts, parts)
def test_keys_are_equal_where_everything_they_stand_for_is(one, other):
    assert (derive_key(*one) == derive_key(*other)) is (one == other)


@given(st.uuids(), items, generations, salts)
def test_each_part_changes_the_key(installation, item, generation, salt):
    keys = {
        derive_key(installation, item, generation, salt),
        derive_key(installation, item, generation + 1, salt),
        derive_key(installation, item, generation, salt + 1),
        derive_key(
            installation,
            replace(item, appointment=UUID(int=item.appointment.int ^ 1)),
            generation,
            salt,
        ),
        derive_key(
            installation,
            replace(item, practitioner=UUID(int=item.practitioner.int ^ 1)),
            generation,
            salt,
        ),
        derive_key(UUID(int=installation.int ^ 1), item, generation, salt),
    }

    assert len(keys) == 6


@given(items, zones)
def test_the_zone_in_which_a_start_is_told_does_not_matter(item, zone):
    told = item.original_start
    elsewhere = replace(item, original_start=told and told.astimezone(ZoneInfo(zone)))

    assert derive_key(UUID(int=1), item, 1) == derive_key(UUID(int=1), elsewhere, 1)


def test_both_hours_of_an_autumn_night_have_keys_of_their_own():
    night = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    first, second = (
        derive_key(UUID(int=1), Item(UUID(int=2), UUID(int=3), night.replace(fold=fold)), 1)
        for fold in (0, 1)
    )

    assert first != second


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (None, "8935m05chv8ug3ehcfpcra34noa38gh1"),
        (datetime(2026, 11, 23, 9, tzinfo=UTC), "a1317mitpvi8nvjon23fis002n91vbl2"),
    ],
)
def test_a_key_never_changes_between_releases(start, expected):
    item = Item(UUID(int=2), UUID(int=3), start)

    assert derive_key(UUID(int=1), item, 4, 5) == expected


def test_an_original_start_is_told_to_the_second():
    start = datetime(2026, 11, 23, 9, tzinfo=UTC)
    one, other = (Item(UUID(int=2), UUID(int=3), start + timedelta(seconds=n)) for n in (0, 1))

    assert derive_key(UUID(int=1), one, 1) != derive_key(UUID(int=1), other, 1)
