"""Multistatus answers as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote
from xml.sax.saxutils import escape

from appointed_standins.caldav.quirks import Hrefs

SPACES = (
    'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" '
    'xmlns:A="http://apple.com/ns/ical/" xmlns:S="http://calendarserver.org/ns/"'
)


@dataclass(slots=True)
class Part:
    """One response: an href with a status of its own, or with properties."""

    href: str
    status: int = 0
    found: Mapping[str, str] = field(default_factory=dict)
    missing: Iterable[str] = ()
    refused: Iterable[str] = ()

    def text(self) -> str:
        """Return the response element."""
        if self.status:
            return f"<response><href>{escape(self.href)}</href>{_status(self.status)}</response>"
        stats = [
            _propstat("".join(f"<{tag}>{value}</{tag}>" for tag, value in self.found.items()), 200),
            _propstat("".join(f"<{tag}/>" for tag in self.missing), 404),
            _propstat("".join(f"<{tag}/>" for tag in self.refused), 403),
        ]
        return f"<response><href>{escape(self.href)}</href>{''.join(stats)}</response>"


def multistatus(parts: Iterable[Part], token: str = "", *, doctype: bool = False) -> bytes:
    """Return a whole 207 body."""
    inner = "".join(part.text() for part in parts)
    if token:
        inner += f"<sync-token>{escape(token)}</sync-token>"
    start = '<!DOCTYPE multistatus [<!ENTITY a "b">]>' if doctype else ""
    text = f'<?xml version="1.0"?>{start}<multistatus {SPACES}>{inner}</multistatus>'
    return text.encode()


def error(condition: str) -> bytes:
    """Return an error body that names a condition."""
    return f'<?xml version="1.0"?><error {SPACES}>{condition}</error>'.encode()


def written(path: str, style: Hrefs, origin: str) -> str:
    """Return a path as this server writes hrefs."""
    match style:
        case Hrefs.ABSOLUTE:
            return f"{origin}{path}"
        case Hrefs.ENCODED:
            return "".join(c if c.isalnum() or c in "/." else f"%{ord(c):02x}" for c in path)
        case Hrefs.PLAIN:
            return quote(path, safe="/@~%-")


def _propstat(inner: str, status: int) -> str:
    return f"<propstat><prop>{inner}</prop>{_status(status)}</propstat>" if inner else ""


def _status(status: int) -> str:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"<status>HTTP/1.1 {status} {phrase}</status>"
