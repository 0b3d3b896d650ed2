"""The memory server's own habits; what every provider promises stands in `tests/contract`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from appointed.core.events import Content, Timed
from appointed.core.windows import EARLIEST, LATEST, Window
from appointed.providers.memory import Echo, MemoryServer, People, Rights, Verb, connect
from appointed.providers.memory.faults import (
    Answer,
    Drop,
    EmptyListing,
    HalfListing,
    LoseAnswer,
    RepeatItems,
    Zombie,
)
from appointed.providers.port import (
    CalendarGone,
    CreateEvent,
    CredentialsRejected,
    Deleted,
    DeleteEvent,
    Failed,
    Identity,
    KeyTaken,
    OutcomeUnknown,
    ProviderUnavailable,
    RateLimited,
    ReadOnly,
    SyncTokenExpired,
    UpdateEvent,
    VersionConflict,
    Written,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANN = Content(Timed(NOON, NOON + timedelta(hours=1), "Europe/Berlin"), "Ann")
ALWAYS = Window(EARLIEST, LATEST)
KEY = "k" * 32


class World:
    def __init__(self, identity=Identity.NAME, **options):
        self.now = NOON
        self.server = MemoryServer(identity, clock=lambda: self.now, **options)
        self.server.add_calendar("p")
        self.server.add_calendar("q")
        self.people = People(self.server)
        self.provider = connect(self.server)

    def create(self, key=KEY, content=ANN):
        [receipt] = self.provider.write("p", [CreateEvent("r", key, content)])
        return receipt

    def delete(self, receipt):
        wish = DeleteEvent("r", KEY, receipt.remote_id, receipt.version)
        [gone] = self.provider.write("p", [wish])
        return gone

    def look(self, token=None):
        return list(self.provider.changes("p", token, ALWAYS))


@pytest.fixture(params=list(Identity))
def world(request):
    return World(request.param)


def test_the_same_key_twice_is_one_event(world):
    first = world.create()

    second = world.create()

    assert second == replace(first, adopted=True)
    assert len(world.server.events("p")) == 1


@pytest.mark.parametrize(
    ("identity", "free"),
    [(Identity.CLIENT_ID, False), (Identity.NAME, True), (Identity.SERVER_ID, False)],
)
def test_a_key_is_free_again_after_a_deletion_only_where_names_are(identity, free):
    world = World(identity)
    world.delete(world.create())

    again = world.create()

    assert isinstance(again, Written) is free
    assert free or (isinstance(again.error, KeyTaken) and again.error.burnt)


@pytest.mark.parametrize(
    ("identity", "kept"),
    [(Identity.CLIENT_ID, True), (Identity.NAME, False), (Identity.SERVER_ID, False)],
)
def test_a_moved_event_is_found_by_its_key_and_buried_in_its_old_calendar(identity, kept):
    world = World(identity)
    receipt = world.create()
    token = world.look()[-1].next_token

    moved = world.people.move(world.server.get("p", receipt.remote_id), "q")

    [found] = world.provider.find(KEY)
    [page] = world.look(token)
    assert found.calendar_id == "q"
    assert (moved.remote_id == receipt.remote_id) is kept
    assert [t.remote_id for t in page.tombstones] == [receipt.remote_id]


def test_a_copy_carries_our_property_and_is_nobody_of_ours(world):
    receipt = world.create()

    copy = world.people.copy(world.server.get("p", receipt.remote_id))

    assert [f.event.remote_id for f in world.provider.find(KEY)] == [
        receipt.remote_id,
        copy.remote_id,
    ]
    assert not copy.ours


def test_an_update_of_an_older_version_changes_nothing(world):
    receipt = world.create()
    world.people.drag(world.server.get("p", receipt.remote_id), timedelta(hours=1))
    wish = UpdateEvent("r", KEY, receipt.remote_id, receipt.version, replace(ANN, title="Bob"))

    [failed] = world.provider.write("p", [wish])

    assert isinstance(failed.error, VersionConflict)
    assert [w.verb for w in world.server.accounts.writes] == [Verb.CREATE]


def test_deleting_what_is_gone_says_so(world):
    receipt = world.create()
    world.people.delete(world.server.get("p", receipt.remote_id))

    gone = world.delete(receipt)

    assert gone == Deleted("r", receipt.remote_id, already_gone=True)


def test_a_restored_event_is_alive_again(world):
    receipt = world.create()
    gone = world.people.delete(world.server.get("p", receipt.remote_id))

    back = world.people.restore(gone)

    assert [f.event.remote_id for f in world.provider.find(KEY)] == [back.remote_id]
    assert back.ours


@pytest.mark.parametrize(
    ("effect", "stored", "error"),
    [
        (Drop(), False, OutcomeUnknown),
        (LoseAnswer(), True, OutcomeUnknown),
        (Zombie(timedelta(seconds=30)), False, OutcomeUnknown),
        (Answer(503), False, ProviderUnavailable),
        (Answer(504), False, OutcomeUnknown),
        (Answer(429, retry_after=7), False, RateLimited),
    ],
)
def test_a_fault_meets_one_write_and_the_next_goes_through(world, effect, stored, error):
    world.server.faults.plant(effect, [Verb.CREATE])

    failed = world.create()

    assert isinstance(failed, Failed)
    assert isinstance(failed.error, error)
    assert bool(world.server.events("p")) is stored
    assert isinstance(world.create(), Written)


def test_a_zombie_is_carried_out_when_its_time_has_come(world):
    world.server.faults.plant(Zombie(timedelta(seconds=30)), [Verb.CREATE])
    world.create()

    world.now += timedelta(seconds=30)

    assert len(world.server.events("p")) == 1
    assert world.server.accounts.writes[0].late


def test_a_change_report_names_what_changed_and_what_went(world):
    kept, gone = world.create(), world.create("m" * 32)
    token = world.look()[-1].next_token
    world.people.drag(world.server.get("p", kept.remote_id), timedelta(hours=1))
    world.people.delete(world.server.get("p", gone.remote_id))

    [page] = world.look(token)

    assert [e.remote_id for e in page.upserts] == [kept.remote_id]
    assert [t.remote_id for t in page.tombstones] == [gone.remote_id]
    assert not page.complete
    assert world.look(page.next_token)[0].upserts == ()


def test_a_whole_look_comes_in_pages_and_only_its_last_is_complete():
    world = World(page_size=2)
    for name in "abcde":
        world.create(name * 32)

    pages = world.look()

    assert [len(p.upserts) for p in pages] == [2, 2, 1]
    assert [p.complete for p in pages] == [False, False, True]
    assert [bool(p.next_token) for p in pages] == [False, False, True]
    assert len(pages[-1].listed) == 5


def test_what_is_known_is_listed_and_not_read_again(world):
    receipt = world.create()
    known = {receipt.remote_id: receipt.version}

    [page] = world.provider.changes("p", None, ALWAYS, known=known)

    assert page.upserts == ()
    assert page.listed == {receipt.remote_id}


def test_a_dead_token_restarts_where_names_are_and_raises_elsewhere(world):
    world.create()
    token = world.look()[-1].next_token
    world.people.expire_tokens("p")

    if world.provider.identity is Identity.NAME:
        [page] = world.look(token)
        assert page.restart
        assert page.complete
    else:
        with pytest.raises(SyncTokenExpired):
            world.look(token)


@pytest.mark.parametrize(
    ("effect", "count"), [(EmptyListing(), 0), (HalfListing(), 2), (RepeatItems(), 6)]
)
def test_a_listing_may_lie_once(world, effect, count):
    for name in "abc":
        world.create(name * 32)
    world.server.faults.plant(effect, [Verb.LISTING])

    [page] = world.look()

    assert len(page.upserts) == count
    assert page.complete
    assert len(world.look()[0].upserts) == 3


def test_a_lost_change_is_in_no_report_and_in_every_listing(world):
    receipt = world.create()
    token = world.look()[-1].next_token
    world.server.faults.lost_changes.add(receipt.remote_id)
    dragged = world.people.drag(world.server.get("p", receipt.remote_id), timedelta(hours=1))

    [report], [listing] = world.look(token), world.look()

    assert report.upserts == ()
    assert listing.upserts[0].version == dragged.version


def test_an_unreadable_event_is_neither_changed_nor_gone(world):
    receipt = world.create()
    world.server.faults.unreadable.add(receipt.remote_id)

    [page] = world.look()

    assert page.unread == (receipt.remote_id,)
    assert receipt.remote_id in page.listed
    with pytest.raises(ProviderUnavailable):
        world.provider.fetch("p", [receipt.remote_id])


def test_a_young_event_is_hidden_from_searches_while_they_lag():
    world = World(Identity.SERVER_ID)
    world.server.faults.search_lag = timedelta(seconds=60)
    world.create()

    before = list(world.provider.find(KEY))
    world.now += timedelta(seconds=60)

    assert before == []
    assert len(world.provider.find(KEY)) == 1


def test_rights_and_grants_are_told_apart(world):
    world.people.set_rights("p", Rights.READ)
    assert isinstance(world.create().error, ReadOnly)
    world.people.set_rights("p", Rights.NONE)
    with pytest.raises(CalendarGone):
        world.look()
    world.people.revoke_grant()
    with pytest.raises(CredentialsRejected):
        world.look()


def test_a_lost_calendar_buries_nobody(world):
    receipt = world.create()
    world.people.delete_calendar("p")

    with pytest.raises(CalendarGone):
        world.provider.fetch("p", [receipt.remote_id])
    assert not world.provider.check_calendar("p").readable


def test_a_calendar_made_anew_has_another_epoch(world):
    before = world.provider.check_calendar("p").epoch

    world.people.recreate_calendar("p")

    assert world.provider.check_calendar("p").epoch != before


def test_an_echo_is_what_normalise_says():
    world = World(echo=Echo(rewrites=True, tells_version=False))
    sent = replace(
        ANN, title="  Ann   Lee ", when=replace(ANN.when, start=NOON.replace(microsecond=5))
    )

    receipt = world.create(content=sent)

    [event] = world.provider.fetch("p", [receipt.remote_id])
    assert event.content == world.provider.normalise(sent)
    assert event.content.title == "Ann Lee"
    assert receipt.version == ""


def test_foreign_fields_survive_an_update(world):
    receipt = world.create()
    event = world.people.edit(
        world.server.get("p", receipt.remote_id), extras=(("alarm", "-PT15M"),)
    )
    wish = UpdateEvent("r", KEY, event.remote_id, event.version, replace(ANN, title="Bob"))

    [written] = world.provider.write("p", [wish])

    assert world.server.get("p", written.remote_id).extras == (("alarm", "-PT15M"),)


def test_the_accounts_name_a_foreign_write(world):
    own = world.create()
    foreign = world.people.add("p", ANN)
    wishes = [
        DeleteEvent("r", KEY, own.remote_id, own.version),
        DeleteEvent("s", KEY, foreign.remote_id, foreign.version),
    ]

    list(world.provider.write("p", wishes))

    assert [w.before for w in world.server.accounts.foreign_writes()] == [foreign]
