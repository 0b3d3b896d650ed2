"""The whole at random: book × people × faults × crashes × clocks × windows, for each kind (V10).

`APPOINTED_MACHINE_STEPS` sets how many steps are taken for each kind; more than the usual
number are drawn anew each time, the usual ones are always the same.
"""

import os
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from appointed.core.steps import OnDeletion
from appointed.providers.memory import Echo, Rights, Verb
from appointed.providers.memory.accounting import EVENT_WRITES
from appointed.providers.memory.faults import (
    Answer,
    Drop,
    EmptyListing,
    HalfListing,
    LoseAnswer,
    RepeatItems,
    Unreachable,
    Zombie,
)
from machines.executor import CrashPoint
from machines.world import BEGIN, DAY, HOUR, KINDS, Armed, P, Q, World, at

USUAL_STEPS = 4_000
STEPS = int(os.environ.get("APPOINTED_MACHINE_STEPS", USUAL_STEPS))
STEPS_A_RUN = 50

MINUTE = timedelta(minutes=1)
READS = (Verb.FETCH, Verb.FIND, Verb.CHANGES, Verb.LISTING, Verb.CHECK)
EFFECTS = st.one_of(
    st.just(Drop()),
    st.just(Unreachable()),
    st.just(LoseAnswer()),
    st.builds(Zombie, st.sampled_from([timedelta(seconds=s) for s in (5, 40, 90)])),
    st.builds(Answer, st.sampled_from([401, 403, 404, 409, 412, 429, 500, 503, 504])),
)
LIES = st.sampled_from([EmptyListing(), HalfListing(), RepeatItems()])
RIGHTS = [Rights.NONE, Rights.READ, Rights.WRITE]
number = st.integers(min_value=0, max_value=99)
days = st.integers(min_value=-10, max_value=70)
hours = st.integers(min_value=1, max_value=12)
calendars = st.sampled_from([P, Q])
titles = st.sampled_from(["Ann", "Bob", "  Cy  ", "A\u0308nn"])


class SyncMachine(RuleBasedStateMachine):
    """One world; a subclass names the kind of server."""

    kind: str
    met: Counter[str]

    @initialize(
        rewrites=st.booleans(), tells_version=st.booleans(), page_size=st.sampled_from([1, 3, 50])
    )
    def begin(self, rewrites, tells_version, page_size):
        echo = Echo(rewrites=rewrites, tells_version=tells_version)
        self.world = World(self.kind, echo, page_size)
        for n in range(2):
            self.world.book(BEGIN + (n + 1) * DAY)
        self.run_on()

    # ── the book ─────────────────────────────────────────────────────────────────────────

    @rule(day=days, hour=hours, title=titles)
    def book(self, day, hour, title):
        if len(self.world.store.state.book) < 6:
            self.world.book(BEGIN + day * DAY + hour * HOUR, title)

    @rule(n=number, day=days)
    def move_in_the_book(self, n, day):
        if item := self._item(n):
            self.world.move(item, self.world.true_now + day * DAY)

    @rule(n=number, title=titles)
    def retitle_in_the_book(self, n, title):
        if item := self._item(n):
            self.world.retitle(item, title)

    @rule(n=number)
    def cancel_in_the_book(self, n):
        if item := self._item(n):
            self.world.cancel(item)

    @rule(n=number)
    def book_again(self, n):
        if item := self._item(n):
            self.world.reinstate(item)

    @precondition(lambda self: self.world.store.state.questions)
    @rule(n=number, accept=st.booleans())
    def answer_a_question(self, n, accept):
        questions = sorted(self.world.store.state.questions, key=lambda i: i.appointment)
        self.world.answer(questions[n % len(questions)], accept=accept)

    # ── the engine ───────────────────────────────────────────────────────────────────────

    @rule()
    def run(self):
        self.world.cycle()

    @rule()
    def run_on(self):
        for _ in range(2):
            self.world.cycle()
            self.world.true_now += timedelta(seconds=130)

    @rule()
    def mend_and_run_on(self):
        self.world.mend()
        self.run_on()

    @rule(point=st.sampled_from(CrashPoint), times=st.integers(1, 3))
    def run_and_die(self, point, times):
        self.world.armed = Armed(point, times)
        self.world.cycle()

    @rule(effect=EFFECTS, verbs=st.sets(st.sampled_from([*READS, *EVENT_WRITES]), min_size=1))
    def run_with_a_fault(self, effect, verbs):
        self.world.server.faults.plant(effect, verbs)
        self.world.cycle()

    # ── people ───────────────────────────────────────────────────────────────────────────

    @rule(calendar=calendars, day=days)
    def add_an_event(self, calendar, day):
        self.world.people.add(calendar, at(BEGIN + day * DAY, "Private"))

    @rule(n=number, by=hours)
    def drag(self, n, by):
        if event := self._event(n):
            self.world.people.drag(event, by * HOUR)

    @rule(n=number)
    def decorate(self, n):
        if event := self._event(n):
            self.world.people.edit(event, extras=(("alarm", "-PT15M"),))

    @rule(n=number, to=calendars, by=hours, with_properties=st.booleans())
    def copy(self, n, to, by, with_properties):
        if event := self._event(n):
            self.world.copy_event(event, to=to, by=by * HOUR, with_properties=with_properties)

    @rule(n=number, to=calendars)
    def move(self, n, to):
        if event := self._event(n):
            self.world.people.move(event, to)

    @rule(n=number)
    def delete(self, n):
        if event := self._event(n):
            self.world.delete_event(event)

    @rule(n=number)
    def delete_ours(self, n):
        item = self._item(n)
        if item and (event := self.world.event_of(item)):
            self.world.delete_event(event)

    @rule(n=number, by=hours)
    def drag_ours(self, n, by):
        item = self._item(n)
        if item and (event := self.world.event_of(item)):
            self.world.people.drag(event, by * HOUR)

    @rule(n=number)
    def fight(self, n):
        self.mend_and_run_on()
        for _ in range(5):
            self.drag_ours(n, 1)
            self.world.cycle()

    @rule(day=st.integers(1, 50))
    def book_and_delete_unseen(self, day):
        self.book(day, 1, "Ann")
        self.world.cycle()
        if event := self._event(-1):
            self.world.delete_event(event)

    @rule(n=number)
    def change_while_a_write_is_unknown(self, n):
        self.cancel_in_the_book(n)
        self.run_with_a_fault(LoseAnswer(), EVENT_WRITES)
        self.book_again(n)
        self.run_with_a_fault(Zombie(timedelta(seconds=40)), EVENT_WRITES)

    @rule(n=number)
    def delete_in_step(self, n):
        self.run_on()
        self.delete_ours(n)
        self.run_on()

    @rule(n=number, day=st.integers(1, 50))
    def delete_while_an_update_is_unknown(self, n, day):
        self.move_in_the_book(n, day)
        self.run_with_a_fault(LoseAnswer(), [Verb.UPDATE])
        self.delete_ours(n)
        self.world.cycle()

    @rule(n=number)
    def restore(self, n):
        if event := self._buried(n):
            self.world.restore_event(event)

    # ── the other side ───────────────────────────────────────────────────────────────────

    @rule(effect=EFFECTS, verb=st.sampled_from([*READS, *EVENT_WRITES]), times=st.integers(1, 4))
    def plant_a_fault(self, effect, verb, times):
        self.world.server.faults.plant(effect, [verb], times=times)

    @rule(lie=LIES)
    def lie_in_a_listing(self, lie):
        self.world.server.faults.plant(lie, [Verb.LISTING])

    @rule(n=number)
    def lose_the_next_change(self, n):
        if event := self._event(n):
            self.world.server.faults.lost_changes.add(event.remote_id)

    @rule(n=number)
    def poison(self, n):
        if event := self._event(n):
            self.world.server.faults.unreadable.add(event.remote_id)

    @rule(calendar=calendars)
    def expire_tokens(self, calendar):
        self.world.people.expire_tokens(calendar)

    @rule(calendar=calendars, rights=st.sampled_from(RIGHTS))
    def set_rights(self, calendar, rights):
        self.world.people.set_rights(calendar, rights)

    @rule(lag=st.sampled_from([0, 60]))
    def lag_in_searches(self, lag):
        self.world.server.faults.search_lag = timedelta(seconds=lag)

    @rule()
    def revoke(self):
        self.world.people.revoke_grant()

    @rule()
    def mend(self):
        self.world.mend()

    # ── time and settings ────────────────────────────────────────────────────────────────

    @rule(seconds=st.sampled_from([1, 10, 60, 125, 600]))
    def wait(self, seconds):
        self.world.true_now += timedelta(seconds=seconds)

    @rule(far=st.sampled_from([HOUR, DAY, 9 * DAY]))
    def sleep(self, far):
        self.world.true_now += far

    @rule(skew=st.sampled_from([-2 * HOUR, -MINUTE, timedelta(0), MINUTE, 2 * HOUR]))
    def set_our_clock(self, skew):
        self.world.set_clock(skew)

    @rule(arrears=st.sampled_from([0, 1, 7]), advance=st.sampled_from([0, 14, 60]))
    def set_the_window(self, arrears, advance):
        self.world.set_window(arrears, advance)

    @rule(calendar=calendars)
    def push_elsewhere(self, calendar):
        self.world.choose_calendar(calendar)

    @rule(choice=st.sampled_from(OnDeletion))
    def choose_what_a_deletion_means(self, choice):
        self.world.choose_on_deletion(choice)

    # ── what must hold ───────────────────────────────────────────────────────────────────

    @invariant()
    def holds_always(self):
        if hasattr(self, "world"):
            self.world.check_always()

    def teardown(self):
        if hasattr(self, "world"):
            self.world.settle()
            self.world.check_settled()
            self.met.update(
                "cancelled outside" if word.startswith("cancelled ") else word
                for _, word in self.world.store.state.journal
            )

    def _item(self, n):
        items = sorted(self.world.store.state.book, key=lambda i: i.appointment)
        return items[n % len(items)] if items else None

    def _event(self, n):
        events = self.world.server.events()
        return events[n % len(events)] if events else None

    def _buried(self, n):
        buried = self.world.buried()
        return buried[n % len(buried)] if buried else None


WORDS = (
    "Create booked",
    "Update changed",
    "Update moved_outside",
    "Remove cancelled",
    "Remove beyond_advance",
    "Remove another_calendar",
    "held",
    "cancelled outside",
    "changed",
    "contested",
    "before_arrears",
    "never_seen",
    "settled live",
    "settled missing",
    "settled gone",
)
"""What the journals of many worlds have to tell, or the machine has seen too little."""


@pytest.mark.parametrize("kind", KINDS)
def test_every_world_settles(kind):
    met: Counter[str] = Counter()
    machine = type(f"Machine_{kind}", (SyncMachine,), {"kind": kind, "met": met})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(1, STEPS // STEPS_A_RUN),
            stateful_step_count=STEPS_A_RUN,
            deadline=None,
            derandomize=STEPS == USUAL_STEPS,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )

    assert [word for word in WORDS if not met[word]] == []
