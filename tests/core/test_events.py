"""Contents, their stamps and digests, and texts that every calendar can hold."""

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointed.core.events import (
    ALL_FIELDS,
    NO_EVENT,
    AllDay,
    Content,
    OwnedField,
    Timed,
    days_of,
    plain_text,
    whole_seconds,
)
from support.drawn import all_day, contents, timed, zones

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def told(content: Content, field: OwnedField) -> object:
    """Return what a field says, however its zone is named."""
    if field is not OwnedField.WHEN:
        return getattr(content, field.value)
    when = content.when
    return when.instants if isinstance(when, Timed) else when


def really_differing(one: Content, other: Content) -> set[OwnedField]:
    return {f for f in OwnedField if told(one, f) != told(other, f)}


@given(contents, contents, st.sets(st.sampled_from(OwnedField)))
def test_stamps_differ_exactly_in_the_fields_that_do(one, other, taken):
    mixed = replace(one, **{f.value: getattr(other, f.value) for f in taken})

    assert one.stamp.differing(mixed.stamp) == really_differing(one, mixed)


@given(contents, contents)
def test_digests_are_equal_exactly_where_nothing_differs(one, other):
    assert (one.digest == other.digest) is (not really_differing(one, other))
    assert one.digest == replace(one).digest


@given(contents, zones)
def test_the_name_of_a_zone_is_no_change_of_time(content, zone):
    if isinstance(content.when, Timed):
        there = ZoneInfo(zone)
        when = Timed(content.when.start.astimezone(there), content.when.end.astimezone(there), zone)
        assert replace(content, when=when).digest == content.digest


@given(contents)
def test_every_field_differs_from_no_event(content):
    assert content.stamp.differing(NO_EVENT) == ALL_FIELDS
    assert NO_EVENT.differing(content.stamp) == ALL_FIELDS
    assert content.stamp
    assert not NO_EVENT
    assert NO_EVENT.digest == ""


@given(contents, contents, contents)
def test_only_what_was_shown_to_have_arrived_is_taken(agreed, sent, shown):
    after = agreed.stamp.taking(sent.stamp, shown=shown.stamp)

    arrived = ALL_FIELDS - sent.stamp.differing(shown.stamp)
    assert after.differing(sent.stamp).isdisjoint(arrived)
    assert after.differing(agreed.stamp) <= arrived


@given(contents)
def test_a_timed_and_an_all_day_event_never_look_alike(content):
    day = date(2026, 11, 23)
    midnights = Timed(datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC), "UTC")

    one = replace(content, when=AllDay(day, day + timedelta(days=1)))
    other = replace(content, when=midnights)

    assert one.digest != other.digest


@given(timed())
def test_whole_seconds_cut_and_never_round(when):
    content = Content(replace(when, start=when.start.replace(microsecond=999_999)), "Ann")

    cut = whole_seconds(content)

    start, end = when.start.replace(microsecond=0), when.end.replace(microsecond=0)
    assert cut.when == replace(when, start=start, end=end)
    assert whole_seconds(cut) == cut


@given(all_day())
def test_days_are_counted_by_the_calendar(when):
    assert days_of(when) == (when.end - when.start).days
    assert whole_seconds(Content(when, "Ann")) == Content(when, "Ann")


@given(st.text(alphabet=st.characters()))
def test_plain_text_twice_is_as_once(text):
    once = plain_text(text)

    assert plain_text(once) == once
    assert unicodedata.normalize("NFC", once) == once
    assert not any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t" for c in once)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Ann  ", "Ann"),
        ("a \r\nb\rc\n", "a\nb\nc"),
        ("A\u0308", "Ä"),
        ("e\x00\u0301", "é"),
        ("nul\x00bell\x07", "nulbell"),
        ("tab\tstays", "tab\tstays"),
        ("half \ud83d of a pair", "half  of a pair"),
        ("👩‍⚕️ שלום", "👩‍⚕️ שלום"),
        (" \n ", ""),
    ],
)
def test_plain_text_is_what_every_calendar_can_hold(text, expected):
    assert plain_text(text) == expected
