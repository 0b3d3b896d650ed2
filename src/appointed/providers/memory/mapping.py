"""What a memory server makes of an event it is given, and what it hands back: pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from appointed.core.events import (
    AllDay,
    Content,
    OwnedField,
    RemoteEvent,
    ShowAs,
    Span,
    plain_text,
    whole_seconds,
)
from appointed.core.windows import Window, instants_of
from appointed.providers.memory.auth import Rights


@dataclass(frozen=True, slots=True)
class Echo:
    """How a server changes what it is given.

    `rewrites` runs blanks of a title together and bears a line of the server's own;
    `tells_version` is false where a write is answered without the new version.
    """

    trims_blanks: bool = True
    cuts_seconds: bool = True
    rewrites: bool = False
    tells_version: bool = True


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it lies in the server, alive or a tombstone.

    `serial` is the event itself, whatever its id: a copy is another one, a moved or restored
    event the same. `key` is our property, which copies carry along; `request` the key of the
    request that made it, which they do not. `ours` is true only for what an engine made.
    `extras` are what people put on it: alarms, colour, guests.
    """

    serial: int
    calendar_id: str
    remote_id: str
    version: str
    content: Content
    uid: str
    key: str | None = None
    request: str = ""
    ours: bool = False
    alive: bool = True
    extras: tuple[tuple[str, str], ...] = ()
    occurrences: tuple[Span, ...] = ()


def normalised(content: Content, echo: Echo) -> Content:
    """Return `content` as a server with this echo will hand it back; twice is as once."""
    texts = replace(
        content,
        title=_text(content.title, echo),
        text=_text(content.text, echo),
        location=_text(content.location, echo),
    )
    if echo.rewrites:
        texts = replace(texts, title=" ".join(texts.title.split()))
    return whole_seconds(texts) if echo.cuts_seconds else texts


def merged(standing: Content, new: Content, fields: frozenset[OwnedField]) -> Content:
    """Return `standing` with the named fields of `new`."""
    return replace(standing, **{field.value: getattr(new, field.value) for field in fields})


def remote_event(event: StoredEvent, window: Window, zone: str, rights: Rights) -> RemoteEvent:
    """Return the event as this account may see it, with its times inside `window`."""
    hidden = rights is Rights.FREE_BUSY
    content = event.content
    if hidden:
        content = Content(when=content.when, title="", show_as=content.show_as)
    return RemoteEvent(
        remote_id=event.remote_id,
        version=event.version,
        content=content,
        uid=event.uid,
        key=None if hidden else event.key,
        spans=spans_in(event, window, zone),
        show_as=shown_as(event.content),
        private=hidden or content.private,
        recurring=bool(event.occurrences),
    )


def shown_as(content: Content) -> ShowAs:
    """Return how the event shows its time: a cancelled one blocks nothing."""
    return ShowAs.FREE if content.cancelled else content.show_as


def spans_in(event: StoredEvent, window: Window, zone: str) -> tuple[Span, ...]:
    """Return the times of the event that touch `window`; all-day ones are days of `zone`."""
    spans = event.occurrences or (_single(event.content, zone),)
    return tuple(span for span in spans if window.holds(span.start, span.end))


def blocks(span: Span, start: datetime, end: datetime) -> bool:
    """Say whether the span takes any time between the two instants."""
    return span.start < span.end and span.start < end and span.end > start


def _single(content: Content, zone: str) -> Span:
    start, end = instants_of(content.when, zone)
    when = content.when
    days = (when.start, when.end) if isinstance(when, AllDay) else None
    return Span(start, end, days=days)


def _text(text: str, echo: Echo) -> str:
    return plain_text(text) if echo.trims_blanks else text
