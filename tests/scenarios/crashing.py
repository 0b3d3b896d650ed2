"""Dying in the middle: a provider that lets the run end where a process would have died."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import pytest

from appointed.core.windows import Window
from appointed.providers.port import CalendarProvider, Page, Receipt, WriteOperation
from appointed.sync.models import Account, ExternalCalendar
from scenarios.scene import Scene


class Crash(BaseException):
    """The process dies here; nothing of the product may catch this."""


class Step(StrEnum):
    """Where a write is cut off, as far as that shows from a provider."""

    BEFORE_INTENT = "before the intent is committed"
    AFTER_INTENT = "after the intent, nothing sent"
    EXECUTED = "carried out, its answer not yet remembered"
    REMEMBERED = "after the receipt was remembered"


@dataclass(frozen=True, slots=True)
class Crashing:
    """A provider that dies at a step of a write, or after so many pages of a look."""

    inner: CalendarProvider
    at: Step | None = None
    pages: int | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def normalise(self, content: Any) -> Any:
        if self.at is Step.BEFORE_INTENT:
            raise Crash
        return self.inner.normalise(content)

    def write(self, calendar_id: str, operations: Sequence[WriteOperation]) -> Iterator[Receipt]:
        if self.at is Step.AFTER_INTENT:
            raise Crash
        for receipt in self.inner.write(calendar_id, operations):
            if self.at is Step.EXECUTED:
                raise Crash
            yield receipt
        if self.at is Step.REMEMBERED:
            raise Crash

    def changes(
        self,
        calendar_id: str,
        sync_token: str | None,
        window: Window,
        *,
        known: Mapping[str, str] | None = None,
    ) -> Iterator[Page]:
        """Hand out one event a page, as a provider may; die after so many."""
        handed_out = 0
        for page in self.inner.changes(calendar_id, sync_token, window, known=known):
            for event in page.upserts:
                if handed_out == self.pages:
                    raise Crash
                handed_out += 1
                yield Page(upserts=(event,), restart=page.restart)
            if handed_out == self.pages:
                raise Crash
            yield replace(page, upserts=())


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A provider that lets something happen between the intent and the request."""

    inner: CalendarProvider
    meanwhile: Callable[[], None]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def write(self, calendar_id: str, operations: Sequence[WriteOperation]) -> Iterator[Receipt]:
        self.meanwhile()
        return self.inner.write(calendar_id, operations)


def die(scene: Scene, *, at: Step | None = None, pages: int | None = None) -> None:
    """Run a cycle that ends like a process that dies."""
    plain = scene._connect
    scene._connect = lambda account: Crashing(plain(account), at, pages)  # type: ignore[return-value]  # it stands for a provider
    try:
        with pytest.raises(Crash):
            scene.cycle()
    finally:
        scene._connect = plain
    Account.objects.update(lease_until=None)


def look_whole() -> None:
    """Have everything read anew at the next look."""
    ExternalCalendar.objects.update(sync_token="", reading="", whole_look_at=None)
