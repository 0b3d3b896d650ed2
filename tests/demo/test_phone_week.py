from __future__ import annotations

from datetime import date, datetime, timedelta

from appointed_standins.phone.caldav import CalDavAccount, RemoteCalendar
from appointed_standins.phone.events import Entry
from appointed_standins.phone.week import Day, look_at_week
from demo.conftest import ZONE, put

MONDAY = date(2026, 11, 23)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 23 + day, hour, minute, tzinfo=ZONE)


def lasting(title: str, start: datetime, minutes: int, *, repeats: str = "") -> Entry:
    return Entry(title, start, start + timedelta(minutes=minutes), repeats=repeats)


def days_of(account: CalDavAccount) -> tuple[Day, ...]:
    return look_at_week(account, MONDAY, today=MONDAY, zone=ZONE).days


def test_events_that_overlap_stand_side_by_side(
    account: CalDavAccount, private: RemoteCalendar
) -> None:
    put(account, private, lasting("Ann", at(0, 9), 60), uid="ann")
    put(account, private, lasting("Bob", at(0, 9, 30), 60), uid="bob")
    put(account, private, lasting("Cy", at(0, 10, 30), 30), uid="cy")

    timed = days_of(account)[0].timed

    assert [(each.entry.title, each.lane, each.lanes) for each in timed] == [
        ("Ann", 0, 2),
        ("Bob", 1, 2),
        ("Cy", 0, 1),
    ]


def test_an_event_over_midnight_stands_on_both_days(
    account: CalDavAccount, private: RemoteCalendar
) -> None:
    put(account, private, lasting("Night shift", at(0, 22), 8 * 60), uid="night")

    days = days_of(account)

    assert [(each.first, each.last) for each in days[0].timed] == [(22 * 60, 24 * 60)]
    assert [(each.first, each.last) for each in days[1].timed] == [(0, 6 * 60)]
    assert days[2].count == 0


def test_a_series_is_shown_each_time(account: CalDavAccount, private: RemoteCalendar) -> None:
    put(account, private, lasting("Choir", at(-7, 18), 90, repeats="DAILY"), uid="choir")

    days = days_of(account)

    assert [day.count for day in days] == [1] * 7


def test_a_rule_without_end_and_measure_stops_somewhere(
    account: CalDavAccount, private: RemoteCalendar
) -> None:
    put(account, private, lasting("Pulse", at(6, 23), 1, repeats="MINUTELY"), uid="pulse")

    assert days_of(account)[6].count == 60


def test_hours_outside_of_the_usual_ones_are_shown_when_needed(
    account: CalDavAccount, private: RemoteCalendar
) -> None:
    put(account, private, lasting("Early run", at(2, 5, 30), 30), uid="run")

    week = look_at_week(account, MONDAY, today=MONDAY, zone=ZONE)

    assert (week.from_hour, week.to_hour) == (5, 19)
