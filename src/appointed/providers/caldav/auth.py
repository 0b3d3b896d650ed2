"""How one signs in to a CalDAV server: an address, a user and a password, sent as Basic.

All servers seen offer Basic only. It is sent without being asked for (a wrong one is answered
at once), over TLS or to hosts that the setting allows, and to the origin of the address only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from appointed.providers.http import Access
from appointed.providers.port import AddressRefused
from appointed.providers.texts import fault

GOOGLE = ("google.com", "gmail.com", "googlemail.com", "googleusercontent.com", "googleapis.com")


@dataclass(frozen=True, slots=True)
class Settings:
    """Plain values beside the credentials.

    `allowed_private` holds hosts and networks that may be named although they are private;
    `certificates` (PEM) are trusted besides the usual authorities; `worked_until` is the day of
    the last success, where there was one; `writers` is how many writes may run at once;
    `silence` is how many seconds a server may say nothing.
    """

    allowed_private: Sequence[str] = ()
    certificates: str = ""
    worked_until: str = ""
    writers: int = 4
    silence: float = 20.0


def access_to(url: str, username: str, password: str, *, hosts: tuple[str, ...] = ()) -> Access:
    """Return where the credentials may go.

    Raises: `AddressRefused` (C242 for Google, whose CalDAV wants another sign-in).
    """
    address = url.strip() if "://" in url else f"https://{url.strip()}"
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
        port = parts.port
    except ValueError:
        raise AddressRefused("That is not the address of a server.") from None
    if not host or parts.scheme not in {"http", "https"}:
        raise AddressRefused("That is not the address of a server.")
    if any(host == name or host.endswith(f".{name}") for name in GOOGLE):
        raise fault(AddressRefused, "C242", host=host)
    shown = f"[{host}]" if ":" in host else host
    netloc = shown if port is None else f"{shown}:{port}"
    clean = parts._replace(netloc=netloc, path=parts.path or "/", query="", fragment="").geturl()
    return Access(clean, username, password, hosts)
