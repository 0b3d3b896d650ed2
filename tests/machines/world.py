"""A whole world around the planner: book, calendars, people, time – and the checks from outside.

The checks are those of scenarios.md (CHK1–CHK5); they read the memory server's own accounts
and never the engine's opinion of what happened.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from appointed.core.events import Content, OwnedField, Timed
from appointed.core.keys import Item
from appointed.core.links import RECREATIONS, LinkState
from appointed.core.settling import put_back
from appointed.core.steps import (
    Absent,
    Age,
    OnDeletion,
    Policy,
    Stand,
    Wanted,
    Why,
)
from appointed.core.windows import EARLIEST, LATEST, Window, window_around
from appointed.providers.memory import Deed, Echo, MemoryServer, People, StoredEvent, connect
from appointed.providers.memory.accounting import Verb, Write
from appointed.providers.memory.auth import Rights
from appointed.providers.memory.manifest import MANIFESTS, Manifest
from appointed.providers.memory.mapping import spans_in
from appointed.providers.port import Identity
from machines.executor import Crash, CrashPoint, Engine
from machines.store import Appointment, Store

BEGIN = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ZONE = "Europe/Berlin"
P, Q = "p", "q"
INSTALLATION = UUID(int=99)
PRACTITIONER = UUID(int=100)
ALWAYS = Window(EARLIEST, LATEST)
WHEN = frozenset({OwnedField.WHEN})

KINDS: dict[str, Manifest] = {
    "client_id": MANIFESTS[Identity.CLIENT_ID],
    "name": MANIFESTS[Identity.NAME],
    "server_id": MANIFESTS[Identity.SERVER_ID],
    "forgetful": replace(MANIFESTS[Identity.SERVER_ID], knows_requests=False),
}
"""The three kinds of identity, and a server that makes two of what it is sent twice."""


@dataclass(slots=True)
class Settings:
    """What the practitioner chose."""

    push_calendar: str = P
    days_in_arrears: int = 7
    days_in_advance: int = 60
    on_deletion: OnDeletion = OnDeletion.CANCEL


@dataclass(slots=True)
class Armed:
    """A crash that waits for its place to be reached `times` times."""

    point: CrashPoint
    times: int = 1


@dataclass(slots=True)
class World:
    """Everything, for one kind of server.

    `true_now` is the time of the world, `skew` the error of our clock.
    """

    kind: str
    echo: Echo = field(default_factory=Echo)
    page_size: int = 3
    true_now: datetime = BEGIN
    skew: timedelta = timedelta(0)
    settings: Settings = field(default_factory=Settings)
    armed: Armed | None = None
    server: MemoryServer = field(init=False)
    people: People = field(init=False)
    store: Store = field(default_factory=Store)
    engine: Engine = field(init=False)
    expected: dict[Item, datetime] = field(default_factory=dict)
    """Cancellations owed: a person deleted an event that was in step, at that time."""

    def __post_init__(self) -> None:
        manifest = KINDS[self.kind]
        self.server = MemoryServer(
            manifest.identity,
            clock=lambda: self.true_now,
            echo=self.echo,
            page_size=self.page_size,
            manifest=manifest,
        )
        for calendar in (P, Q):
            self.server.add_calendar(calendar, zone=ZONE)
        self.people = People(self.server)
        self.restart()

    # ── the engine ───────────────────────────────────────────────────────────────────────

    @property
    def now(self) -> datetime:
        """Our clock."""
        return self.true_now + self.skew

    def restart(self) -> None:
        """Start the process anew: nothing is known but what was committed."""
        self.engine = Engine(
            store=self.store,
            provider=connect(self.server),
            wanted=self.wanted,
            policy=lambda: Policy(INSTALLATION, self.settings.on_deletion),
            clock=lambda: self.now,
            calendars=(P, Q),
            reach=self._reach,
        )

    def cycle(self) -> bool:
        """Run once; false says that the process died and was started anew."""
        try:
            self.engine.cycle()
        except Crash:
            self.restart()
            return False
        finally:
            self.armed = None
            self.check_always()
        return True

    def _reach(self, point: CrashPoint) -> None:
        if self.armed is None or self.armed.point is not point:
            return
        self.armed.times -= 1
        if self.armed.times <= 0:
            raise Crash(point)

    def wanted(self, item: Item) -> Wanted:
        appointment = self.store.state.book[item]
        if appointment.cancelled:
            return Absent(Why.CANCELLED)
        content = connect(self.server).normalise(appointment.content)
        window = self.window()
        assert isinstance(content.when, Timed)
        start, end = content.when.instants
        if end <= window.start:
            return Age(content)
        if start >= window.end:
            return Absent(Why.BEYOND_ADVANCE)
        return Stand(self.settings.push_calendar, content, start)

    def window(self) -> Window:
        s = self.settings
        return window_around(
            self.now, ZONE, days_in_arrears=s.days_in_arrears, days_in_advance=s.days_in_advance
        )

    # ── the book ─────────────────────────────────────────────────────────────────────────

    def book(self, start: datetime, title: str = "Ann") -> Item:
        number = len(self.store.state.book) + 1
        item = Item(PRACTITIONER, UUID(int=number))
        self.save(item, Appointment(item.appointment, at(start, title)))
        return item

    def save(self, item: Item, appointment: Appointment) -> None:
        """Commit what a person wrote into the book."""
        with self.store.committing() as draft:
            version = appointment.version + 1
            draft.book[item] = replace(appointment, version=version)
            draft.questions.pop(item, None)
        self.expected.pop(item, None)

    def move(self, item: Item, start: datetime) -> None:
        old = self.store.state.book[item]
        self.save(item, replace(old, content=at(start, old.content.title)))

    def retitle(self, item: Item, title: str) -> None:
        old = self.store.state.book[item]
        self.save(item, replace(old, content=replace(old.content, title=title)))

    def cancel(self, item: Item) -> None:
        self.save(item, replace(self.store.state.book[item], cancelled=True))

    def reinstate(self, item: Item) -> None:
        old = self.store.state.book[item]
        self.save(item, replace(old, cancelled=False, by_calendar=False))

    def answer(self, item: Item, *, accept: bool) -> None:
        """Answer the question whether a deletion was meant."""
        with self.store.committing() as draft:
            draft.questions.pop(item)
            link = draft.links[item]
            if link.state is not LinkState.MISSING:
                return
            if accept:
                draft.book[item] = replace(draft.book[item], cancelled=True)
            draft.links[item] = put_back(link)

    # ── people ───────────────────────────────────────────────────────────────────────────

    def event_of(self, item: Item) -> StoredEvent | None:
        """Return the living event that an item's link names."""
        link = self.store.state.links.get(item)
        if link is None or not link.is_ours:
            return None
        event = self.server.get(link.calendar_id, link.remote_id)
        return event if event is not None and event.alive else None

    def delete_event(self, event: StoredEvent) -> None:
        """Delete an event as a person does; a cancellation is owed where it was in step."""
        item = next((i for i in self.store.state.links if self.event_of(i) == event), None)
        self.people.delete(event)
        if item is not None and self._is_in_step(item) and not self._has_copies(event.request):
            self.expected[item] = self.true_now

    def copy_event(
        self, event: StoredEvent, *, to: str, by: timedelta, with_properties: bool
    ) -> None:
        """Copy an event; where our mark goes along, nobody owes a cancellation any more."""
        self.people.copy(event, to=to, by=by, with_properties=with_properties)
        if with_properties:
            self._excuse(event)

    def buried(self) -> list[StoredEvent]:
        """Return what people deleted and could take out of the bin, oldest first."""
        gone = [d.after for d in self.server.accounts.deeds if d.deed is Deed.DELETED]
        standing = [self.server.get(e.calendar_id, e.remote_id) for e in gone if e is not None]
        living = {e.serial for e in self.server.events()}
        found = {e.serial: e for e in standing if e is not None and not e.alive}
        return [e for serial, e in sorted(found.items()) if serial not in living]

    def restore_event(self, event: StoredEvent) -> None:
        """Take an event out of the bin."""
        self.people.restore(event)
        self._excuse(event)

    def mend(self) -> None:
        """Let everything at the other side go well again; what is on its way still arrives."""
        self.server.faults.clear()
        for calendar in (P, Q):
            self.people.set_rights(calendar, Rights.WRITE)
        self.people.renew_grant()

    def set_clock(self, skew: timedelta) -> None:
        """Set our clock wrong; never ahead where only waiting tells whether a request arrives."""
        if self.kind != "forgetful" or skew <= self.skew:
            self.skew = skew

    def choose_calendar(self, calendar: str) -> None:
        """Push to another calendar from now on: deletions in the old one count no more."""
        if calendar != self.settings.push_calendar:
            self.settings.push_calendar = calendar
            self.expected.clear()

    def set_window(self, arrears: int, advance: int) -> None:
        """Keep more or fewer days in step from now on."""
        self.settings.days_in_arrears = arrears
        self.settings.days_in_advance = advance
        self.expected.clear()

    def choose_on_deletion(self, choice: OnDeletion) -> None:
        """Let deletions mean something else from now on."""
        if choice is not self.settings.on_deletion:
            self.settings.on_deletion = choice
            self.expected.clear()

    def _excuse(self, event: StoredEvent) -> None:
        for item, link in self.store.state.links.items():
            if link.key in {event.key, event.request}:
                self.expected.pop(item, None)

    def _is_in_step(self, item: Item) -> bool:
        link, wanted = self.store.state.links[item], self.wanted(item)
        return (
            isinstance(wanted, Stand)
            and link.state is LinkState.LIVE
            and link.seen
            and wanted.calendar_id == link.target
            and not wanted.content.stamp.differing(link.agreed)
            and self.settings.on_deletion is OnDeletion.CANCEL
        )

    def _has_copies(self, key: str) -> bool:
        """Say whether people have spread our mark: nobody can tell then where it went."""
        return any(
            d.deed is Deed.COPIED and d.after is not None and d.after.key == key
            for d in self.server.accounts.deeds
        )

    # ── checks ───────────────────────────────────────────────────────────────────────────

    def check_always(self) -> None:
        """Check what holds at every moment, faults or not."""
        for write in self.server.accounts.foreign_writes():
            assert self._is_adopted(write), f"CHK2: a foreign event was written: {write}"
        state = self.store.state
        linked = self._linked()
        assert not linked & state.busy.keys(), "inv6: an event is link and busy time at once"
        for item, appointment in state.book.items():
            if appointment.by_calendar:
                self._check_cause(item)

    def _is_adopted(self, write: Write) -> bool:
        """Say whether a person's copy was written in place of ours, which had died before."""
        if write.before is None or write.before.key is None or write.after is None:
            return False
        deaths = (d.after for d in self.server.accounts.deeds if d.deed is Deed.DELETED)
        ours = [e for e in deaths if e is not None and e.request == write.before.key]
        return any(_order(e) < _order(write.after) for e in ours)

    def _check_cause(self, item: Item) -> None:
        """CHK5, inv3: only what a person killed cancels, and only once a cancellation."""
        prefix = f"{item.appointment}"
        keys = [
            word.removeprefix("cancelled ")
            for who, word in self.store.state.journal
            if who == prefix and word.startswith("cancelled ")
        ]
        assert len(keys) == sum(1 for i, _ in self.store.state.mails if i == item), "inv4"
        for key in keys:
            assert self._was_killed_by_a_person(key), f"inv3: nobody deleted {key}"
        appointment = self.store.state.book[item]
        found = self.store.state.mails.get((item, appointment.version))
        if found is not None and isinstance(appointment.content.when, Timed):
            start = appointment.content.when.instants[0]
            assert start > found, "inv3: what had begun was cancelled"
            assert self._last_written(keys[-1]) == start, "inv3: the book had changed unsent"

    def _last_written(self, key: str) -> datetime | None:
        """Return the start that an engine last wrote into the event with this key."""
        writes = (w.after for w in self.server.accounts.writes if w.verb is not Verb.DELETE)
        starts = [
            e.content.when.instants[0]
            for e in writes
            if e is not None and key in _keys(e) and isinstance(e.content.when, Timed)
        ]
        return starts[-1] if starts else None

    def _was_killed_by_a_person(self, key: str) -> bool:
        """Say whether the last death of an event with this key was a person's deed."""
        by_people = (d.after for d in self.server.accounts.deeds if d.deed is Deed.DELETED)
        by_us = (w.after for w in self.server.accounts.writes if w.verb is Verb.DELETE)
        deaths = [(_order(e), True) for e in by_people if e is not None and key in _keys(e)]
        deaths += [(_order(e), False) for e in by_us if e is not None and key in _keys(e)]
        return bool(deaths) and max(deaths)[1]

    def settle(self) -> None:
        """Let all faults end, whatever is on its way arrive, and three cycles run."""
        self.armed = None
        self.mend()
        self.restart()
        latest = max(self.store.state.sent_at.values(), default=self.now)
        self.true_now += timedelta(minutes=5) + max(latest - self.now, timedelta(0))
        self.server.catch_up()
        with self.store.committing() as draft:
            draft.audit_due.clear()
            draft.doubts.clear()
        for _ in range(3):
            self.cycle()
            self.true_now += timedelta(minutes=3)
            with self.store.committing() as draft:
                if any(draft.doubts.values()):
                    draft.audit_due.clear()

    def check_settled(self) -> None:
        """Check CHK1, CHK3, CHK4 and the liveness of deletions, after `settle`."""
        self.check_always()
        self._check_events()
        self._check_strays()
        self._check_busy()
        self._check_cancelled()
        self._check_fixpoint()

    def _check_events(self) -> None:
        for item in self.store.state.book:
            wanted = self.wanted(item)
            link = self.store.state.links.get(item)
            if link is not None and self._has_copies(link.key):
                continue
            if item in self.store.state.questions:
                continue
            if isinstance(wanted, Stand):
                self._check_stands(item, wanted)
            elif isinstance(wanted, Absent):
                assert link is None or link.state in _AT_REST_WITHOUT, f"CHK1: {link}"

    def _check_stands(self, item: Item, wanted: Stand) -> None:
        link = self.store.state.links.get(item)
        assert link is not None, f"CHK1: nothing stands for {item}"
        if link.state is LinkState.GONE:
            assert wanted.start <= self.now, f"CHK1: gone, but still to come: {link}"
            return
        if link.state is LinkState.PARKED and link.recreations >= RECREATIONS:
            return  # deleted each time before it was seen
        assert link.state in {LinkState.LIVE, LinkState.CONTESTED}, f"CHK1: {link}"
        event = self.event_of(item)
        assert event is not None, f"CHK1: no event stands for {link}"
        if link.state is LinkState.CONTESTED:
            assert self._drags(event) > 3, "contested without a contest"
            return
        differing = wanted.content.stamp.differing(event.content.stamp)
        assert not differing & WHEN, f"CHK1: at another time: {event}"

    def _drags(self, event: StoredEvent) -> int:
        deeds = self.server.accounts.deeds
        return sum(1 for d in deeds if d.after is not None and d.after.serial == event.serial)

    def _check_strays(self) -> None:
        """CHK1: no other living event carries one of our keys, but for people's doing."""
        linked = self._linked()
        for event in self.server.events():
            if not event.ours or (event.calendar_id, event.remote_id) in linked:
                continue
            assert self._is_excused(event), f"CHK1: a stray event of ours: {event}"

    def _is_excused(self, event: StoredEvent) -> bool:
        """Say whether people, or a request that came too late, explain the event."""
        excuses = (
            self._is_aged(event),
            self._has_copies(event.request),
            self._was(Deed.RESTORED, event),
            self._was_resurrected(event),
            # of an unknown removal nobody can tell a move under a new id from a copy
            self._was(Deed.MOVED, event) and self.kind in {"server_id", "forgetful"},
        )
        return any(excuses)

    def _was(self, deed: Deed, event: StoredEvent) -> bool:
        deeds = (d for d in self.server.accounts.deeds if d.deed is deed)
        return any(d.after is not None and d.after.serial == event.serial for d in deeds)

    def _was_resurrected(self, event: StoredEvent) -> bool:
        manifest = self.server.manifest
        if manifest.burns_ids or manifest.knows_requests:
            return False
        late = (w.after for w in self.server.accounts.writes if w.late and w.before is None)
        return any(after is not None and after.serial == event.serial for after in late)

    def _linked(self) -> set[tuple[str, str]]:
        links = self.store.state.links.values()
        return {(x.calendar_id, x.remote_id) for x in links if x.is_ours}

    def _is_aged(self, event: StoredEvent) -> bool:
        return any(
            link.key == event.request and link.state is LinkState.AGED
            for link in self.store.state.links.values()
        )

    def _check_busy(self) -> None:
        linked = self._linked()
        there = {
            (e.calendar_id, e.remote_id): (e.version, spans_in(e, ALWAYS, ZONE))
            for e in self.server.events()
            if (e.calendar_id, e.remote_id) not in linked
        }
        known = {place: (b.version, b.spans) for place, b in self.store.state.busy.items()}
        assert known == there, "CHK3: the busy index is not the truth"

    def _check_cancelled(self) -> None:
        for item, at_time in self.expected.items():
            appointment = self.store.state.book[item]
            assert isinstance(appointment.content.when, Timed)
            if appointment.content.when.instants[0] <= self.now:
                continue
            if not appointment.cancelled and not isinstance(self.wanted(item), Stand):
                continue  # out of the window by now
            assert appointment.by_calendar, f"inv8: deleted at {at_time}, still booked: {item}"

    def _check_fixpoint(self) -> None:
        writes, journal = len(self.server.accounts.writes), len(self.store.state.journal)
        mails, requests = len(self.store.state.mails), len(self.server.accounts.requests)
        self.cycle()
        assert len(self.server.accounts.writes) == writes, "CHK4: a settled world was written to"
        assert len(self.store.state.journal) == journal, "CHK4: a settled world was decided upon"
        assert len(self.store.state.mails) == mails, "CHK4: a mail in a settled world"
        asked = len(self.server.accounts.requests) - requests
        assert asked <= _IDLE_REQUESTS + 4 * self._unsure(), "inv13: too many requests"

    def _unsure(self) -> int:
        """How many links wait for an answer that nobody can give."""
        return sum(1 for x in self.store.state.links.values() if x.state in _UNSURE)


_AT_REST_WITHOUT = frozenset({LinkState.GONE, LinkState.RELEASED, LinkState.AGED})
_UNSURE = frozenset({LinkState.SENDING, LinkState.MISSING})
_IDLE_REQUESTS = 4


def _order(event: StoredEvent) -> int:
    return int(event.version.removeprefix("v"))


def _keys(event: StoredEvent) -> set[str | None]:
    return {event.request, event.key}


def at(start: datetime, title: str = "Ann") -> Content:
    return Content(Timed(start, start + HOUR, ZONE), title)
