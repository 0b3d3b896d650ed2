"""iCloud behind the port: the CalDAV provider with Apple's address and words."""

from __future__ import annotations

from dataclasses import replace

from appointed.providers.caldav.auth import Settings
from appointed.providers.caldav.provider import CalDavProvider, dav_client
from appointed.providers.icloud.auth import icloud_access, icloud_voice
from appointed.providers.icloud.manifest import PACE, URL
from appointed.providers.port import CalendarProvider


def connect(
    *, username: str, password: str, settings: Settings | None = None, url: str = URL
) -> CalendarProvider:
    """Return the provider for one account; nothing is sent yet.

    `url` is another address only where something plays iCloud (tests).
    """
    chosen = replace(settings or Settings(), writers=PACE.writers)
    access = icloud_access(username, password, url)
    return CalDavProvider(dav_client(access, chosen, icloud_voice(chosen.worked_until)), chosen)
