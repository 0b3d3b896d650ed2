"""What every provider promises, whatever stands behind it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from appointed.core.events import AllDay, Content, OwnedField, ShowAs, Timed
from appointed.providers.port import (
    CalendarGone,
    CreateEvent,
    Deleted,
    DeleteEvent,
    Failed,
    OutcomeUnknown,
    SyncTokenExpired,
    UpdateEvent,
    VersionConflict,
    Written,
)
from contract.verbs import (
    BERLIN,
    HOUR,
    START,
    create,
    delete,
    event,
    fetch,
    fresh_key,
    look,
    three_foreign,
    token_of,
    tombstones,
    until_known,
    update,
    upserts,
)

WISHES = {
    "plain": event(),
    "no title": event(""),
    "blanks": event("  Ann   "),
    "special characters": event("a;b,c\\d\"e:f'g^n\\n", text="x\\;,\n\ny\tz", location="1; 2, 3"),
    "unicode": event("é e\u0301 \U0001f600 \u200d中文", text="a\u2028b\u2029c"),
    "control characters": event("a\x00b\x07c\x1b", text="x\x0cy\r\nz\x85"),
    "not in XML": event("a\ufffe\uffffb"),
    "long": event("Ann " * 60, text="word " * 2000),
    "address": event(url="https://book.example/a?b=c,d;e&f=ä"),
    "free": event(show_as=ShowAs.FREE),
    "tentative": event(show_as=ShowAs.TENTATIVE),
    "public": event(private=False),
    "cancelled": event(cancelled=True),
    "a day": Content(AllDay(date(2026, 12, 1), date(2026, 12, 2)), "Ann"),
    "days": Content(AllDay(date(2026, 12, 30), date(2027, 1, 3)), "Ann"),
    "half seconds": event(start=START.replace(second=7, microsecond=500_000)),
    "double hour, first": event(start=datetime(2027, 10, 31, 0, 30, tzinfo=UTC).astimezone(BERLIN)),
    "double hour, second": event(
        start=datetime(2027, 10, 31, 1, 30, tzinfo=UTC).astimezone(BERLIN)
    ),
    "before the spring gap": event(start=datetime(2027, 3, 28, 1, 30, tzinfo=BERLIN)),
    "far zone": Content(Timed(START, START + HOUR, "Asia/Kathmandu"), "Ann"),
    "utc": Content(Timed(START, START + HOUR, "UTC"), "Ann"),
    "over midnight": Content(Timed(START, START + 20 * HOUR, "Europe/Berlin"), "Ann"),
}


class ProviderContract:
    """A class that holds a provider to it gives a fixture `world` (see `worlds.py`)."""

    # ── the account ──────────────────────────────────────────────────────────────────────

    def test_the_same_account_has_the_same_subject(self, world):
        first = world.provider.check_credentials()

        second = world.provider.check_credentials()

        assert first.subject
        assert second == first

    def test_calendars_are_listed_and_can_be_read_and_written(self, world):
        listed = {facts.calendar_id: facts for facts in world.provider.list_calendars()}

        checks = [world.provider.check_calendar(c) for c in (world.calendar_id, world.other_id)]

        assert listed.keys() >= {world.calendar_id, world.other_id}
        assert all(check.readable and check.writable for check in checks)

    def test_a_new_calendar_is_listed_and_writable(self, world):
        made = world.provider.create_calendar("Pat's appointments")

        listed = {facts.calendar_id: facts for facts in world.provider.list_calendars()}

        assert listed[made.calendar_id].name == "Pat's appointments"
        wish = CreateEvent("c", fresh_key(), event())
        [receipt] = world.provider.write(made.calendar_id, [wish])
        assert isinstance(receipt, Written)

    def test_a_calendar_that_is_gone_is_told_from_an_empty_one(self, world):
        world.delete_calendar()

        check = world.provider.check_calendar(world.calendar_id)

        assert not check.readable
        assert check.reason
        with pytest.raises(CalendarGone):
            look(world)
        with pytest.raises(CalendarGone):
            create(world)

    # ── create ───────────────────────────────────────────────────────────────────────────

    def test_events_come_back_as_normalise_says(self, world):
        wishes = [CreateEvent(name, fresh_key(), content) for name, content in WISHES.items()]

        receipts = {r.reference: r for r in world.provider.write(world.calendar_id, wishes)}

        seen = upserts(look(world))
        expected = {name: world.provider.normalise(c).stamp for name, c in WISHES.items()}
        assert {name: receipt.stamp for name, receipt in receipts.items()} == expected
        assert {
            name: seen[receipt.remote_id].content.stamp.differing(expected[name])
            for name, receipt in receipts.items()
        } == dict.fromkeys(WISHES, frozenset())

    def test_normalising_twice_is_as_once(self, world):
        once = [world.provider.normalise(content) for content in WISHES.values()]

        twice = [world.provider.normalise(content) for content in once]

        assert twice == once

    def test_the_same_key_twice_is_one_event(self, world):
        key, first = create(world)

        _, second = create(world, key=key)

        assert second.remote_id == first.remote_id
        assert second.adopted
        assert not first.adopted
        assert len(world.stored(world.calendar_id)) == 1

    def test_a_repeated_create_tells_what_stands_there_by_now(self, world):
        key, receipt = create(world)
        world.retitle(receipt.remote_id, "Bob")

        _, second = create(world, key=key)

        assert second.adopted
        assert second.stamp == world.provider.normalise(event("Bob")).stamp

    def test_many_creates_make_each_event_once(self, world):
        wishes = [CreateEvent(str(n), fresh_key(), event(f"Ann {n}")) for n in range(30)]

        receipts = list(world.provider.write(world.calendar_id, wishes))

        assert sorted(receipt.reference for receipt in receipts) == sorted(map(str, range(30)))
        assert all(isinstance(receipt, Written) for receipt in receipts)
        assert len(world.stored(world.calendar_id)) == 30

    def test_one_failure_does_not_stop_the_others(self, world):
        key, receipt = create(world)
        world.delete(receipt.remote_id)
        stale = UpdateEvent("stale", key, receipt.remote_id, receipt.version, event("Bob"))
        wishes = [
            CreateEvent("a", fresh_key(), event()),
            stale,
            CreateEvent("b", fresh_key(), event()),
        ]

        receipts = {r.reference: r for r in world.provider.write(world.calendar_id, wishes)}

        assert isinstance(receipts["a"], Written)
        assert isinstance(receipts["stale"], Failed)
        assert isinstance(receipts["b"], Written)

    # ── update ───────────────────────────────────────────────────────────────────────────

    def test_an_update_changes_the_event_and_its_version(self, world):
        key, receipt = create(world)
        later = event("Bob", START + 2 * HOUR, text="new", location="Room 2")

        answer = update(world, key, receipt, later)

        fetched = fetch(world, receipt.remote_id)
        assert isinstance(answer, Written)
        assert answer.version == fetched.version != receipt.version
        assert fetched.content.stamp == world.provider.normalise(later).stamp

    def test_what_people_hung_on_an_event_survives_an_update(self, world):
        key, receipt = create(world)
        world.decorate(receipt.remote_id)
        seen = fetch(world, receipt.remote_id)

        answer = update(world, key, replace(receipt, version=seen.version), event("Bob"))

        assert isinstance(answer, Written)
        assert world.is_decorated(receipt.remote_id)

    def test_fields_that_are_not_named_stay_as_people_made_them(self, world):
        key, receipt = create(world)
        world.retitle(receipt.remote_id, "Mine")
        seen = fetch(world, receipt.remote_id)
        wish = event("Ann", START + HOUR)
        when = frozenset({OwnedField.WHEN})

        update(world, key, replace(receipt, version=seen.version), wish, fields=when)

        fetched = fetch(world, receipt.remote_id)
        assert fetched.content.title == "Mine"
        assert fetched.content.when.instants == wish.when.instants

    def test_a_stale_update_changes_nothing(self, world):
        key, receipt = create(world)
        world.retitle(receipt.remote_id, "Mine")

        answer = update(world, key, receipt, event("Bob"))

        assert isinstance(answer, Failed)
        assert isinstance(answer.error, VersionConflict)
        assert fetch(world, receipt.remote_id).content.title == "Mine"

    def test_an_update_does_not_bring_a_deleted_event_back(self, world):
        key, receipt = create(world)
        world.delete(receipt.remote_id)

        answer = update(world, key, receipt, event("Bob"))

        assert isinstance(answer, Failed)
        assert isinstance(answer.error, VersionConflict)
        assert world.stored(world.calendar_id) == []

    # ── delete ───────────────────────────────────────────────────────────────────────────

    def test_deleting_twice_is_as_once(self, world):
        key, receipt = create(world)

        first = delete(world, key, receipt)
        second = delete(world, key, receipt)

        assert first == Deleted("d", receipt.remote_id)
        assert second == Deleted("d", receipt.remote_id, already_gone=True)
        assert world.stored(world.calendar_id) == []

    def test_a_stale_delete_deletes_nothing(self, world):
        key, receipt = create(world)
        world.retitle(receipt.remote_id, "Mine")

        answer = delete(world, key, receipt)

        assert isinstance(answer, Failed)
        assert isinstance(answer.error, VersionConflict)
        assert len(world.stored(world.calendar_id)) == 1

    # ── looking ──────────────────────────────────────────────────────────────────────────

    def test_the_first_look_names_everything_and_says_so(self, world):
        _, receipt = create(world)
        foreign = world.add(event("Cy"))

        pages = look(world)

        assert upserts(pages).keys() == {receipt.remote_id, foreign}
        assert pages[-1].complete
        assert pages[-1].listed == {receipt.remote_id, foreign}
        assert token_of(pages)

    def test_a_look_without_news_is_empty(self, world):
        world.add(event("Cy"))
        token = token_of(look(world))

        pages = look(world, token)

        assert upserts(pages) == {}
        assert tombstones(pages) == set()
        assert not pages[-1].complete

    def test_a_look_shows_what_people_did(self, world):
        edited, deleted = world.add(event("Cy")), world.add(event("Di"))
        token = token_of(look(world))
        world.retitle(edited, "Cyrus")
        world.delete(deleted)
        added = world.add(event("Ed"))

        pages = look(world, token)

        assert upserts(pages).keys() == {edited, added}
        assert upserts(pages)[edited].content.title == "Cyrus"
        assert tombstones(pages) == {deleted}

    def test_the_same_token_tells_the_same_twice(self, world):
        token = token_of(look(world))
        added = world.add(event("Ed"))

        first, second = look(world, token), look(world, token)

        assert upserts(first).keys() == upserts(second).keys() == {added}

    def test_our_own_writes_come_back_as_they_were_written(self, world):
        token = token_of(look(world))
        _, receipt = create(world)

        pages = look(world, token)

        [seen] = upserts(pages).values()
        assert (seen.remote_id, seen.version) == (receipt.remote_id, receipt.version)
        assert seen.content.stamp == receipt.stamp

    def test_an_event_moved_away_leaves_a_tombstone(self, world):
        _, receipt = create(world)
        token = token_of(look(world))
        world.move(receipt.remote_id)

        pages = look(world, token)

        assert tombstones(pages) == {receipt.remote_id}

    def test_what_the_caller_knows_is_listed_and_not_read_again(self, world):
        known = {one.remote_id: one.version for one in three_foreign(world)}
        changed = next(iter(known))
        world.retitle(changed, "Cyrus")

        pages = look(world, known=known)

        assert upserts(pages).keys() == {changed}
        assert pages[-1].listed == known.keys()
        assert pages[-1].complete

    def test_a_dead_token_leads_to_a_listing(self, world):
        added = world.add(event("Cy"))
        dead = world.expire_tokens(token_of(look(world)))

        try:
            pages = look(world, dead)
        except SyncTokenExpired:
            pages = look(world)
        else:
            assert pages[0].restart

        assert upserts(pages).keys() == {added}
        assert pages[-1].complete

    def test_a_moved_event_shows_its_new_time(self, world):
        _, receipt = create(world)
        token = token_of(look(world))
        world.drag(receipt.remote_id, 3 * HOUR)

        pages = look(world, token)

        [seen] = upserts(pages).values()
        assert seen.content.when.instants[0] == (START + 3 * HOUR).astimezone(UTC)
        assert seen.version != receipt.version

    def test_foreign_events_show_when_and_how_they_block(self, world):
        remote_id = world.add(event("Cy", show_as=ShowAs.FREE, private=True))

        [seen] = upserts(look(world)).values()

        assert seen.remote_id == remote_id
        assert seen.key is None
        assert (seen.show_as, seen.private, seen.recurring) == (ShowAs.FREE, True, False)
        [span] = seen.spans
        assert (span.start, span.end) == (START.astimezone(UTC), (START + HOUR).astimezone(UTC))

    # ── one event ────────────────────────────────────────────────────────────────────────

    def test_only_living_events_are_fetched(self, world):
        _, receipt = create(world)
        gone = world.add(event("Cy"))
        world.delete(gone)

        found = world.provider.fetch(world.calendar_id, [gone, receipt.remote_id])

        assert [one.remote_id for one in found] == [receipt.remote_id]

    def test_an_event_is_found_by_its_key(self, world):
        key, receipt = create(world)

        found = world.provider.find(key)

        [carrier] = found
        assert carrier.calendar_id == world.calendar_id
        assert carrier.event.remote_id == receipt.remote_id
        assert carrier.event.key == key

    def test_an_event_is_found_where_it_was_moved(self, world):
        key, receipt = create(world)
        moved = world.move(receipt.remote_id)

        found = world.provider.find(key)

        assert [(c.calendar_id, c.event.remote_id) for c in found] == [(world.other_id, moved)]

    def test_nothing_is_found_by_a_key_that_nobody_bears(self, world):
        create(world)

        found = world.provider.find(fresh_key())

        assert list(found) == []

    def test_a_copy_is_another_event(self, world):
        key, receipt = create(world)
        copied = world.copy(receipt.remote_id)

        delete(world, key, receipt)

        assert list(world.stored(world.calendar_id)) == [copied]

    def test_busy_times_are_read_live(self, world):
        world.add(event("Cy"))
        world.add(event("Di", START + 5 * HOUR, show_as=ShowAs.FREE))

        spans = world.provider.busy([world.calendar_id], START, START + 9 * HOUR)

        assert [(span.start, span.end) for span in spans] == [
            (START.astimezone(UTC), (START + HOUR).astimezone(UTC))
        ]

    # ── nobody knows what became of it ───────────────────────────────────────────────────

    @pytest.mark.parametrize("fault", ["lose_answers", "drop_requests"])
    def test_a_create_without_an_answer_makes_one_event_in_the_end(self, world, fault):
        key = fresh_key()
        getattr(world, fault)(1)

        receipt = until_known(world, CreateEvent("c", key, event()))

        assert isinstance(receipt, Written)
        assert list(world.stored(world.calendar_id)) == [receipt.remote_id]

    @pytest.mark.parametrize("fault", ["lose_answers", "drop_requests"])
    def test_an_update_without_an_answer_is_settled_by_a_look(self, world, fault):
        key, receipt = create(world)
        getattr(world, fault)(1)

        answer = update(world, key, receipt, event("Bob"))

        settled = fetch(world, receipt.remote_id)
        match answer:
            case Written():
                assert settled.content.title == "Bob"
            case Failed(_, error):
                assert isinstance(error, OutcomeUnknown)

    @pytest.mark.parametrize("fault", ["lose_answers", "drop_requests"])
    def test_a_delete_without_an_answer_can_be_repeated(self, world, fault):
        key, receipt = create(world)
        getattr(world, fault)(1)

        answer = until_known(world, DeleteEvent("d", key, receipt.remote_id, receipt.version))

        assert isinstance(answer, Deleted)
        assert list(world.stored(world.calendar_id)) == []
