"""What is written can be read again, and what people added survives it to the byte."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appointed.core.events import AllDay, Content, ShowAs, Timed
from appointed.core.windows import EARLIEST, LATEST, Window
from appointed.ical.lines import join_lines, new_line, parse_lines
from appointed.ical.reading import read_event
from appointed.ical.writing import OWNED, STAMPS, NotRewritable, new_event, rewrite_event
from appointed.ical.zones import timezone_lines
from appointed.providers.caldav.mapping import normalise

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
ALWAYS = Window(EARLIEST, LATEST, "Europe/Berlin")
KEY = "k" * 32
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Africa/Casablanca", "UTC")
HOUR = timedelta(hours=1)


def at(hour, zone="Europe/Berlin", day=23):
    return datetime(2026, 11, day, hour, tzinfo=ZoneInfo(zone))


ANN = Content(Timed(at(10), at(11), "Europe/Berlin"), "Ann")


def timed(start, minutes, zone):
    rules = ZoneInfo(zone)
    end = start + timedelta(minutes=minutes)
    return Timed(start.astimezone(rules), end.astimezone(rules), zone)


def all_day(day, days):
    return AllDay(day, day + timedelta(days=days))


instants = st.integers(631_152_000, 3_786_912_000).map(lambda s: datetime.fromtimestamp(s, UTC))
whens = st.one_of(
    st.builds(timed, instants, st.integers(0, 3000), st.sampled_from(ZONES)),
    st.builds(all_day, st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 9)),
)
texts = st.text(max_size=200)
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
foreign_words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=120)
foreign_names = st.sampled_from(
    ["X-APPLE-TRAVEL", "CATEGORIES", "COMMENT", 'ATTENDEE;CN="a:b"', "COLOR", "X-Y;A=1", "GEO"]
)
foreign_lines = st.builds(lambda name, word: f"{name}:{word}", foreign_names, foreign_words)


@given(contents)
def test_normalising_twice_is_as_once(content):
    once = normalise(content)

    twice = normalise(once)

    assert twice == once


@given(contents)
@settings(deadline=None)
def test_what_is_written_is_read_again(content):
    sent = normalise(content)

    reading = read_event(new_event(sent, key=KEY, now=NOW), window=ALWAYS)

    assert normalise(reading.content).stamp == sent.stamp
    assert (reading.uid, reading.key) == (KEY, KEY)


@given(contents)
def test_lines_are_folded_at_75_octets_and_ended_by_crlf(content):
    body = new_event(normalise(content), key=KEY, now=NOW)

    assert body.endswith(b"\r\n")
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"")


@given(contents, contents, st.lists(foreign_lines, max_size=6), st.booleans())
@settings(deadline=None)
def test_an_update_leaves_every_other_line_as_it_stood(before, after, foreign, folded_oddly):
    stored = with_foreign(new_event(normalise(before), key=KEY, now=NOW), foreign, folded_oddly)
    was = normalise(read_event(stored, window=ALWAYS).content)

    changed = rewrite_event(stored, was=was, content=normalise(after), key=KEY, now=NOW)

    assert normalise(read_event(changed, window=ALWAYS).content).stamp == normalise(after).stamp
    assert is_subsequence(not_ours(stored), not_ours(changed))


def with_foreign(body, foreign, folded_oddly):
    lines = parse_lines(body)
    place = next(n for n, line in enumerate(lines) if line.text == "END:VEVENT")
    alarm = ["BEGIN:VALARM", "TRIGGER:-PT15M", "DESCRIPTION:mine", "SUMMARY:x", "END:VALARM"]
    added = [new_line(text) for text in (*foreign, *alarm)]
    body = join_lines([*lines[:place], *added, *lines[place:]])
    return (
        body.replace(b"X-APPLE", b"X-AP\r\n\tPLE").replace(b"\r\n", b"\n") if folded_oddly else body
    )


def not_ours(body):
    names = frozenset().union(*OWNED.values()) | STAMPS
    kept, alarm = [], 0
    for line in parse_lines(body):
        alarm += line.text == "BEGIN:VALARM"
        if alarm or line.name not in names:
            kept.append(line.raw)
        alarm -= line.text == "END:VALARM"
    return kept


def is_subsequence(few, many):
    rest = iter(many)
    return all(line in rest for line in few)


def test_a_field_that_did_not_change_keeps_its_parameters():
    stored = new_event(ANN, key=KEY, now=NOW).replace(b"SUMMARY:", b"SUMMARY;LANGUAGE=de:")

    changed = rewrite_event(stored, was=ANN, content=replace(ANN, text="new"), key=KEY, now=NOW)

    assert b"SUMMARY;LANGUAGE=de:Ann\r\n" in changed
    assert b"DESCRIPTION:new\r\n" in changed


def test_a_duration_gives_way_to_an_end():
    stored = new_event(ANN, key=KEY, now=NOW).replace(
        b"DTEND;TZID=Europe/Berlin:20261123T110000", b"DURATION:PT1H"
    )
    later = replace(ANN, when=Timed(at(12), at(14), "Europe/Berlin"))

    changed = rewrite_event(stored, was=ANN, content=later, key=KEY, now=NOW)

    assert b"DURATION" not in changed
    assert changed.count(b"DTEND") == 1


def test_an_override_of_an_occurrence_is_not_touched():
    stored = new_event(ANN, key=KEY, now=NOW)
    override = (
        b"BEGIN:VEVENT\r\nUID:" + KEY.encode() + b"\r\nRECURRENCE-ID:20261124T090000Z\r\n"
        b"DTSTART:20261124T100000Z\r\nDTEND:20261124T110000Z\r\nSUMMARY:moved\r\nEND:VEVENT\r\n"
    )
    stored = stored.replace(b"BEGIN:VEVENT", override + b"BEGIN:VEVENT")

    changed = rewrite_event(stored, was=ANN, content=replace(ANN, title="Bob"), key=KEY, now=NOW)

    assert override in changed
    assert b"SUMMARY:Bob" in changed


def test_the_sequence_rises():
    stored = new_event(ANN, key=KEY, now=NOW).replace(b"SEQUENCE:0", b"SEQUENCE:7")

    changed = rewrite_event(stored, was=ANN, content=replace(ANN, title="Bob"), key=KEY, now=NOW)

    assert b"SEQUENCE:8\r\n" in changed


@pytest.mark.parametrize("body", [b"", b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n", b"<html>"])
def test_what_holds_no_event_is_not_rewritten(body):
    with pytest.raises(NotRewritable):
        rewrite_event(body, was=ANN, content=ANN, key=KEY, now=NOW)


def test_the_second_of_a_double_hour_is_written_in_utc():
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 2:30 for the second time in Berlin
    content = Content(Timed(second, second + HOUR, "Europe/Berlin"), "Ann")

    body = new_event(normalise(content), key=KEY, now=NOW)

    assert b"DTSTART:20261025T013000Z" in body


@pytest.mark.parametrize("zone", ZONES[:-1])
def test_a_zone_s_definition_tells_the_same_offsets_as_the_zone(zone):
    body = "\r\n".join(("BEGIN:VCALENDAR", *timezone_lines(zone, 2026), "END:VCALENDAR")) + "\r\n"
    unknown = body.replace(f"TZID:{zone}", "TZID:Somewhere").encode()

    offsets = [offset_in(unknown, day) for day in range(0, 365, 7)]

    start = datetime(2026, 1, 4, 12, tzinfo=ZoneInfo(zone))
    assert offsets == [
        (start.replace(tzinfo=None) + timedelta(days=day)).replace(tzinfo=start.tzinfo).utcoffset()
        for day in range(0, 365, 7)
    ]


def offset_in(definition, day):
    wall = (datetime(2026, 1, 4, 12, tzinfo=UTC) + timedelta(days=day)).replace(tzinfo=None)
    event = (
        f"BEGIN:VEVENT\r\nUID:x\r\nDTSTART;TZID=Somewhere:{wall:%Y%m%dT%H%M%S}\r\nEND:VEVENT\r\n"
    )
    body = definition.replace(b"END:VCALENDAR", event.encode() + b"END:VCALENDAR")
    start, _ = read_event(body, window=ALWAYS).content.when.instants
    return wall - start.replace(tzinfo=None)
