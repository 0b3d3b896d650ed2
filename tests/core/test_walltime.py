from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointed.core.walltime import (
    WallTime,
    in_years,
    instant_of,
    is_zone,
    next_valid,
    wall_time_of,
)

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
instants = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001 – wall time
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=0))
walls = instants.map(lambda moment: moment.replace(tzinfo=None))


def wall(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type, misc]  # noqa: DTZ001 - a wall time


@given(instants, st.sampled_from(ZONES))
def test_every_instant_comes_back_from_its_wall_time(instant: datetime, zone: str):
    assert instant_of(wall_time_of(instant, zone), zone) == instant


@given(walls, st.sampled_from(ZONES))
def test_the_next_valid_wall_time_exists_and_is_never_before(time: datetime, zone: str):
    valid = next_valid(time, zone)

    assert time <= valid <= time + timedelta(hours=1)
    assert wall_time_of(instant_of(WallTime(valid), zone), zone).time == valid


GAPS = {
    "begins": (wall(2027, 3, 28, 2, 0), "Europe/Berlin", wall(2027, 3, 28, 3, 0)),
    "inside": (wall(2027, 3, 28, 2, 59, 59), "Europe/Berlin", wall(2027, 3, 28, 3, 0)),
    "over": (wall(2027, 3, 28, 3, 0), "Europe/Berlin", wall(2027, 3, 28, 3, 0)),
    "half an hour": (wall(2027, 10, 3, 2, 15), "Australia/Lord_Howe", wall(2027, 10, 3, 2, 30)),
    "double hour": (wall(2027, 10, 31, 2, 30), "Europe/Berlin", wall(2027, 10, 31, 2, 30)),
    "plain": (wall(2027, 7, 1, 9, 0), "Europe/Berlin", wall(2027, 7, 1, 9, 0)),
}


@pytest.mark.parametrize("case", GAPS)
def test_a_skipped_time_leads_to_the_end_of_the_gap(case: str):
    time, zone, valid = GAPS[case]

    assert next_valid(time, zone) == valid


def test_in_a_gap_the_offset_before_it_counts():
    assert instant_of(WallTime(wall(2027, 3, 28, 2, 30)), "Europe/Berlin") == datetime(
        2027, 3, 28, 1, 30, tzinfo=UTC
    )


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "europe/berlin", "../etc/passwd", "Europe"])
def test_what_is_no_zone_is_known_as_none(name: str):
    assert not is_zone(name)


@pytest.mark.parametrize(
    ("year", "kept"), [(1969, False), (1970, True), (2200, True), (2201, False)]
)
def test_the_years_of_the_book(year: int, *, kept: bool):
    assert in_years(datetime(year, 6, 1, tzinfo=UTC)) is kept
