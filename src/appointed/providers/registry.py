"""The providers by name: what each is, and how to connect to an account of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from appointed.providers.caldav import manifest as caldav_manifest
from appointed.providers.caldav import provider as caldav
from appointed.providers.caldav.auth import Settings
from appointed.providers.caldav.manifest import Manifest
from appointed.providers.icloud import manifest as icloud_manifest
from appointed.providers.icloud import provider as icloud
from appointed.providers.port import CalendarProvider

Connector = Callable[[Mapping[str, str], Settings], CalendarProvider]


@dataclass(frozen=True, slots=True)
class Entry:
    """A provider: its manifest, and what makes one of its credentials."""

    manifest: Manifest
    connector: Connector


class UnknownProvider(KeyError):
    """There is no provider of this name."""


def _caldav(credentials: Mapping[str, str], settings: Settings) -> CalendarProvider:
    return caldav.connect(
        url=credentials["url"],
        username=credentials["username"],
        password=credentials["password"],
        settings=settings,
    )


def _icloud(credentials: Mapping[str, str], settings: Settings) -> CalendarProvider:
    return icloud.connect(
        username=credentials["username"], password=credentials["password"], settings=settings
    )


ENTRIES: Mapping[str, Entry] = {
    entry.manifest.name: entry
    for entry in (
        Entry(caldav_manifest.MANIFEST, _caldav),
        Entry(icloud_manifest.MANIFEST, _icloud),
    )
}


def manifest_of(name: str) -> Manifest:
    """Return what the provider called `name` is.

    Raises: `UnknownProvider`.
    """
    return _entry(name).manifest


def connect(
    name: str, credentials: Mapping[str, str], settings: Settings | None = None
) -> CalendarProvider:
    """Return the provider called `name` for one account; nothing is sent yet.

    `credentials` holds plain values by the names of the manifest's fields.

    Raises: `UnknownProvider`; `AddressRefused` for an address we may not talk to.
    """
    return _entry(name).connector(credentials, settings or Settings())


def _entry(name: str) -> Entry:
    try:
        return ENTRIES[name]
    except KeyError:
        raise UnknownProvider(name) from None
