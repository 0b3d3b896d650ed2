"""From an account's row to its provider: the only place where credentials are opened."""

from __future__ import annotations

from django.conf import settings

from appointed.providers.caldav.auth import Settings
from appointed.providers.port import CalendarProvider
from appointed.providers.registry import connect
from appointed.sync.models import Account
from appointed.sync.sealing import unseal


def connect_account(account: Account) -> CalendarProvider:
    """Return the provider of an account; nothing is sent yet.

    Raises: `CannotUnseal`; `AddressRefused` where its address is no longer allowed.
    """
    return connect_with(
        account.provider,
        unseal(account.secret),
        worked_until=f"{account.last_success:%d %B %Y}" if account.last_success else "",
    )


def connect_with(
    provider: str, credentials: dict[str, str], *, worked_until: str = ""
) -> CalendarProvider:
    """Return a provider for credentials that are only being tried."""
    return connect(
        provider,
        credentials,
        Settings(
            allowed_private=settings.APPOINTED_ALLOWED_PRIVATE_HOSTS, worked_until=worked_until
        ),
    )
