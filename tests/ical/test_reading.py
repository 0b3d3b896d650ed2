"""Foreign events are read leniently, and never harm the reader."""

import contextlib
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appointed.core.events import AllDay, ShowAs
from appointed.core.windows import Window
from appointed.ical.reading import NoEvent, Unreadable, read_event

WINDOW = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), "Europe/Berlin")
DAY = timedelta(days=1)


def event(*lines, calendar=()):
    text = ("BEGIN:VCALENDAR", "VERSION:2.0", *calendar, "BEGIN:VEVENT", "UID:1", *lines)
    return "\r\n".join((*text, "END:VEVENT", "END:VCALENDAR", "")).encode()


def read(*lines, calendar=()):
    return read_event(event(*lines, calendar=calendar), window=WINDOW)


def starts(reading):
    return [span.start for span in reading.spans]


BERLIN_10 = datetime(2026, 6, 1, 8, tzinfo=UTC)
OWN_RULES = (
    "BEGIN:VTIMEZONE",
    "TZID:Office",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0200",
    "END:STANDARD",
    "END:VTIMEZONE",
)
ZONES = {
    "plain": ("DTSTART;TZID=Europe/Berlin:20260601T100000", ()),
    "utc": ("DTSTART:20260601T080000Z", ()),
    "windows": ("DTSTART;TZID=W. Europe Standard Time:20260601T100000", ()),
    "quoted": ('DTSTART;TZID="Europe/Berlin":20260601T100000', ()),
    "path": ("DTSTART;TZID=/citadel.org/20211207_1/Europe/Berlin:20260601T100000", ()),
    "own rules": ("DTSTART;TZID=Office:20260601T100000", OWN_RULES),
    "floating": ("DTSTART:20260601T100000", ()),
    "unknown": ("DTSTART;TZID=Nowhere:20260601T100000", ()),
}


@pytest.mark.parametrize("case", ZONES)
def test_a_zone_is_found_whatever_it_is_called(case):
    line, calendar = ZONES[case]

    reading = read(line, calendar=calendar)

    assert starts(reading) == [BERLIN_10]


def test_one_text_s_rules_do_not_reach_another():
    first = read("DTSTART;TZID=Office:20260601T100000", calendar=OWN_RULES)
    other = tuple(line.replace("+0200", "-0500") for line in OWN_RULES)

    second = read("DTSTART;TZID=Office:20260601T100000", calendar=other)

    assert starts(second) == [starts(first)[0] + timedelta(hours=7)]


LENGTHS = {
    "end": ("DTEND:20260601T090000Z", timedelta(hours=1)),
    "duration": ("DURATION:PT30M", timedelta(minutes=30)),
    "none": ("SUMMARY:x", timedelta(0)),
    "inverted": ("DTEND:20260601T070000Z", timedelta(0)),
    "another kind": ("DTEND;VALUE=DATE:20260602", timedelta(0)),
}


@pytest.mark.parametrize("case", LENGTHS)
def test_a_length_is_never_negative(case):
    line, length = LENGTHS[case]

    [span] = read("DTSTART:20260601T080000Z", line).spans

    assert span.end - span.start == length


def test_days_are_days():
    reading = read("DTSTART;VALUE=DATE:20260601", "DTEND;VALUE=DATE:20260603")

    assert reading.content.when == AllDay(date(2026, 6, 1), date(2026, 6, 3))
    [span] = reading.spans
    assert span.days == (date(2026, 6, 1), date(2026, 6, 3))
    assert span.start == datetime(2026, 5, 31, 22, tzinfo=UTC)


SHOWN = {
    "plain": ((), ShowAs.BUSY),
    "free": (("TRANSP:TRANSPARENT",), ShowAs.FREE),
    "tentative": (("STATUS:TENTATIVE",), ShowAs.TENTATIVE),
    "cancelled": (("STATUS:CANCELLED",), ShowAs.FREE),
    "out of office": (("X-MICROSOFT-CDO-BUSYSTATUS:OOF",), ShowAs.OUT_OF_OFFICE),
    "elsewhere": (("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",), ShowAs.WORKING_ELSEWHERE),
    "nonsense": (("STATUS:PERHAPS", "TRANSP:"), ShowAs.BUSY),
}


@pytest.mark.parametrize("case", SHOWN)
def test_what_an_event_shows(case):
    lines, shown = SHOWN[case]

    reading = read("DTSTART:20260601T080000Z", "DURATION:PT1H", *lines)

    assert reading.show_as is shown


def test_lines_that_stand_twice_do_no_harm():
    reading = read(
        "DTSTAMP:20260101T000000Z",
        "DTSTAMP:nonsense",
        "DTSTART:20260601T080000Z",
        "DTSTART:20260601T090000Z",
        "SUMMARY:one",
        "SUMMARY:two",
        "not a line",
    )

    assert starts(reading) == [BERLIN_10]
    assert reading.content.title == "one"


def test_an_event_outside_the_window_takes_no_time_in_it():
    reading = read("DTSTART:20250601T080000Z", "DURATION:PT1H")

    assert reading.spans == ()


def test_a_task_is_no_event():
    with pytest.raises(NoEvent):
        read_event(
            b"BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nUID:1\r\nEND:VTODO\r\nEND:VCALENDAR\r\n",
            window=WINDOW,
        )


DEEP = "BEGIN:VEVENT\r\n" * 4000
BROKEN = {
    "nothing": b"",
    "a web page": b"<html><body>Welcome</body></html>",
    "no start": event("SUMMARY:x"),
    "a start that is none": event("DTSTART:tomorrow"),
    "nested": f"BEGIN:VCALENDAR\r\n{DEEP}".encode(),
    "huge": event("DTSTART:20260601T080000Z", "X:" + "x" * 1_100_000),
    "year 1": event("DTSTART:00010101T000000Z"),
    "year 9999": event("DTSTART:99991231T235959Z", "DURATION:P9000D"),
    "cut": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTA",
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_text_is_told_as_such(case):
    with pytest.raises(Unreadable):
        read_event(BROKEN[case], window=WINDOW)


@given(st.binary(max_size=300), st.integers(0, 400))
@settings(deadline=None)
def test_no_text_makes_reading_fail_in_another_way(noise, place):
    whole = event("DTSTART:20260601T080000Z", "RRULE:FREQ=WEEKLY;COUNT=3", "SUMMARY:x")
    text = whole[:place] + noise + whole[place:]

    with contextlib.suppress(Unreadable):
        read_event(text, window=WINDOW)


# ── series ───────────────────────────────────────────────────────────────────────────────

START = "DTSTART;TZID=Europe/Berlin:20260601T100000"


def test_a_series_takes_each_of_its_times_across_the_clock_change():
    reading = read(
        "DTSTART;TZID=Europe/Berlin:20260320T100000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3"
    )

    assert [s.hour for s in starts(reading)] == [9, 9, 8]
    assert reading.recurring
    assert reading.readable


def test_excluded_moved_cancelled_and_free_occurrences_take_no_time_of_their_own():
    override = (
        "END:VEVENT", "BEGIN:VEVENT", "UID:1",
        "RECURRENCE-ID;TZID=Europe/Berlin:{}T100000", "DTSTART;TZID=Europe/Berlin:{}",
        "DURATION:PT1H",
    )  # fmt: skip

    def instance(original, start, *more):
        return (
            *(
                line.format(original) if "RECURRENCE" in line else line.format(start)
                for line in override
            ),
            *more,
        )

    reading = read(
        START, "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=5",
        "EXDATE;TZID=Europe/Berlin:20260602T100000",
        *instance("20260603", "20260603T150000"),
        *instance("20260604", "20260604T100000", "STATUS:CANCELLED"),
        *instance("20260605", "20260605T100000", "TRANSP:TRANSPARENT"),
    )  # fmt: skip

    assert starts(reading) == [BERLIN_10, BERLIN_10 + 2 * DAY + timedelta(hours=5)]
    assert reading.spans[1].original_start == BERLIN_10 + 2 * DAY


def test_a_series_in_a_zone_of_its_own_rules_is_expanded_by_them():
    reading = read(
        "DTSTART;TZID=Office:20260601T100000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2",
        calendar=OWN_RULES,
    )  # fmt: skip

    assert starts(reading) == [BERLIN_10, BERLIN_10 + DAY]


def test_a_series_of_days_is_a_series_of_days():
    reading = read("DTSTART;VALUE=DATE:20260601", "RRULE:FREQ=YEARLY")

    assert [span.days for span in reading.spans] == [(date(2026, 6, 1), date(2026, 6, 2))]


ENDLESS = {
    "every second": "RRULE:FREQ=SECONDLY",
    "every minute": "RRULE:FREQ=MINUTELY",
    "too many": "RRULE:FREQ=HOURLY",
    "all day long": "RRULE:FREQ=DAILY;BYHOUR=0,1,2,3,4,5;BYMINUTE=0,5,10,15,20,25,30,35,40",
    "30 February, daily": "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "never the 300th": "RRULE:FREQ=WEEKLY;BYDAY=MO;BYSETPOS=300",
    "no frequency": "RRULE:COUNT=3",
    "nonsense": "RRULE:every now and then",
}


@pytest.mark.parametrize("case", ENDLESS)
def test_what_cannot_be_expanded_is_busy_and_says_so(case):
    reading = read("DTSTART;TZID=Europe/Berlin:20260601T100000", "DURATION:PT1H", ENDLESS[case])

    assert not reading.readable
    assert reading.show_as is ShowAs.BUSY
    assert [(s.start, s.end) for s in reading.spans] == [(BERLIN_10, WINDOW.end)]
