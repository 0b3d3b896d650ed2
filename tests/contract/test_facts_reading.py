"""Facts about reading changes, planted one by one."""

from __future__ import annotations

import pytest

from appointed.providers.port import (
    CalendarGone,
    ProviderUnavailable,
    SyncTokenExpired,
)
from appointed_standins.caldav.quirks import BadToken
from contract.quirky import ONE_HOUR
from contract.verbs import create, look, token_of, tombstones, upserts
from support.fault_proxy import Answer, Rewrite, Truncate


def titles(pages):
    return {one.content.title for one in upserts(pages).values()}


def unread(pages):
    return {remote_id for page in pages for remote_id in page.unread}


# ── the report ───────────────────────────────────────────────────────────────────────────


def test_the_report_asks_one_level_of_one_calendar_without_a_limit(quirky):
    world = quirky()
    world.add("cy.ics")

    look(world, token_of(look(world)))

    reports = [r for r in world.server.seen("REPORT") if b"sync-collection" in r.body]
    assert [r.headers["depth"] for r in reports] == ["0", "0"]
    assert all(b"<D:sync-level>1</D:sync-level>" in r.body for r in reports)
    assert not any(b"limit" in r.body for r in reports)
    assert {r.path for r in reports} == {world.calendar_id}


def test_a_look_without_news_is_one_request(quirky):
    world = quirky()
    world.add("cy.ics")
    token = token_of(look(world))
    world.proxy.forget()

    look(world, token)

    assert [e.method for e in world.proxy.exchanges] == ["REPORT"]


def test_depth_infinity_is_never_asked(quirky):
    world = quirky()
    world.provider.list_calendars()
    look(world)

    depths = {r.headers.get("depth") for r in world.server.seen("PROPFIND", "REPORT")}

    assert depths <= {"0", "1"}


def test_an_answer_cut_short_is_gone_on_with(quirky):
    world = quirky(cut_after=2)
    added = {world.add(f"{n}.ics") for n in range(7)}

    pages = look(world)
    world.add("new.ics")
    news = look(world, token_of(pages))

    assert upserts(pages).keys() == added
    assert upserts(news).keys() == {f"{world.calendar_id}new.ics"}


def test_a_cut_answer_without_progress_leads_to_a_listing(quirky):
    world = quirky()
    token = token_of(look(world))
    added = {world.add(f"{n}.ics") for n in range(7)}
    world.quirks.cut_after, world.quirks.cut_without_progress = 2, True

    with pytest.raises(SyncTokenExpired):
        look(world, token)

    assert upserts(look(world)).keys() == added


def test_tombstones_of_a_first_look_are_ignored(quirky):
    world = quirky(tombstones_at_first=True)
    world.add("gone.ics")
    world.calendar.delete("gone.ics")
    kept = world.add("cy.ics")

    pages = look(world)

    assert pages[-1].listed == {kept}
    assert tombstones(pages) == set()


@pytest.mark.parametrize("status", [404, 410, 418])
def test_a_tombstone_is_a_status_of_the_event_itself(quirky, status):
    world = quirky(tombstone_status=status)
    gone = world.add("gone.ics")
    token = token_of(look(world))
    world.calendar.delete("gone.ics")

    pages = look(world, token)

    assert tombstones(pages) == {gone}


def test_an_event_made_again_under_its_name_is_a_change(quirky):
    world = quirky()
    remote_id = world.add("cy.ics")
    token = token_of(look(world))
    world.calendar.delete("cy.ics")
    world.add("cy.ics", *ONE_HOUR[:2], "SUMMARY:Di")

    pages = look(world, token)

    assert titles(pages) == {"Di"}
    assert upserts(pages).keys() == {remote_id}


def test_the_token_comes_from_the_report_and_from_nowhere_else(quirky):
    world = quirky(property_token="http://127.0.0.1/sync/9999")

    pages = look(world)

    assert token_of(pages).endswith("/sync/0")
    assert world.asked()[0] == f"REPORT {world.calendar_id}"


def test_the_same_token_answers_the_same_twice(quirky):
    world = quirky()
    token = token_of(look(world))
    world.add("cy.ics")

    first, second = look(world, token), look(world, token)

    assert upserts(first).keys() == upserts(second).keys()
    assert token_of(first) == token_of(second)


DEAD = [kind for kind in BadToken if kind not in {BadToken.EVERYTHING, BadToken.NOTHING}]


@pytest.mark.parametrize("kind", DEAD)
def test_a_refused_token_leads_to_a_listing(quirky, kind):
    world = quirky(bad_token=kind)
    remote_id = world.add("cy.ics")

    with pytest.raises(SyncTokenExpired):
        look(world, "http://127.0.0.1/sync/none")

    assert look(world)[-1].listed == {remote_id}


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateway_in_trouble_does_not_cost_the_token(quirky, status):
    world = quirky()
    token = token_of(look(world))
    world.proxy.plant(Answer(status), "REPORT", times=9)

    with pytest.raises(ProviderUnavailable):
        look(world, token)


@pytest.mark.parametrize("kind", [BadToken.EVERYTHING, BadToken.NOTHING])
def test_a_token_that_is_wrongly_taken_is_made_good_by_the_full_listing(quirky, kind):
    world = quirky(bad_token=kind)
    remote_id = world.add("cy.ics")
    known = {remote_id: world.calendar.events["cy.ics"].etag, "/gone.ics": "x"}

    pages = look(world, "http://127.0.0.1/sync/77")
    listing = look(world, known=known)

    assert not pages[-1].complete
    assert tombstones(pages) == set()
    assert listing[-1].complete
    assert listing[-1].listed == {remote_id}


def test_a_calendar_made_anew_shows_another_epoch(quirky):
    world = quirky()
    before = world.provider.check_calendar(world.calendar_id).epoch
    del world.server.store.calendars[world.calendar_id]
    world.server.store.add("work")

    after = world.provider.check_calendar(world.calendar_id).epoch

    assert before
    assert after != before


def test_a_full_listing_reads_only_what_is_not_known(quirky):
    world = quirky()
    for n in range(60):
        world.add(f"{n}.ics")
    known = {one.remote_id: one.version for one in upserts(look(world)).values()}
    world.proxy.forget()

    pages = look(world, known=known)

    assert pages[-1].listed == known.keys()
    assert len(world.proxy.exchanges) == 1


@pytest.mark.parametrize("what", ["syncs", "propfind"])
def test_an_empty_listing_that_another_way_denies_is_no_listing(quirky, what):
    world = quirky()
    world.add("cy.ics")
    empty = b'<multistatus xmlns="DAV:"><sync-token>http://x/1</sync-token></multistatus>'
    world.quirks.syncs = what == "syncs"
    world.quirks.lists_without_itself = what == "propfind"
    if what == "syncs":
        world.proxy.plant(Answer(207, {}, empty), "REPORT")

    with pytest.raises(ProviderUnavailable):
        look(world)


@pytest.mark.parametrize("keep", [0, 40, 300])
def test_half_a_listing_is_none(quirky, keep):
    world = quirky()
    for n in range(9):
        world.add(f"{n}.ics")
    world.proxy.plant(Truncate(keep), "REPORT", times=9)

    with pytest.raises(ProviderUnavailable):
        look(world)


def test_a_listing_without_its_closing_tag_is_none(quirky):
    world = quirky()
    world.add("cy.ics")

    def cut(reply):
        return type(reply)(reply.status, reply.headers, reply.body.replace(b"</multistatus>", b""))

    world.proxy.plant(Rewrite(cut), "REPORT")

    with pytest.raises(ProviderUnavailable):
        look(world)


def test_a_web_page_is_no_answer(quirky):
    world = quirky()
    token = token_of(look(world))
    world.quirks.web_page = True

    with pytest.raises(ProviderUnavailable):
        look(world, token)


def test_properties_refused_inside_are_a_loss_of_rights_and_no_deletion(quirky):
    world = quirky()
    world.add("cy.ics")
    token = token_of(look(world))
    world.add("di.ics")
    world.quirks.withdrawn = True

    with pytest.raises(CalendarGone):
        look(world, token)


def test_our_own_write_comes_back_with_the_version_of_its_receipt(quirky):
    world = quirky()
    token = token_of(look(world))
    _, receipt = create(world)

    [seen] = upserts(look(world, token)).values()

    assert (seen.remote_id, seen.version) == (receipt.remote_id, receipt.version)


def test_what_the_report_names_and_we_wrote_is_not_read_again(quirky):
    world = quirky()
    token = token_of(look(world))
    _, receipt = create(world)

    pages = look(world, token, {receipt.remote_id: receipt.version})

    assert upserts(pages) == {}
    assert pages[-1].listed == {receipt.remote_id}
