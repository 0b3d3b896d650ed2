"""Facts about what is sent, about waiting and about refusals, planted one by one."""

from __future__ import annotations

import re

import pytest

from appointed.ical.lines import parse_lines
from appointed.providers.port import (
    CalendarGone,
    CreateEvent,
    EventRejected,
    Failed,
    OutcomeUnknown,
    ProviderUnavailable,
    RateLimited,
    Written,
)
from contract.verbs import create, delete, event, fetch, fresh_key, look, update
from support.fault_proxy import Answer, Drop, LoseAnswer


def creating(world, key=None, content=None):
    wish = CreateEvent("c", key or fresh_key(), content or event())
    [receipt] = world.provider.write(world.calendar_id, [wish])
    return receipt


def error_of(receipt):
    assert isinstance(receipt, Failed), receipt
    return receipt.error


# ── body ─────────────────────────────────────────────────────────────────────────────────


def test_a_body_is_what_every_server_takes(quirky):
    world = quirky(needs_dtend=True)

    create(world, event("é" * 200, text="\n".join("word" for _ in range(99))))

    [put] = world.server.seen("PUT")
    names = [line.name for line in parse_lines(put.body)]
    assert put.headers["content-type"] == "text/calendar; charset=utf-8"
    assert not put.body.startswith(b"\xef\xbb\xbf")
    assert all(len(line) <= 75 for line in put.body.split(b"\r\n"))
    assert {"VERSION", "PRODID", "UID", "DTSTAMP", "DTSTART", "DTEND"} <= set(names)
    assert not {"METHOD", "ATTENDEE", "ORGANIZER"} & set(names)
    assert "BEGIN:VALARM" not in put.body.decode()
    assert names.count("UID") == 1


def test_control_characters_are_not_sent(quirky):
    world = quirky()

    create(world, event("a\x00b\x07c", text="x\x1by\tz\n\ufffe"))

    [put] = world.server.seen("PUT")
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", put.body)
    assert b"SUMMARY:abc\r\n" in put.body


def test_a_timed_event_brings_the_definition_of_its_zone(quirky):
    world = quirky()

    create(world)

    [put] = world.server.seen("PUT")
    assert b"DTSTART;TZID=Europe/Berlin:" in put.body
    assert b"BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n" in put.body


def test_our_key_stands_in_name_uid_and_a_property_of_its_own(quirky):
    world = quirky()

    key, receipt = create(world)

    [put] = world.server.seen("PUT")
    assert key in receipt.remote_id
    assert f"UID:{key}\r\n".encode() in put.body
    assert f"X-APPOINTED-KEY:{key}\r\n".encode() in put.body


def test_what_servers_do_to_other_fields_is_no_change(quirky):
    world = quirky()
    key, receipt = create(world)
    stored = world.calendar.events[f"{key}.ics"]
    stored.text = stored.text.replace(
        "END:VEVENT", "GEO:0.0;0.0\r\nCATEGORIES:a\r\nCATEGORIES:b\r\nEND:VEVENT"
    )

    seen = fetch(world, receipt.remote_id)

    assert seen.content.stamp == receipt.stamp


def test_guests_and_alarms_that_people_added_stay(quirky):
    world = quirky()
    key, receipt = create(world)
    stored = world.calendar.events[f"{key}.ics"]
    added = (
        "ATTENDEE;CN=Bob:mailto:bob@example.org\r\nBEGIN:VALARM\r\n"
        "X-APPLE-DEFAULT-ALARM:TRUE\r\nTRIGGER:-PT15M\r\nACTION:AUDIO\r\nEND:VALARM\r\n"
    )
    stored.text = stored.text.replace("END:VEVENT", f"{added}END:VEVENT")

    seen = fetch(world, receipt.remote_id)
    answer = update(world, key, receipt, event("Bob"))

    assert seen.content.stamp == receipt.stamp
    assert isinstance(answer, Written)
    assert added in world.calendar.events[f"{key}.ics"].text


def test_own_bodies_stay_small(quirky):
    world = quirky()

    create(world, event("a;" * 3000, text="\\;,\n" * 30_000, location="é" * 9000))

    [put] = world.server.seen("PUT")
    assert len(put.body) < 64 * 1024


def test_request_bodies_are_never_packed(quirky):
    world = quirky()
    create(world)
    look(world)

    packed = {r.headers.get("content-encoding") for r in world.server.seen()}

    assert packed == {None}


# ── waiting ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("status", "wait"), [(429, "7"), (503, "7"), (429, None)])
def test_a_request_to_wait_holds_for_the_whole_account(quirky, status, wait):
    world = quirky()
    headers = {"Retry-After": wait} if wait else {}
    world.proxy.plant(Answer(status, headers), "PUT", times=99)
    wishes = [CreateEvent(str(n), fresh_key(), event()) for n in range(50)]

    with pytest.raises(RateLimited) as limited:
        list(world.provider.write(world.calendar_id, wishes))

    assert limited.value.retry_after == (float(wait) if wait else None)
    assert len(world.proxy.seen("PUT")) <= 8


def test_a_time_to_wait_until_is_read_by_the_server_s_own_clock(quirky):
    world = quirky()
    headers = {
        "Date": "Wed, 01 Jan 2020 10:00:00 GMT",
        "Retry-After": "Wed, 01 Jan 2020 10:00:45 GMT",
    }
    world.proxy.plant(Answer(503, headers), "REPORT")

    with pytest.raises(RateLimited) as limited:
        look(world)

    assert limited.value.retry_after == 45


@pytest.mark.parametrize("writers", [1, 2])
def test_a_server_gets_no_more_connections_than_it_is_known_to_bear(quirky, writers):
    world = quirky()
    provider = world.connect(writers=writers)
    wishes = [CreateEvent(str(n), fresh_key(), event()) for n in range(20)]

    receipts = list(provider.write(world.calendar_id, wishes))

    assert len(receipts) == 20
    assert world.proxy.most_open <= writers


def test_a_delete_in_a_lost_calendar_is_no_deletion(quirky):
    world = quirky()
    key, receipt = create(world)
    del world.server.store.calendars[world.calendar_id]

    with pytest.raises(CalendarGone):
        delete(world, key, receipt)


def test_an_update_whose_look_fails_is_unknown_only_after_it_was_sent(quirky):
    world = quirky()
    key, receipt = create(world)
    world.proxy.plant(Drop(), "GET", times=9)

    before = update(world, key, receipt, event("Bob"))
    world.proxy.heal()
    world.proxy.plant(LoseAnswer(), "PUT")
    world.proxy.plant(Drop(), "GET", times=9, after=1)
    after = update(world, key, receipt, event("Bob"))

    assert isinstance(error_of(before), ProviderUnavailable)
    assert isinstance(error_of(after), OutcomeUnknown)


def test_an_event_whose_text_cannot_be_set_safely_is_refused(quirky):
    world = quirky()
    key, receipt = create(world)
    stored = world.calendar.events[f"{key}.ics"]
    stored.text = stored.text.replace("UID:", "RECURRENCE-ID:20261201T090000Z\r\nUID:")

    answer = update(world, key, receipt, event("Bob"))

    assert isinstance(error_of(answer), EventRejected)


@pytest.mark.parametrize("status", [507, 501])
def test_a_server_without_room_or_skill_is_tried_again_later(quirky, status):
    world = quirky()
    world.proxy.plant(Answer(status), "PUT")

    receipt = creating(world)

    assert isinstance(error_of(receipt), ProviderUnavailable)
