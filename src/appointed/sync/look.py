"""The look: what changed in the calendars of an account, taken over page by page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from appointed.core.events import RemoteEvent
from appointed.core.keys import KEY_LENGTH
from appointed.core.links import WITHOUT_EVENT, LinkState, reported_gone, seen_alive
from appointed.core.walltime import is_zone
from appointed.core.windows import EARLIEST, LATEST, Window
from appointed.providers.port import (
    CalendarGone,
    CalendarProvider,
    Page,
    ProviderError,
    SyncTokenExpired,
)
from appointed.sync import crashpoints, models, rows
from appointed.sync.crashpoints import CrashPoint
from appointed.sync.health import calendar_failed, calendar_read, stops_account
from appointed.sync.journal import note
from appointed.sync.lease import Lease

READING_VERSION = "1"
"""Rises when what is kept of an event changes: every calendar is then read anew."""
WHOLE_LOOK_EVERY = timedelta(hours=24)
DOUBT_AGAIN_AFTER = timedelta(seconds=60)
UNREAD_AGAIN_AFTER = timedelta(minutes=2)
"""So soon everything is looked at where something that changed could not be read."""
READ_ONLY_AGAIN_AFTER = timedelta(minutes=30)
"""So soon a read-only calendar is asked whether it may be written to again."""
FEWEST_DOUBTFUL = 20
_FARTHEST_AHEAD = timedelta(days=1200)
_FARTHEST_BACK = timedelta(days=400)


@dataclass(slots=True)
class _Known:
    """What we know of a calendar when a look begins: versions of busy times, and links."""

    versions: dict[str, str] = field(default_factory=dict)
    ours: set[str] = field(default_factory=set)


def look_at_calendar(
    *,
    calendar: models.ExternalCalendar,
    provider: CalendarProvider,
    lease: Lease,
    now: datetime,
) -> bool:
    """Take over what changed in `calendar`; true says that everything was understood.

    A fault of this calendar is noted at it and nothing more happens.

    Raises: `Fenced`, and a `ProviderError` that concerns the account as a whole.
    """
    try:
        _read(calendar, provider, lease, now)
    except ProviderError as error:
        if stops_account(error):
            raise
        with lease.committing():
            calendar_failed(calendar, error, now=now, gone=isinstance(error, CalendarGone))
        return False
    return True


def reading_window(now: datetime, zone: str = "UTC") -> Window:
    """Return the stretch that calendars are read for: generous, and the same for a month.

    It reaches farther than any book looks, so that its end is never met between two whole
    readings; a new month reads everything anew, and so an endless series goes on.
    """
    month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    start = max(month - _FARTHEST_BACK, EARLIEST)
    return Window(start, min(month + _FARTHEST_AHEAD, LATEST), zone)


def _read(
    calendar: models.ExternalCalendar, provider: CalendarProvider, lease: Lease, now: datetime
) -> None:
    window = reading_window(now, _zone_of(calendar))
    reading = f"{READING_VERSION}:{window.start:%Y%m%d}:{window.end:%Y%m%d}:{window.zone}"
    if calendar.reading != reading:
        _read_pages(calendar, provider, None, {}, reading, lease, now)
        return
    whole = calendar.whole_look_at is None or calendar.whole_look_at <= now
    if whole:
        _check(calendar, provider, now)
    if whole or not calendar.sync_token:
        known = _known_versions(calendar)
        _read_pages(calendar, provider, None, known, reading, lease, now)
        return
    try:
        _read_pages(calendar, provider, calendar.sync_token, {}, reading, lease, now)
    except SyncTokenExpired:
        known = _known_versions(calendar)
        _read_pages(calendar, provider, None, known, reading, lease, now)


def _zone_of(calendar: models.ExternalCalendar) -> str:
    """Return the zone of times without one: the calendar's, else that of who uses it."""
    used = calendar.choices.order_by("pk").values_list("practitioner__time_zone", flat=True)
    return next((z for z in (calendar.time_zone, used.first()) if z and is_zone(z)), "UTC")


def _check(calendar: models.ExternalCalendar, provider: CalendarProvider, now: datetime) -> None:
    """Learn whether the calendar may be written to now; it may have been given back to us.

    Raises: `CalendarGone` where it was deleted and made anew under its address.
    """
    check = provider.check_calendar(calendar.remote_id)
    if calendar.epoch and check.epoch and calendar.epoch != check.epoch:
        raise CalendarGone("Another calendar stands where this one was. Choose a calendar again.")
    if check.readable and check.writable != calendar.writable:
        calendar.writable = check.writable
        _plan_what_waited(calendar, now)


def _next_whole_look(calendar: models.ExternalCalendar, now: datetime) -> datetime:
    if calendar.doubts:
        return now + DOUBT_AGAIN_AFTER
    return now + (WHOLE_LOOK_EVERY if calendar.writable else READ_ONLY_AGAIN_AFTER)


def _read_pages(
    calendar: models.ExternalCalendar,
    provider: CalendarProvider,
    token: str | None,
    known: Mapping[str, str],
    reading: str,
    lease: Lease,
    now: datetime,
) -> None:
    window = reading_window(now, _zone_of(calendar))
    listed: set[str] = set()
    whole = token is None
    for page in provider.changes(calendar.remote_id, token, window, known=known):
        whole = whole or page.restart
        listed.update(page.listed)
        with lease.committing():
            _take_over(calendar, page, now)
            if page.next_token is None and not page.complete:
                continue
            if whole and page.complete:
                _take_over_absence(calendar, listed | set(page.unread), now)
            crashpoints.reach(CrashPoint.BEFORE_TOKEN)
            calendar.sync_token = page.next_token or ""  # none: it is listed each time
            calendar.reading = reading
            if calendar.state != models.ExternalCalendar.State.OK:
                _plan_what_waited(calendar, now)
            if whole:
                calendar.whole_look_at = _next_whole_look(calendar, now)
            elif page.unread:
                calendar.whole_look_at = now + UNREAD_AGAIN_AFTER
            calendar_read(calendar, now=now)


def _plan_what_waited(calendar: models.ExternalCalendar, now: datetime) -> None:
    """Have planned now what waited for a calendar that took no writes."""
    waiting = models.Link.objects.filter(target=calendar, due_at__gt=now)
    waiting.exclude(state=LinkState.MISSING).update(due_at=now)


def _take_over(calendar: models.ExternalCalendar, page: Page, now: datetime) -> None:
    """Apply one page: our own events to their links, all others to the busy times."""
    own, foreign = _parted(calendar, page.upserts)
    for row, event in own:
        _seen(row, calendar, event, now)
    gone_ids = [tombstone.remote_id for tombstone in page.tombstones]
    busy = models.BusyTime.objects.filter(calendar=calendar)
    busy.filter(remote_id__in=[e.remote_id for e in page.upserts] + gone_ids).delete()
    keys = _keys_of_ours(foreign)
    models.BusyTime.objects.bulk_create(
        [
            row
            for event in foreign
            for row in rows.busy_rows(calendar, event, key=keys.get(event.remote_id, ""))
        ],
        ignore_conflicts=True,
    )
    _reported_gone(calendar, gone_ids, now)


def _keys_of_ours(events: Sequence[RemoteEvent]) -> dict[str, str]:
    """Return by remote id the key of ours that an event bears as UID or mark.

    It is somebody's event all the same; but where ours has vanished, it may be the one.
    """
    marks = {event.remote_id: {event.uid, event.key or ""} for event in events}
    borne = {mark for found in marks.values() for mark in found if len(mark) == KEY_LENGTH}
    if not borne:
        return {}
    ours = set(models.Link.objects.filter(key__in=borne).values_list("key", flat=True))
    return {pk: next(iter(found & ours)) for pk, found in marks.items() if found & ours}


def _parted(
    calendar: models.ExternalCalendar, events: Iterable[RemoteEvent]
) -> tuple[list[tuple[models.Link, RemoteEvent]], list[RemoteEvent]]:
    """Part events into ours, with their links, and everybody else's.

    Ours means that a link names this very event. A link that waits for an answer may take one
    by its key, but only by a question of its own (`asking`), never in passing.
    """
    upserts = {event.remote_id: event for event in events}
    if not upserts:
        return [], []
    linked = (
        models.Link.objects.select_related("practitioner", "appointment")
        .select_for_update(of=("self",))
        .filter(calendar=calendar, remote_id__in=list(upserts))
        .exclude(state__in=WITHOUT_EVENT)
        .order_by("pk")
    )
    own = [(row, upserts[row.remote_id]) for row in linked]
    taken = {row.remote_id for row, _ in own}
    return own, [event for event in upserts.values() if event.remote_id not in taken]


def _seen(
    row: models.Link, calendar: models.ExternalCalendar, event: RemoteEvent, now: datetime
) -> None:
    link = rows.link_of(row)
    after = seen_alive(link, event, str(calendar.pk))
    if after == link:
        return
    rows.fill(row, after)
    if after.has_drifted or after.state is not link.state:
        row.due_at = now
    if after.state is LinkState.LIVE and link.state is LinkState.MISSING:
        note(step="found_again", link=row, result="It stands in the calendar again.")
    row.save(update_fields=rows.LINK_COLUMNS)


def _reported_gone(
    calendar: models.ExternalCalendar, remote_ids: Iterable[str], now: datetime
) -> None:
    """Turn our events among these ids MISSING: nothing is believed before it was asked."""
    gone = list(remote_ids)
    if not gone:
        return
    found = (
        models.Link.objects.select_related("practitioner", "appointment")
        .select_for_update(of=("self",))
        .filter(calendar=calendar, remote_id__in=gone)
        .order_by("pk")
    )
    for row in found:
        link = rows.link_of(row)
        after = reported_gone(link, now)
        if after is not link:
            row.due_at = now
            rows.fill(row, after).save(update_fields=rows.LINK_COLUMNS)
            note(step="reported_gone", link=row, result="The calendar says that it is gone.")


def _take_over_absence(calendar: models.ExternalCalendar, listed: set[str], now: datetime) -> None:
    """Draw the conclusion of a complete listing: what is not in it is not there.

    A listing that is empty, or has lost doubtfully much, is not believed the first time.
    """
    known = _known(calendar)
    lost_busy = known.versions.keys() - listed
    lost_ours = known.ours - listed
    if _is_doubtful(known, len(lost_busy) + len(lost_ours)) and calendar.doubts == 0:
        calendar.doubts = 1
        note(step="doubtful_listing", result=f"{len(lost_busy) + len(lost_ours)} events missing")
        return
    calendar.doubts = 0
    calendar.sweep += 1
    models.BusyTime.objects.filter(calendar=calendar, remote_id__in=lost_busy).delete()
    _reported_gone(calendar, lost_ours, now)


def _is_doubtful(known: _Known, lost: int) -> bool:
    total = len(known.versions) + len(known.ours)
    return lost > 0 and (lost == total or lost > max(FEWEST_DOUBTFUL, total // 2))


def _known(calendar: models.ExternalCalendar) -> _Known:
    known = _Known(versions=_busy_versions(calendar))
    ours = models.Link.objects.filter(calendar=calendar).exclude(remote_id="")
    known.ours = set(
        ours.filter(state__in=[LinkState.LIVE, LinkState.CONTESTED, LinkState.PARKED]).values_list(
            "remote_id", flat=True
        )
    )
    return known


def _known_versions(calendar: models.ExternalCalendar) -> dict[str, str]:
    """Return the versions that need no second reading: busy times and events of ours."""
    ours = models.Link.objects.filter(calendar=calendar, state=LinkState.LIVE, seen=True).exclude(
        remote_id=""
    )
    return {**_busy_versions(calendar), **dict(ours.values_list("remote_id", "version"))}


def _busy_versions(calendar: models.ExternalCalendar) -> dict[str, str]:
    times = models.BusyTime.objects.filter(calendar=calendar)
    return dict(times.values_list("remote_id", "version").distinct())
