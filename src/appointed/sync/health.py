"""What a fault means for an account or a calendar: who stops, for how long, what people read."""

from __future__ import annotations

from datetime import datetime, timedelta

from appointed.providers.port import (
    ApprovalNeeded,
    CredentialsRejected,
    ProviderError,
    RateLimited,
)
from appointed.sync.journal import note
from appointed.sync.models import Account, ExternalCalendar

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=6)
UNSAID_WAIT = timedelta(seconds=30)
LONGEST_RETRY_AFTER = timedelta(hours=1)
REASON_LIMIT = 500


def stops_account(error: ProviderError) -> bool:
    """Say whether a fault concerns the account as a whole, so that its run ends."""
    return isinstance(error, CredentialsRejected | ApprovalNeeded | RateLimited)


def account_failed(account: Account, error: ProviderError, *, now: datetime) -> None:
    """Note at the account that it cannot be worked with, and until when it is left alone."""
    match error:
        case CredentialsRejected():
            _turn(account, Account.State.NEEDS_SIGN_IN, error, now)
        case ApprovalNeeded():
            _turn(account, Account.State.NEEDS_APPROVAL, error, now)
        case RateLimited(retry_after=seconds):
            account.wait_until = now + _asked_to_wait(seconds, account.failures)
        case _:
            account.wait_until = now + backoff(account.failures)
    account.failures = min(account.failures + 1, 30_000)
    account.state_reason = error.message[:REASON_LIMIT]
    account.reason_code = error.code
    account.save(
        update_fields=[
            "state", "state_since", "state_reason", "reason_code", "wait_until", "failures",
            "healthy_since",
        ]
    )  # fmt: skip


def account_answered(account: Account, *, now: datetime, look_again_in: timedelta) -> None:
    """Note at the account that a whole look succeeded, and when the next is due."""
    account.failures = 0
    account.wait_until = None
    account.last_success = now
    account.healthy_since = account.healthy_since or now
    account.due_at = now + look_again_in
    account.state_reason = ""
    account.reason_code = ""
    account.save(
        update_fields=[
            "failures", "wait_until", "last_success", "healthy_since", "due_at", "state_reason",
            "reason_code",
        ]
    )  # fmt: skip


def calendar_failed(
    calendar: ExternalCalendar, error: ProviderError, *, now: datetime, gone: bool
) -> None:
    """Note at the calendar that it could not be read; what we know of it stays."""
    states = ExternalCalendar.State
    state = states.GONE if gone else states.UNREADABLE
    if calendar.state != state:
        calendar.state_since = now
        note(step="calendar_failed", why=state, result=error.message[:REASON_LIMIT])
    calendar.state = state
    calendar.state_reason = error.message[:REASON_LIMIT]
    calendar.whole_look_at = now
    calendar.save(update_fields=["state", "state_since", "state_reason", "whole_look_at"])


def calendar_read(calendar: ExternalCalendar, *, now: datetime) -> None:
    """Note at the calendar that all we know of it was confirmed just now."""
    if calendar.state != ExternalCalendar.State.OK:
        calendar.state = ExternalCalendar.State.OK
        calendar.state_since = now
        calendar.state_reason = ""
    calendar.confirmed_at = now
    calendar.save(
        update_fields=[
            "sync_token", "reading", "sweep", "doubts", "whole_look_at", "confirmed_at", "state",
            "state_since", "state_reason", "writable",
        ]
    )  # fmt: skip


def backoff(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row: doubling, up to six hours."""
    return min(FIRST_WAIT * (1 << min(failures, 20)), LONGEST_WAIT)


def _asked_to_wait(seconds: float | None, failures: int) -> timedelta:
    if seconds is None or seconds < 0:
        return min(UNSAID_WAIT * (1 << min(failures, 10)), timedelta(minutes=15))
    return min(timedelta(seconds=seconds), LONGEST_RETRY_AFTER)


def _turn(account: Account, state: Account.State, error: ProviderError, now: datetime) -> None:
    if account.state == state:
        return
    account.state = state
    account.state_since = now
    account.healthy_since = None
    note(step="account_failed", why=state, result=error.message[:REASON_LIMIT])
