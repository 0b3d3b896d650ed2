from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from appointed.core.clashes import Source, Taken, Wanted, find_clashes, want

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
minutes = st.integers(0, 600)


def at(minute: int) -> datetime:
    return NINE + timedelta(minutes=minute)


def taken(start: int, end: int, practitioner: int = 1) -> Taken:
    return Taken(practitioner, at(start), at(end), Source.BOOK, at(start), at(end))


def wanted(start: int, end: int, practitioner: int = 1, **buffers: int) -> Wanted:
    return want(practitioner, at(start), end=at(end), **buffers)


TABLE = {
    #                       wanted                               taken                clash
    "apart": (wanted(0, 60), taken(90, 120), False),
    "touching": (wanted(0, 60), taken(60, 120), False),
    "overlapping": (wanted(0, 60), taken(59, 120), True),
    "inside": (wanted(0, 60), taken(10, 20), True),
    "somebody else's": (wanted(0, 60), taken(0, 60, practitioner=2), False),
    "within the buffer after": (wanted(0, 60, buffer_after=15), taken(60, 120), True),
    "within the buffer before": (wanted(60, 90, buffer_before=1), taken(0, 60), True),
    "beside the buffer": (wanted(0, 60, buffer_after=15), taken(75, 120), False),
    "without length": (wanted(0, 60), taken(30, 30), False),
}


def test_what_overlaps_clashes_and_nothing_else():
    found = {name: bool(find_clashes([w], [t])) for name, (w, t, _) in TABLE.items()}

    assert found == {name: clash for name, (_, _, clash) in TABLE.items()}


@given(st.tuples(minutes, minutes), st.tuples(minutes, minutes))
def test_two_times_clash_either_way_round(one: tuple[int, int], other: tuple[int, int]):
    (a, b), (c, d) = sorted(one), sorted(other)

    assert bool(find_clashes([wanted(a, b)], [taken(c, d)])) == bool(
        find_clashes([wanted(c, d)], [taken(a, b)])
    )


def test_clashes_come_by_start_and_each_once():
    both = [wanted(0, 60), wanted(0, 60)]

    found = find_clashes(both, [taken(30, 40), taken(10, 20)])

    assert [clash.start for clash in found] == [at(10), at(30)]
