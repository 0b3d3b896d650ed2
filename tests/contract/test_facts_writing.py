"""Facts about writing, planted one by one."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from appointed.providers.port import (
    CreateEvent,
    Deleted,
    EventRejected,
    Failed,
    KeyTaken,
    OutcomeUnknown,
    ProviderUnavailable,
    UpdateEvent,
    VersionConflict,
    Written,
)
from appointed_standins.caldav.quirks import Etags, UidRule
from contract.quirky import text_of
from contract.verbs import create, delete, event, fetch, fresh_key, look, update, upserts
from support.fault_proxy import Answer, CutRequest, Drop, LoseAnswer, Repeat, Rewrite


def bodies(world):
    return [r.body for r in world.server.seen("PUT")]


def creating(world, key=None, content=None):
    wish = CreateEvent("c", key or fresh_key(), content or event())
    [receipt] = world.provider.write(world.calendar_id, [wish])
    return receipt


def error_of(receipt):
    assert isinstance(receipt, Failed), receipt
    return receipt.error


# ── create ───────────────────────────────────────────────────────────────────────────────


def test_a_create_is_put_under_its_key_and_only_where_nothing_is(quirky):
    world = quirky()

    key, receipt = create(world)

    assert receipt.remote_id == f"{world.calendar_id}{key}.ics"
    [put] = world.server.seen("PUT")
    assert put.headers["if-none-match"] == "*"
    assert "if-match" not in put.headers
    assert f"UID:{key}\r\n".encode() in put.body


def test_every_try_uses_the_same_name_and_uid(quirky):
    world = quirky()
    world.proxy.plant(Answer(500), "PUT", times=2)
    world.proxy.plant(Drop(), "PUT", times=1)

    key, _ = create(world)

    assert {e.path for e in world.proxy.seen("PUT")} == {f"{world.calendar_id}{key}.ics"}
    assert {re.search(rb"UID:(\w+)", e.body)[1] for e in world.proxy.seen("PUT")} == {key.encode()}
    assert len(world.calendar.events) == 1


def test_where_if_none_match_is_ignored_a_repeated_create_hits_our_own_only(quirky):
    world = quirky(ignores_if_none_match=True)
    foreign = world.add("cy.ics")
    key, _ = create(world)

    _, second = create(world, key=key)

    assert second.adopted
    assert len(world.calendar.events) == 2
    assert fetch(world, foreign).content.title == "Cy"


UNSURE = {
    "answer lost": LoseAnswer(),
    "request lost": Drop(),
    "request cut": CutRequest(),
    "carried out and 500": Answer(500, executed=True),
    "carried out and 502": Answer(502, executed=True),
    "423": Answer(423),
    "500": Answer(500),
    "503": Answer(503),
    "504 and carried out": Answer(504, executed=True),
    "sent twice": Repeat(),
}


@pytest.mark.parametrize("case", UNSURE)
def test_a_create_whose_outcome_is_unknown_is_looked_for_before_it_is_repeated(quirky, case):
    world = quirky()
    world.proxy.plant(UNSURE[case], "PUT")

    receipt = creating(world)

    assert isinstance(receipt, Written)
    assert receipt.stamp == event().stamp
    assert len(world.calendar.events) == 1
    methods = [e.method for e in world.proxy.exchanges]
    assert "PUT PUT" not in " ".join(methods)


def test_a_create_that_was_carried_out_is_not_sent_again(quirky):
    world = quirky()
    world.proxy.plant(LoseAnswer(), "PUT")

    receipt = creating(world)

    assert not receipt.adopted
    assert [e.method for e in world.proxy.exchanges] == ["PUT", "GET"]


def test_an_outcome_that_cannot_be_looked_up_stays_unknown(quirky):
    world = quirky()
    world.proxy.plant(LoseAnswer(), "PUT")
    world.proxy.plant(Drop(), "GET", times=9)

    receipt = creating(world)

    assert isinstance(error_of(receipt), OutcomeUnknown)


def test_a_server_that_keeps_failing_is_left_alone_after_a_few_tries(quirky):
    world = quirky()
    world.proxy.plant(Answer(500), "PUT", times=99)

    receipt = creating(world)

    assert isinstance(error_of(receipt), ProviderUnavailable)
    assert 2 <= len(world.proxy.seen("PUT")) <= 8
    assert world.pauses[-1] > world.pauses[0]


def test_an_event_whose_name_bears_another_one_is_not_taken_for_ours(quirky):
    world = quirky()
    key = fresh_key()
    foreign = world.add(f"{key}.ics")

    receipt = creating(world, key)

    assert isinstance(error_of(receipt), KeyTaken)
    assert fetch(world, foreign).content.title == "Cy"


@pytest.mark.parametrize("status", [423, 500])
def test_writers_that_disturb_each_other_all_come_through(quirky, status):
    world = quirky(parallel_status=status)
    wishes = [CreateEvent(str(n), fresh_key(), event()) for n in range(12)]

    receipts = list(world.provider.write(world.calendar_id, wishes))

    written = [receipt for receipt in receipts if isinstance(receipt, Written)]
    later = [receipt.error for receipt in receipts if isinstance(receipt, Failed)]
    assert all(isinstance(error, ProviderUnavailable) for error in later)
    assert len(world.calendar.events) == len(written)
    if status == 423:
        assert len(written) == len(wishes)


# ── update ───────────────────────────────────────────────────────────────────────────────


def test_an_update_names_the_one_strong_version_that_it_replaces(quirky):
    world = quirky()
    key, receipt = create(world)

    update(world, key, receipt, event("Bob"))

    put = world.server.seen("PUT")[-1]
    assert put.headers["if-match"] == receipt.version
    assert re.fullmatch(r'"[^"*,]+"', put.headers["if-match"])
    assert "if-none-match" not in put.headers


def test_an_unquoted_version_goes_back_as_it_came(quirky):
    world = quirky(etags=Etags.UNQUOTED)
    key, receipt = create(world)

    answer = update(world, key, receipt, event("Bob"))

    assert isinstance(answer, Written)
    assert world.heads("PUT", "if-match")[-1] == receipt.version


@pytest.mark.parametrize("etags", [Etags.NONE_ON_PUT, Etags.WEAK_ON_PUT])
def test_a_version_that_a_put_does_not_tell_is_asked_for(quirky, etags):
    world = quirky(etags=etags)

    key, receipt = create(world)

    assert receipt.version == fetch(world, receipt.remote_id).version
    assert isinstance(update(world, key, receipt, event("Bob")), Written)


def test_a_version_marked_by_packing_never_comes_up(quirky):
    world = quirky(packs_etags=True)
    key, receipt = create(world)

    seen = fetch(world, receipt.remote_id)

    assert seen.version == receipt.version
    assert isinstance(update(world, key, receipt, event("Bob")), Written)


@pytest.mark.parametrize("etags", [Etags.STRONG, Etags.COUNTER])
def test_an_update_that_created_is_a_conflict_and_undone_where_it_is_certain(quirky, etags):
    world = quirky(update_creates_missing=True, etags=etags)
    key, receipt = create(world)

    def vanish(reply):
        world.calendar.delete(f"{key}.ics")
        return reply

    world.proxy.plant(Rewrite(vanish), "GET")
    answer = update(world, key, receipt, event("Bob"))

    assert isinstance(error_of(answer), VersionConflict)
    assert len(world.calendar.events) == (etags is Etags.STRONG)


def test_a_refused_version_is_looked_at_and_never_forced(quirky):
    world = quirky()
    key, receipt = create(world)
    world.proxy.plant(Answer(412), "PUT", times=9)
    world.provider = world.connect()

    answer = update(world, key, receipt, event("Bob"))

    assert isinstance(error_of(answer), VersionConflict)
    assert all(r.headers.get("If-Match") for r in world.proxy.seen("PUT")[1:])


def test_operations_on_one_event_follow_each_other(quirky):
    world = quirky(ignores_if_match=True)
    key, receipt = create(world)
    wishes = [
        UpdateEvent(str(n), key, receipt.remote_id, receipt.version, event(f"Bob {n}"))
        for n in range(8)
    ]

    receipts = list(world.provider.write(world.calendar_id, wishes))

    assert [receipt.reference for receipt in receipts] == [str(n) for n in range(8)]
    assert sum(isinstance(receipt, Written) for receipt in receipts) == 1


def test_a_counter_that_started_anew_hides_no_change(quirky):
    world = quirky(etags=Etags.COUNTER)
    remote_id = world.add("cy.ics")
    pages = look(world)
    known = {one.remote_id: one.version for one in upserts(pages).values()}
    world.calendar.delete("cy.ics")
    world.calendar.put("cy.ics", text_of("cy", "DTSTART:20261202T090000Z"), Etags.COUNTER)

    again = look(world, pages[-1].next_token, known)

    assert upserts(again)[remote_id].version == known[remote_id]
    assert upserts(again)[remote_id].content.title == ""


def test_what_the_server_rewrites_is_no_change_of_ours(quirky):
    world = quirky(rewrites=True)
    key, receipt = create(world)

    seen = fetch(world, receipt.remote_id)
    answer = update(world, key, receipt, event())

    assert seen.content.stamp == receipt.stamp
    assert isinstance(answer, Written)
    assert len(world.server.seen("PUT")) == 1


def test_an_old_version_reported_after_our_own_write_is_waited_out(quirky):
    world = quirky()
    key, receipt = create(world)
    world.proxy.plant(Answer(412), "PUT")

    answer = update(world, key, receipt, event("Bob"))

    assert isinstance(answer, Written)
    assert max(world.pauses) >= 1


def test_an_update_that_changes_nothing_is_not_sent(quirky):
    world = quirky()
    key, receipt = create(world)

    answer = update(world, key, receipt, event())

    assert isinstance(answer, Written)
    assert len(world.server.seen("PUT")) == 1


@pytest.mark.parametrize("case", UNSURE)
def test_an_update_whose_outcome_is_unknown_is_looked_at(quirky, case):
    world = quirky()
    key, receipt = create(world)
    world.proxy.plant(UNSURE[case], "PUT")

    answer = update(world, key, receipt, event("Bob"))

    assert isinstance(answer, Written)
    assert fetch(world, receipt.remote_id).content.title == "Bob"


def test_the_uid_of_a_stored_event_never_changes(quirky):
    world = quirky()
    key, receipt = create(world)
    event_of = world.calendar.events[f"{key}.ics"]
    event_of.text = event_of.text.replace(f"UID:{key}", "UID:their-own")

    answer = update(world, key, receipt, event("Bob"))

    assert isinstance(answer, Written)
    assert "UID:their-own" in world.calendar.events[f"{key}.ics"].text


# ── delete ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [404, 412])
def test_a_delete_of_what_is_gone_has_succeeded(quirky, status):
    world = quirky(missing_delete_status=status)
    key, receipt = create(world)
    world.calendar.delete(f"{key}.ics")

    answer = delete(world, key, receipt)

    assert answer == Deleted("d", receipt.remote_id, already_gone=True)


@pytest.mark.parametrize("status", [404, 412])
def test_a_delete_that_came_second_has_succeeded(quirky, status):
    world = quirky()
    key, receipt = create(world)
    world.proxy.plant(Answer(status, executed=True), "DELETE")

    answer = delete(world, key, receipt)

    assert isinstance(answer, Deleted)


def test_where_if_match_is_ignored_a_changed_event_is_not_deleted(quirky):
    world = quirky(ignores_if_match_on_delete=True)
    key, receipt = create(world)
    world.calendar.put(f"{key}.ics", world.calendar.events[f"{key}.ics"].text)

    answer = delete(world, key, receipt)

    assert isinstance(error_of(answer), VersionConflict)
    assert len(world.calendar.events) == 1


@pytest.mark.parametrize("case", UNSURE)
def test_a_delete_whose_outcome_is_unknown_is_looked_at(quirky, case):
    world = quirky()
    key, receipt = create(world)
    world.proxy.plant(UNSURE[case], "DELETE")

    answer = delete(world, key, receipt)

    assert isinstance(answer, Deleted)
    assert world.calendar.events == {}


# ── UIDs ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rule", [rule for rule in UidRule if rule is not UidRule.NONE])
def test_a_key_that_stands_in_another_calendar_is_said_and_not_doubled(quirky, rule):
    world = quirky(uid_rule=rule)
    other = world.server.store.add("other")
    key = fresh_key()
    other.put("Moved by hand.ics", text_of(key, "DTSTART:20261201T090000Z"))

    receipt = creating(world, key)

    told = rule is UidRule.FORBIDDEN_HREF
    assert isinstance(error_of(receipt), VersionConflict if told else EventRejected)
    assert world.calendar.events == {}


def test_our_own_event_under_another_name_is_adopted(quirky):
    world = quirky(uid_rule=UidRule.FORBIDDEN_HREF)
    key = fresh_key()
    world.calendar.put("renamed.ics", text_of(key, "DTSTART:20261201T090000Z"))

    receipt = creating(world, key)

    assert isinstance(receipt, Written)
    assert receipt.adopted
    assert receipt.remote_id == f"{world.calendar_id}renamed.ics"


def test_a_key_is_free_again_after_its_event_was_deleted(quirky):
    world = quirky(uid_rule=UidRule.PRECONDITION)
    key, receipt = create(world)
    delete(world, key, receipt)

    _, again = create(world, key=key)

    assert not again.adopted


def test_a_move_is_an_update_in_place(quirky):
    world = quirky()
    key, receipt = create(world)

    update(world, key, receipt, event("Bob"))

    assert set(world.asked()) == {f"PUT {receipt.remote_id}", f"GET {receipt.remote_id}"}


def test_neither_move_nor_copy_nor_any_search_is_ever_asked(quirky):
    world = quirky()
    key, receipt = create(world)
    update(world, key, receipt, event("Bob"))
    look(world)
    world.provider.find(key)
    delete(world, key, fetched(world, receipt))

    assert {r.method for r in world.server.seen()} == {
        "PUT", "GET", "DELETE", "REPORT", "PROPFIND"
    }  # fmt: skip
    reports = b"".join(r.body for r in world.server.seen("REPORT"))
    assert b"calendar-query" not in reports
    assert b"expand" not in reports
    assert b"free-busy" not in reports


def fetched(world, receipt):
    return replace(receipt, version=fetch(world, receipt.remote_id).version)
