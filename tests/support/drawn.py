"""Hypothesis strategies for the values of the core."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from appointed.core.events import AllDay, Content, ShowAs, Timed, When
from appointed.core.keys import Item

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/Havana",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "UTC",
)
"""Two hemispheres, odd offsets, days that begin at one o'clock, a day that was left out."""

zones = st.sampled_from(ZONES)
instants = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 – the strategy adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001 – likewise
    timezones=st.just(UTC),
)
lengths = st.integers(min_value=0, max_value=48 * 3600).map(lambda n: timedelta(seconds=n))
days = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 1, 1))
texts = st.text(max_size=30)


@st.composite
def timed(draw: st.DrawFn) -> Timed:
    start = draw(instants)
    return Timed(start, start + draw(lengths), draw(zones))


@st.composite
def all_day(draw: st.DrawFn) -> AllDay:
    start = draw(days)
    return AllDay(start, start + timedelta(days=draw(st.integers(1, 30))))


whens: st.SearchStrategy[When] = st.one_of(timed(), all_day())
contents = st.builds(
    Content,
    when=whens,
    title=texts,
    text=texts,
    location=texts,
    url=texts,
    show_as=st.sampled_from(ShowAs),
    private=st.booleans(),
    cancelled=st.booleans(),
)
items = st.builds(
    Item,
    practitioner=st.uuids(),
    appointment=st.uuids(),
    original_start=st.none() | instants,
)
