"""The window: whole days of somebody's zone, whatever the clocks there do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appointed.core.events import AllDay, Timed
from appointed.core.windows import (
    EARLIEST,
    LATEST,
    Window,
    instants_of,
    midnight,
    window_around,
)
from support.drawn import all_day, days, instants, lengths, zones

BERLIN = "Europe/Berlin"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def window(now=NOON, zone=BERLIN, arrears=0, advance=0):
    return window_around(now, zone, days_in_arrears=arrears, days_in_advance=advance)


@given(instants, zones, st.integers(0, 400), st.integers(0, 400))
def test_today_is_always_inside_and_the_edges_are_days(now, zone, arrears, advance):
    found = window(now, zone, arrears, advance)

    today = now.astimezone(ZoneInfo(zone)).date()
    assert found.start <= now < found.end
    assert found.start == midnight(today - timedelta(days=arrears), zone)
    assert found.end == midnight(today + timedelta(days=advance + 1), zone)


@given(instants, zones)
@example(datetime(2011, 12, 30, 11, tzinfo=UTC), "Pacific/Apia")
def test_the_window_stands_still_while_the_day_lasts(now, zone):
    found = window(now, zone)

    assert window(found.start, zone) == found
    assert window(found.end - timedelta(seconds=1), zone) == found
    assert window(found.end, zone).start == found.end


@given(days, zones)
def test_a_day_begins_when_its_date_first_shows(day, zone):
    there = ZoneInfo(zone)
    first = midnight(day, zone).astimezone(there)
    before = (midnight(day, zone) - timedelta(seconds=1)).astimezone(there)

    assert before.date() < day
    assert first.date() >= day


@pytest.mark.parametrize(
    ("day", "zone", "expected"),
    [
        (date(2026, 3, 29), BERLIN, datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (date(2026, 3, 30), BERLIN, datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (date(2026, 10, 25), BERLIN, datetime(2026, 10, 24, 22, tzinfo=UTC)),
        (date(2026, 10, 26), BERLIN, datetime(2026, 10, 25, 23, tzinfo=UTC)),
        # the clocks go from midnight to one: the day begins at one
        (date(2026, 3, 8), "America/Havana", datetime(2026, 3, 8, 5, tzinfo=UTC)),
        # and from one back to midnight: the day begins at the first of the two
        (date(2026, 11, 1), "America/Havana", datetime(2026, 11, 1, 4, tzinfo=UTC)),
    ],
)
def test_midnight_where_clocks_change(day, zone, expected):
    assert midnight(day, zone) == expected


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)]
)
def test_a_day_is_as_long_as_it_is(day, hours):
    start, end = instants_of(AllDay(day, day + timedelta(days=1)), BERLIN)

    assert end - start == timedelta(hours=hours)


def test_nothing_and_nothing_is_today():
    found = window(datetime(2026, 10, 25, 12, tzinfo=UTC))

    assert found.end - found.start == timedelta(hours=25)


@given(instants, zones)
def test_no_limit_is_everything(now, zone):
    found = window(now, zone, None, None)

    assert (found.start, found.end) == (EARLIEST, LATEST)


@pytest.mark.parametrize("days_away", [40_000, 3_000_000, 10**9])
def test_a_limit_beyond_all_calendars_is_none(days_away):
    found = window(NOON, "Pacific/Auckland", days_away, 4 * days_away)

    assert found.start == EARLIEST
    assert found.end == LATEST


@given(instants, lengths, instants, lengths)
def test_what_touches_the_window_is_held(start, length, opens, width):
    found = Window(opens, opens + width + timedelta(seconds=1))
    end = start + length

    inside = any(
        found.start <= at < found.end for at in (start, end - timedelta(microseconds=1))
    ) or (start < found.start and end > found.end)

    if length:
        assert found.holds(start, end) is inside
    else:
        assert found.holds(start, start) is (found.start <= start < found.end)


def test_the_edges_belong_to_one_side_each():
    found = window()

    assert not found.holds(found.start - timedelta(hours=1), found.start)
    assert found.holds(found.start - timedelta(hours=1), found.start + timedelta(seconds=1))
    assert found.holds(found.end - timedelta(seconds=1), found.end + timedelta(hours=1))
    assert not found.holds(found.end, found.end + timedelta(hours=1))
    assert found.holds(found.start, found.start)
    assert not found.holds(found.end, found.end)


@pytest.mark.parametrize("year", [1, 1601, 4500, 9999])
def test_days_of_impossible_years_are_clipped(year):
    day = date(year, 1, 1) if year < 9000 else date(year, 12, 30)

    start, end = instants_of(AllDay(day, day + timedelta(days=1)), "Pacific/Auckland")

    assert start in {EARLIEST, LATEST}
    assert end in {EARLIEST, LATEST}


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Pacific/Honolulu"])
def test_times_of_impossible_years_are_clipped(zone):
    there = ZoneInfo(zone)
    first = Timed(datetime(1, 1, 1, tzinfo=there), datetime(1, 1, 1, 1, tzinfo=there), zone)
    last = Timed(
        datetime(9999, 12, 31, 22, tzinfo=there), datetime(9999, 12, 31, 23, tzinfo=there), zone
    )

    assert instants_of(first, zone) == (EARLIEST, EARLIEST)
    assert instants_of(last, zone) == (LATEST, LATEST)


@given(all_day(), zones)
def test_days_lie_one_after_the_other(when, zone):
    start, end = instants_of(when, zone)

    assert start < end or zone == "Pacific/Apia"
    assert (start, end) == (midnight(when.start, zone), midnight(when.end, zone))
