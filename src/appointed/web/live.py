"""Telling open windows that something changed: one listening connection for a whole process."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import AsyncIterator, Iterator
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from asgiref.sync import sync_to_async
from django.db import connections

from appointed.web.versions import CHANNEL, GATHER, MANY, SUM, practice_version

HEARTBEAT_SECONDS = 15
SETTLE_SECONDS = 0.05
RETRY_SECONDS = 1.0
COUNT_ROWS = "SELECT count(*) FROM web_signal WHERE practice_id = %s"


class Bell:
    """Wakes who waits for a practice, with the practice's version, while anybody waits."""

    def __init__(self) -> None:
        self._waiting: dict[int, set[asyncio.Event]] = {}
        self._versions: dict[int, int] = {}
        self._watcher: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def listening(self, practice_id: int) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever the practice may have a new version."""
        event = asyncio.Event()
        self._waiting.setdefault(practice_id, set()).add(event)
        self._see_that_somebody_watches()
        try:
            yield event
        finally:
            self._waiting[practice_id].discard(event)
            if not self._waiting[practice_id]:
                del self._waiting[practice_id]
                self._versions.pop(practice_id, None)

    def version(self, practice_id: int, otherwise: int) -> int:
        """Return the last version that was heard of."""
        return self._versions.get(practice_id, otherwise)

    def _see_that_somebody_watches(self) -> None:
        if self._watcher is None or self._watcher.done():
            # A task made in a request's context dies with it: the watcher gets an empty one.
            self._watcher = contextvars.Context().run(asyncio.create_task, self._watch())

    async def _watch(self) -> None:
        while self._waiting:
            try:
                await self._listen()
            except psycopg.Error:
                await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        parameters = _connection_parameters()
        async with await psycopg.AsyncConnection.connect(**parameters, autocommit=True) as open_one:
            await open_one.execute(f"LISTEN {CHANNEL}")
            await self._ask(open_one, set(self._waiting))
            while self._waiting:
                notes = open_one.notifies(timeout=HEARTBEAT_SECONDS, stop_after=1)
                touched = {int(note.payload) async for note in notes}
                if touched:
                    await asyncio.sleep(SETTLE_SECONDS)  # a burst is one redraw
                    late = open_one.notifies(timeout=0)
                    touched |= {int(note.payload) async for note in late}
                await self._ask(open_one, touched & self._waiting.keys())

    async def _ask(
        self, open_one: psycopg.AsyncConnection[tuple[Any, ...]], practices: set[int]
    ) -> None:
        for practice_id in practices:
            row = await (await open_one.execute(SUM, [practice_id])).fetchone()
            self._versions[practice_id] = int(row[0]) if row else 0
            for event in self._waiting.get(practice_id, ()):
                event.set()
            rows = await (await open_one.execute(COUNT_ROWS, [practice_id])).fetchone()
            if rows and rows[0] > MANY:
                await open_one.execute(GATHER, [practice_id, practice_id])


_BELLS: WeakKeyDictionary[asyncio.AbstractEventLoop, Bell] = WeakKeyDictionary()


def bell() -> Bell:
    """Return the one bell of the running loop."""
    return _BELLS.setdefault(asyncio.get_running_loop(), Bell())


async def version_stream(practice_id: int, *, known: int) -> AsyncIterator[bytes]:
    """Yield a server-sent event for every version that differs from the last one told.

    `known` is what the page shows; what changed since it was made is told at once. The
    database connection of the request is back in the pool before the first byte.
    """
    with bell().listening(practice_id) as event:
        current = await sync_to_async(_version_now)(practice_id)
        yield b"retry: 2000\n\n"
        while True:
            if current != known:
                known = current
                yield f"id: {known}\ndata: {known}\n\n".encode()
            try:
                await asyncio.wait_for(event.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"
            event.clear()
            current = bell().version(practice_id, known)


def _version_now(practice_id: int) -> int:
    try:
        return practice_version(practice_id)
    finally:
        connections["default"].close()


def _connection_parameters() -> dict[str, Any]:
    parameters = dict(connections["default"].get_connection_params())
    for name in ("cursor_factory", "context", "pool"):
        parameters.pop(name, None)
    return parameters
