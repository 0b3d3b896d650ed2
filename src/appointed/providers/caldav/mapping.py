"""Between CalDAV and the core: addresses, versions, and what an event looks like there."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit
from zoneinfo import ZoneInfo

from appointed.core.events import (
    AllDay,
    Content,
    RemoteEvent,
    ShowAs,
    Timed,
    When,
    plain_text,
    whole_seconds,
)
from appointed.core.windows import Window
from appointed.ical.reading import read_event

UNESCAPED = "!$&'()*+,;=:@~"
NOT_IN_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LINE_ENDS = re.compile("[\u2028\u2029]")
MOST_TEXT = 24_000
MOST_LINE = 1_000
MOST_URL = 2_000
SHORTEST = timedelta(minutes=1)
SERIES_BACK = timedelta(days=2 * 366)
SERIES_AHEAD = timedelta(days=5 * 366)


# ── addresses ────────────────────────────────────────────────────────────────────────────


def canonical_path(href: str, base: str = "") -> str:
    """Return the path of `href` in the one form in which paths are compared.

    Servers encode differently (`%c3`, `%40`, `%7E`): each part is decoded and encoded again.
    """
    path = urlsplit(urljoin(base, href)).path if "://" in href or href[:1] != "/" else href
    return "/".join(
        quote(unquote_to_bytes(part), safe=UNESCAPED) for part in path.partition("?")[0].split("/")
    )


def canonical_url(url: str) -> str:
    """Return `url` with its host in lower case, without a default port, its path canonical."""
    parts = urlsplit(url)
    port = None if (parts.scheme, parts.port) in {("https", 443), ("http", 80)} else parts.port
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{canonical_path(parts.path)}"


def origin_of(url: str) -> str:
    """Return scheme, host and port of `url`."""
    parts = urlsplit(canonical_url(url))
    return f"{parts.scheme}://{parts.netloc}"


def calendar_id_of(url: str, home: str) -> str:
    """Return the id of the calendar at `url`: its path, or its address on another server."""
    clean = canonical_url(url)
    return clean.removeprefix(origin_of(home)) if origin_of(clean) == origin_of(home) else clean


def name_for(key: str) -> str:
    """Return the resource name of the event with this key."""
    return f"{key}.ics"


def is_inside(path: str, collection: str) -> bool:
    """Say whether `path` is a member of the collection, not the collection itself."""
    return path.startswith(collection) and len(path) > len(collection) and path[-1:] != "/"


def etag_to_send(version: str) -> str:
    """Return a version as `If-Match` wants it: a weak one never matches, its strong form may."""
    return version.removeprefix("W/")


# ── events ───────────────────────────────────────────────────────────────────────────────


def to_event(
    remote_id: str, version: str, body: bytes, window: Window, series: Window
) -> RemoteEvent:
    """Return the event that `body` holds; a series takes times inside `series` only.

    Raises: `appointed.ical.reading.Unreadable`.
    """
    reading = read_event(body, window=window, series_window=series)
    return RemoteEvent(
        remote_id=remote_id,
        version=version,
        content=normalise(reading.content),
        uid=reading.uid,
        key=reading.key,
        spans=reading.spans,
        show_as=reading.show_as,
        private=reading.private,
        recurring=reading.recurring,
        readable=reading.readable,
    )


def series_window(window: Window, now: datetime) -> Window:
    """Return the part of `window` in which series are expanded: none is followed for ever."""
    start = max(window.start, now - SERIES_BACK)
    end = min(window.end, now + SERIES_AHEAD)
    return Window(start, end, window.zone) if start < end else window


def normalise(content: Content) -> Content:
    """Return `content` as it comes back from a calendar object; twice is as once."""
    cut = whole_seconds(content)
    show_as = _show_as(cut.show_as)
    if cut.cancelled and show_as is ShowAs.TENTATIVE:
        show_as = ShowAs.BUSY
    return replace(
        cut,
        when=_when(cut.when),
        title=_line(cut.title, MOST_LINE),
        text=_text(cut.text, MOST_TEXT),
        location=_line(cut.location, MOST_LINE),
        url=_url(cut.url),
        show_as=show_as,
    )


def _show_as(show_as: ShowAs) -> ShowAs:
    match show_as:
        case ShowAs.OUT_OF_OFFICE:
            return ShowAs.BUSY
        case ShowAs.WORKING_ELSEWHERE:
            return ShowAs.FREE
        case _:
            return show_as


def _when(when: When) -> When:
    match when:
        case AllDay(start, end):
            return AllDay(start, max(end, start + timedelta(days=1)))
        case Timed(start, end, zone):
            rules = ZoneInfo(zone)
            first = start.astimezone(UTC)
            last = end.astimezone(UTC)
            last = last if last > first else first + SHORTEST
            return Timed(first.astimezone(rules), last.astimezone(rules), zone)


def _text(text: str, most: int) -> str:
    """Return what every server keeps: a text may change as it is cut, so it is cleaned again."""
    legal = NOT_IN_XML.sub("", LINE_ENDS.sub("\n", plain_text(text)))
    octets = plain_text(legal).encode()
    return plain_text(octets[:most].decode("utf-8", "ignore"))


def _line(text: str, most: int) -> str:
    return _text(" ".join(_text(text, most).split()), most)


def _url(url: str) -> str:
    return _text("".join(_text(url, MOST_URL).split()), MOST_URL)
