"""Where a connection stands: whether it may write, and the words that people and programs read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from appointed.core.choices import Mode, SyncSettings, from_stored
from appointed.sync.models import Account, CalendarChoice, Connection, ExternalCalendar, Run

ORDER = (
    "needs_sign_in",
    "needs_approval",
    "suspended",
    "waiting",
    "catching_up",
    "in_step",
)
"""The worst first: a connection's state is the worst of its directions."""

SUSPENDING = frozenset({"many_deletions", "deleted_while_away"})
"""What only a review ends: until then nothing is written in that direction."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A state of the interface, with its reason as a word or a sentence and since when."""

    state: str
    reason: str = ""
    since: datetime | None = None


def may_write(connection: Connection, settings: SyncSettings, run: Run | None) -> bool:
    """Say whether anything may be written for this connection now; `run` was asked for."""
    if not connection.sync_on or not settings.push.enabled:
        return False
    if connection.waits_for in SUSPENDING:
        return False
    asked = run is not None
    if not connection.first_plan_seen:
        return run is not None and run.kind == Run.Kind.PLAN
    if connection.waits_for:
        return asked
    return asked or settings.push.mode is Mode.AUTOMATIC


def standing_of(connection: Connection, *, waiting: int) -> Standing:
    """Return where the connection stands as a whole; `waiting` counts what is not yet written."""
    settings = from_stored(connection.settings)
    if not connection.sync_on:
        return Standing("paused", since=connection.changed_at)
    directions = directions_of(connection, settings, waiting=waiting)
    open_ones = [d for d in directions.values() if d.state != "off"]
    if not open_ones:
        return Standing("off", since=connection.changed_at)
    return min(open_ones, key=lambda d: ORDER.index(d.state))


def directions_of(
    connection: Connection, settings: SyncSettings, *, waiting: int
) -> dict[str, Standing]:
    """Return where each direction stands."""
    choices = list(connection.choices.select_related("calendar"))
    return {
        "push": _push(connection, settings, choices, waiting=waiting),
        "pull": _pull(connection, settings, choices),
    }


def _push(
    connection: Connection,
    settings: SyncSettings,
    choices: Iterable[CalendarChoice],
    *,
    waiting: int,
) -> Standing:
    target = next((c.calendar for c in choices if c.push), None)
    if not settings.push.enabled or target is None:
        return Standing("off")
    if (account := _account(connection.account)) is not None:
        return account
    if connection.waits_for in SUSPENDING:
        return Standing("suspended", connection.waits_for, connection.changed_at)
    if target.state == ExternalCalendar.State.GONE:
        return Standing("suspended", "calendar_gone", target.state_since)
    if not target.writable:
        return Standing("waiting", "read_only", target.state_since)
    if not connection.first_plan_seen:
        return Standing("waiting", "first_plan", connection.created_at)
    if connection.waits_for:
        return Standing("waiting", connection.waits_for, connection.changed_at)
    if (provider := _provider(connection.account)) is not None:
        return provider
    if waiting and settings.push.mode is Mode.MANUAL:
        return Standing("waiting", "manual")
    if waiting or connection.replan:
        return Standing("catching_up")
    return Standing("in_step", since=connection.account.last_success)


def _pull(
    connection: Connection, settings: SyncSettings, choices: Iterable[CalendarChoice]
) -> Standing:
    read = [c.calendar for c in choices if c.pull or c.check_conflicts]
    if not settings.pull.enabled or not read:
        return Standing("off")
    if (account := _account(connection.account)) is not None:
        return account
    if (provider := _provider(connection.account)) is not None:
        return provider
    for calendar in read:
        if calendar.state == ExternalCalendar.State.GONE:
            return Standing("suspended", "calendar_gone", calendar.state_since)
        if calendar.state == ExternalCalendar.State.UNREADABLE:
            return Standing("waiting", calendar.state_reason, calendar.state_since)
    if any(calendar.confirmed_at is None for calendar in read):
        return Standing("catching_up")
    return Standing("in_step", since=connection.account.last_success)


def _account(account: Account) -> Standing | None:
    states = {
        Account.State.NEEDS_SIGN_IN: "needs_sign_in",
        Account.State.NEEDS_APPROVAL: "needs_approval",
    }
    state = states.get(Account.State(account.state))
    return None if state is None else Standing(state, account.state_reason, account.state_since)


def _provider(account: Account) -> Standing | None:
    if account.wait_until is None or not account.failures:
        return None
    return Standing("waiting", account.state_reason or "provider", account.wait_until)
