"""How one signs in to iCloud: Apple Account and app-specific password, sent as Basic.

Calendars live on partition hosts (`pNN-caldav.icloud.com`), so the credentials may follow to
hosts below `icloud.com`, and to no other.
"""

from __future__ import annotations

from appointed.providers.caldav.auth import access_to
from appointed.providers.caldav.client import Voice
from appointed.providers.http import Access
from appointed.providers.icloud.manifest import HOSTS, URL


def icloud_access(username: str, password: str, url: str = URL) -> Access:
    """Return where the credentials may go."""
    return access_to(url, username.strip(), password.strip(), hosts=HOSTS)


def icloud_voice(worked_until: str) -> Voice:
    """Return how a refused sign-in is worded: once it has worked, Apple ended the password."""
    return Voice("C221", "C222", worked_until, "iCloud")
