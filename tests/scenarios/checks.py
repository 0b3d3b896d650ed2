"""CHK1–CHK8: what holds after every scenario, read from the provider's side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection as database

from appointed.book.models import Appointment, HistoryEntry, Notice, Occurrence
from appointed.core.choices import from_stored
from appointed.core.events import AllDay, Timed, When
from appointed.core.windows import Window, instants_of, window_around
from appointed.core.wording import Kind
from appointed.sync.facts import connection_facts
from appointed.sync.look import reading_window
from appointed.sync.models import (
    BusyTime,
    CalendarChoice,
    Connection,
    Entry,
    ExternalCalendar,
    Link,
)
from scenarios.scene import Scene, keys_of
from support.outside import Outside, Seen

GOOD = {"in_step", "off"}


@dataclass(frozen=True, slots=True)
class Due:
    """What the book wants to stand: the keys that it may bear, and its time."""

    keys: frozenset[str]
    when: tuple[datetime, datetime] | AllDay
    in_window: bool
    let_go: bool


def check(scene: Scene, logged: str) -> None:
    """Settle the scene, then read everything from outside."""
    scene.settle()
    chk5_one_mail_for_a_person_s_deletion(scene)
    for push in CalendarChoice.objects.filter(push=True).select_related("connection__account"):
        if push.connection.first_plan_seen:
            chk1_one_event_each(scene, push.connection)
    for outside in scene.sides.values():
        chk2_nothing_foreign_written(outside)
        chk6_nobody_mailed(outside)
    chk3_busy_is_the_truth(scene)
    chk4_another_cycle_does_nothing(scene)
    chk7_no_secret_no_foreign_text(scene, logged)
    chk8_health_is_green(scene)


# ── CHK1 ─────────────────────────────────────────────────────────────────────────────────


def chk1_one_event_each(scene: Scene, connection: Connection) -> None:
    outside = scene.sides[connection.account.label]
    standing = [e for c in (outside.p, outside.q) for e in outside.events(c)]
    ours = [e for e in standing if e.ours and e.remote_id not in scene.spared]
    dues = _dues(scene, connection)
    for due in dues:
        found = [event for event in ours if event.names & due.keys]
        if due.in_window and not due.let_go:
            assert len(found) == 1, f"CHK1: {len(found)} events for one appointment"
            assert _same(found[0].when, due.when), "CHK1: another time"
        ours = [event for event in ours if event not in found]
    assert not ours, f"CHK1: {len(ours)} of our events stand for nothing"


def _dues(scene: Scene, connection: Connection) -> list[Due]:
    settings, who = from_stored(connection.settings), connection.practitioner
    window = window_around(
        scene.clock(),
        who.time_zone,
        days_in_arrears=settings.days_in_arrears,
        days_in_advance=settings.days_in_advance,
    )
    times = Occurrence.objects.filter(practitioner=who, appointment__isnull=False)
    return [
        _due(scene, time, time.appointment, window)
        for time in times.select_related("appointment", "practitioner")
        if time.appointment is not None
        and (time.active or time.during.upper <= window.start)
        and is_included_row(time.appointment, connection)
    ]


def _due(scene: Scene, time: Occurrence, row: Appointment, window: Window) -> Due:
    when: tuple[datetime, datetime] | AllDay = (time.during.lower, time.during.upper)
    if row.all_day and row.first_day and row.end_day:
        when = AllDay(row.first_day, row.end_day)
    inside = window.holds(time.during.lower, time.during.upper)
    keys = keys_of(time.practitioner.uuid, row.uuid)
    return Due(keys, when, inside and time.active, row.uuid in scene.gone_for_good)


def is_included_row(row: Appointment, connection: Connection) -> bool:
    include = from_stored(connection.settings).include
    return bool(getattr(include, Kind(row.kind).value))


def _same(when: When, wanted: tuple[datetime, datetime] | AllDay) -> bool:
    return when.instants == wanted if isinstance(when, Timed) else when == wanted


# ── CHK2, CHK3 ───────────────────────────────────────────────────────────────────────────


def chk2_nothing_foreign_written(outside: Outside) -> None:
    assert outside.foreign_writes() == [], "CHK2"


def chk3_busy_is_the_truth(scene: Scene) -> None:
    for outside in scene.sides.values():
        for remote_id in (outside.p, outside.q):
            calendar = ExternalCalendar.objects.filter(remote_id=remote_id).first()
            if calendar is None or calendar.state != ExternalCalendar.State.OK:
                continue
            if calendar.account.state == "disconnected":
                continue
            truth = _truth(scene, outside.events(remote_id))
            assert _index(calendar) == truth, "CHK3: the busy index is not the truth"
    linked = Link.objects.exclude(state__in=["gone", "released", "planned"])
    both = set(linked.values_list("calendar", "remote_id")) & set(
        BusyTime.objects.values_list("calendar", "remote_id")
    )
    assert not both, "CHK3: an event is busy and linked"


def _truth(scene: Scene, events: Iterable[Seen]) -> set[tuple[str, datetime, datetime, bool]]:
    window = reading_window(scene.clock())
    foreign = (e for e in events if not e.ours or e.remote_id in scene.spared)
    spans = ((e, *instants_of(e.when, "UTC")) for e in foreign)
    return {(e.remote_id, a, b, e.blocks) for e, a, b in spans if a < b and window.holds(a, b)}


def _index(calendar: ExternalCalendar) -> set[tuple[str, datetime, datetime, bool]]:
    rows = BusyTime.objects.filter(calendar=calendar)
    return {(r.remote_id, *_span(r), r.show_as != "free") for r in rows}


def _span(row: BusyTime) -> tuple[datetime, datetime]:
    if row.first_day is not None and row.end_day is not None:
        return instants_of(AllDay(row.first_day, row.end_day), "UTC")
    return row.during.lower.astimezone(UTC), row.during.upper.astimezone(UTC)


# ── CHK4, CHK5, CHK6 ─────────────────────────────────────────────────────────────────────


def chk4_another_cycle_does_nothing(scene: Scene) -> None:
    before = _done(scene)
    Connection.objects.update(replan=True)

    scene.cycle()

    assert _done(scene) == before, "CHK4: one more cycle did something"


def _done(scene: Scene) -> tuple[int, ...]:
    writes = (outside.writes for outside in scene.sides.values())
    decisions = (model.objects.count() for model in (Notice, Entry, HistoryEntry))
    return (*writes, *decisions)


def chk5_one_mail_for_a_person_s_deletion(scene: Scene) -> None:
    deleted = set().union(*(outside.deleted for outside in scene.sides.values()))
    for row in Appointment.objects.filter(cancelled_by=Appointment.CancelledBy.CALENDAR):
        parts = row.parts.select_related("practitioner")
        keys = {k for part in parts for k in keys_of(part.practitioner.uuid, row.uuid)}
        assert keys & deleted, "CHK5: cancelled, and nobody had deleted it"
    for row in Appointment.objects.all():
        mails = Notice.objects.filter(appointment=row, reason="cancelled")
        assert mails.count() <= 1, "CHK5: more than one mail"


def chk6_nobody_mailed(outside: Outside) -> None:
    assert outside.mails() == 0, "CHK6"


# ── CHK7, CHK8 ───────────────────────────────────────────────────────────────────────────


def chk7_no_secret_no_foreign_text(scene: Scene, logged: str) -> None:
    for marker in scene.markers:
        assert _tables_with(marker) == [], "CHK7: stored"
        assert marker not in logged, "CHK7: logged"


def _tables_with(marker: str) -> list[str]:
    names = database.introspection.table_names()
    parts = [
        f"SELECT '{name}' FROM {database.ops.quote_name(name)} AS t WHERE t::text LIKE %s"  # noqa: S608 - names of our own tables
        for name in names
    ]
    with database.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [f"%{marker}%"] * len(parts))
        return [name for (name,) in cursor.fetchall()]


def chk8_health_is_green(scene: Scene) -> None:
    for row in Connection.objects.select_related("account", "practitioner"):
        facts = connection_facts(row)
        for direction, standing in facts.directions.items():
            allowed = {scene.planted[direction]} if direction in scene.planted else GOOD
            assert standing.state in allowed, f"CHK8: {direction} {standing}"
