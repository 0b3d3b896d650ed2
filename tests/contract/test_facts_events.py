"""Facts about reading events, planted one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from appointed.core.events import ShowAs
from appointed.providers.caldav import xml
from appointed.providers.port import (
    ProviderUnavailable,
)
from appointed_standins.caldav.quirks import Hrefs
from contract.quirky import ONE_HOUR, text_of
from contract.verbs import create, fetch, look, upserts
from support.fault_proxy import Answer, Drop


def titles(pages):
    return {one.content.title for one in upserts(pages).values()}


def unread(pages):
    return {remote_id for page in pages for remote_id in page.unread}


# ── reading events ───────────────────────────────────────────────────────────────────────


def batches(world):
    reports = [r for r in world.server.seen("REPORT") if b"calendar-multiget" in r.body]
    return [r.body.count(b"<D:href>") for r in reports]


def test_events_are_read_in_batches_of_fifty(quirky):
    world = quirky()
    for n in range(120):
        world.add(f"{n}.ics")

    pages = look(world)

    assert batches(world) == [50, 50, 20]
    assert [len(page.upserts) for page in pages] == [50, 50, 20, 0]


def test_an_empty_batch_is_never_asked(quirky):
    world = quirky()

    look(world)

    assert batches(world) == []


@pytest.mark.parametrize("style", Hrefs)
def test_events_are_asked_for_as_they_were_listed(quirky, style):
    world = quirky(hrefs=style)
    world.add("Ann~a@b.ics")

    look(world)

    [listed] = {"plain": [b"Ann~a@b.ics"]}.get(style.name.lower(), [b".ics"])
    [report] = [r for r in world.server.seen("REPORT") if b"calendar-multiget" in r.body]
    assert listed in report.body
    assert (b"%7e" in report.body) == (style is Hrefs.ENCODED)


@pytest.mark.parametrize("left_out", [True, False])
def test_an_event_that_is_listed_and_not_there_is_passed_by(quirky, left_out):
    world = quirky(zombies={"dead.ics"}, leaves_out_missing=left_out)
    dead, alive = world.add("dead.ics"), world.add("cy.ics")

    pages = look(world)

    assert upserts(pages).keys() == {alive}
    assert unread(pages) == {dead}
    assert pages[-1].listed == {dead, alive}


def test_answers_about_other_calendars_are_ignored(quirky):
    world = quirky(foreign_answers=True)
    remote_id = world.add("cy.ics")

    pages = look(world)

    assert upserts(pages).keys() == {remote_id}


def test_the_calendar_itself_in_an_answer_is_ignored(quirky):
    world = quirky(lists_itself=True, second_propstat=True)
    remote_id = world.add("cy.ics")

    pages = look(world)

    assert upserts(pages).keys() == {remote_id}
    assert pages[-1].listed == {remote_id}


def test_events_without_a_told_version_are_read(quirky):
    world = quirky(tells_etags=False, syncs=False)
    remote_id = world.add("cy.ics")

    pages = look(world, known={remote_id: '"x"'})

    assert upserts(pages).keys() == {remote_id}


def test_one_poisoned_event_is_found_and_read_alone(quirky):
    world = quirky(poisoned={"bad.ics"})
    for n in range(20):
        world.add(f"{n}.ics")
    bad = world.add("bad.ics", *ONE_HOUR[:2], "SUMMARY:Cy\x0b\x00!")

    pages = look(world)

    assert len(upserts(pages)) == 21
    assert upserts(pages)[bad].content.title == "Cy!"
    assert unread(pages) == set()


def test_a_batch_that_fails_is_halved(quirky):
    world = quirky(multiget_status=500)
    added = {world.add(f"{n}.ics") for n in range(5)}

    pages = look(world)

    assert upserts(pages).keys() == added


def test_a_server_that_hands_out_nothing_loses_nothing(quirky):
    world = quirky(multiget_status=500)
    for n in range(5):
        world.add(f"{n}.ics")
    world.proxy.plant(Answer(500), "GET", times=99)

    with pytest.raises(ProviderUnavailable):
        look(world)


def test_one_broken_event_does_not_stop_the_others(quirky):
    world = quirky()
    good = world.add("good.ics")
    broken = world.add("broken.ics", "SUMMARY:without a time")
    world.calendar.put("noise.ics", "BEGIN:VEVENT\r\n" * 9999)

    pages = look(world)

    assert upserts(pages).keys() == {good}
    assert unread(pages) == {broken, f"{world.calendar_id}noise.ics"}


def test_an_event_larger_than_is_read_is_left_unread(quirky):
    world = quirky()
    good = world.add("good.ics")
    huge = world.add("huge.ics", *ONE_HOUR, "DESCRIPTION:" + "x" * 1_100_000)

    pages = look(world)

    assert upserts(pages).keys() == {good}
    assert unread(pages) == {huge}


def test_an_answer_larger_than_is_read_is_asked_for_in_parts(quirky):
    world = quirky()
    for n in range(3):
        world.add(f"huge{n}.ics", *ONE_HOUR, "DESCRIPTION:" + "x" * 14_000_000)
    good = world.add("good.ics")

    pages = look(world)

    assert upserts(pages).keys() == {good}
    assert len(unread(pages)) == 3


def test_tasks_in_a_calendar_of_events_are_no_events(quirky):
    world = quirky()
    task = "BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nUID:1\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"
    world.calendar.put("task.ics", task)

    pages = look(world)

    assert upserts(pages) == {}
    assert unread(pages) == set()


def test_series_are_expanded_here(quirky):
    world = quirky()
    remote_id = world.add("cy.ics", *ONE_HOUR[:2], "RRULE:FREQ=WEEKLY;COUNT=3")

    seen = upserts(look(world))[remote_id]

    first = datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert [span.start for span in seen.spans] == [first + n * timedelta(7) for n in range(3)]
    assert seen.recurring


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"])
def test_a_poisonous_rule_is_busy_and_flagged(quirky, rule):
    world = quirky()
    remote_id = world.add("cy.ics", *ONE_HOUR[:2], f"RRULE:{rule}")

    seen = upserts(look(world))[remote_id]

    assert not seen.readable
    assert seen.show_as is ShowAs.BUSY
    assert len(seen.spans) == 1


def test_cancelled_and_transparent_events_do_not_block(quirky):
    world = quirky()
    world.add("a.ics", *ONE_HOUR, "STATUS:CANCELLED")
    world.add("b.ics", *ONE_HOUR, "TRANSP:TRANSPARENT")
    world.add("c.ics", "DTSTART;VALUE=DATE:20261201", "TRANSP:TRANSPARENT")

    seen = upserts(look(world)).values()
    busy = world.provider.busy(
        [world.calendar_id], datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    )

    assert {one.show_as for one in seen} == {ShowAs.FREE}
    assert busy == []


def test_what_lies_far_ahead_is_read_too(quirky):
    world = quirky()
    remote_id = world.add("cy.ics", "DTSTART:20390101T090000Z", "DTEND:20390101T100000Z")

    seen = upserts(look(world))[remote_id]

    assert seen.spans == ()
    assert seen.content.when.start.year == 2039


def test_apple_s_odd_lines_are_read(quirky):
    world = quirky()
    remote_id = world.add(
        "cy.ics", "DTSTAMP:20260101T000000Z", "DTSTAMP:20260101T000000Z", *ONE_HOUR,
        "RELATED-TO;RELTYPE=X-CALENDARSERVER-RECURRENCE-SET:abc",
    )  # fmt: skip

    seen = upserts(look(world))[remote_id]

    assert seen.content.title == "Cy"


# ── the parser ───────────────────────────────────────────────────────────────────────────

BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>
<multistatus xmlns="DAV:"><response><href>&b;</href></response></multistatus>"""
REFUSED = {
    "a document type": BOMB,
    "too deep": b'<multistatus xmlns="DAV:">' + b"<a>" * 99 + b"</a>" * 99 + b"</multistatus>",
    "another document": b"<html/>",
    "not closed": b'<multistatus xmlns="DAV:"><response>',
    "nothing": b"",
    "an external document": b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x"><multistatus xmlns="DAV:"/>',
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_honest_answer_is_refused(case):
    with pytest.raises(xml.BadXml):
        xml.parse_multistatus(REFUSED[case])


def test_a_document_type_is_refused_from_a_server_too(quirky):
    world = quirky(with_doctype=True)

    with pytest.raises(ProviderUnavailable):
        look(world)


# ── one event, and connections ───────────────────────────────────────────────────────────


def test_find_asks_for_the_name_in_each_calendar(quirky):
    world = quirky()
    other = world.server.store.add("other")
    key, receipt = create(world)
    world.proxy.forget()

    [found] = world.provider.find(key)

    asked = {e.path for e in world.proxy.seen("GET")}
    assert asked == {receipt.remote_id, f"{other.path}{key}.ics"}
    assert found.event.remote_id == receipt.remote_id


def test_a_calendar_that_may_not_be_read_does_not_spoil_the_search(quirky):
    world = quirky()
    other = world.server.store.add("other")
    key, receipt = create(world)
    world.proxy.plant(Answer(403), "GET", path=other.path)

    [found] = world.provider.find(key)

    assert found.event.remote_id == receipt.remote_id


def test_the_same_uid_in_two_calendars_is_two_events(quirky):
    world = quirky()
    other = world.server.store.add("other")
    key, _ = create(world)
    other.put(f"{key}.ics", text_of(key, *ONE_HOUR))

    found = world.provider.find(key)

    assert {one.calendar_id for one in found} == {world.calendar_id, other.path}


@pytest.mark.parametrize("method", ["GET", "REPORT", "PROPFIND"])
def test_a_reset_connection_is_tried_again_for_what_changes_nothing(quirky, method):
    world = quirky()
    _, receipt = create(world)
    world.proxy.plant(Drop(), method, times=2)

    pages = look(world)

    assert fetch(world, receipt.remote_id) is not None
    assert world.provider.list_calendars()
    assert upserts(pages).keys() == {receipt.remote_id}
