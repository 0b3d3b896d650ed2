from __future__ import annotations

from datetime import date, timedelta

from appointed.cli.demo.week import planned_day

MONDAY = date(2026, 11, 23)


def test_every_day_of_the_week_holds_something() -> None:
    days = [MONDAY + timedelta(days=number) for number in range(7)]

    counts = [sum(1 for _ in planned_day(day, people=4, clients=12)) for day in days]

    assert all(counts)
    assert 60 < sum(counts) < 130


def test_a_day_is_planned_the_same_again() -> None:
    first = list(planned_day(MONDAY, people=4, clients=12))

    assert first == list(planned_day(MONDAY, people=4, clients=12))


def test_nobody_is_at_two_places_at_once() -> None:
    planned = list(planned_day(MONDAY, people=4, clients=12))

    theirs = [(each.client, each.start) for each in planned if each.kind == "client"]

    assert len(theirs) == len(set(theirs))
