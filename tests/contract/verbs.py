"""What the tests of providers do and look at, in few words."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from appointed.core.events import Content, RemoteEvent, Timed
from appointed.core.windows import Window
from appointed.providers.port import (
    CreateEvent,
    DeleteEvent,
    Failed,
    OutcomeUnknown,
    ProviderUnavailable,
    UpdateEvent,
    Written,
)

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 12, 1, 10, tzinfo=BERLIN)
HOUR = timedelta(hours=1)
WINDOW = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC), "Europe/Berlin")


def event(title="Ann", start=START, **fields):
    return Content(Timed(start, start + HOUR, "Europe/Berlin"), title, **fields)


def fresh_key():
    return uuid.uuid4().hex


def create(world, content=None, key=None):
    key = key or fresh_key()
    wish = CreateEvent("c", key, content or event())
    [receipt] = world.provider.write(world.calendar_id, [wish])
    assert isinstance(receipt, Written), receipt
    return key, receipt


def update(world, key, receipt, content, **more):
    wish = UpdateEvent("u", key, receipt.remote_id, receipt.version, content, **more)
    [answer] = world.provider.write(world.calendar_id, [wish])
    return answer


def delete(world, key, receipt):
    wish = DeleteEvent("d", key, receipt.remote_id, receipt.version)
    [answer] = world.provider.write(world.calendar_id, [wish])
    return answer


def fetch(world, remote_id):
    found = world.provider.fetch(world.calendar_id, [remote_id])
    return found[0] if found else None


def look(world, token=None, known=None):
    pages = list(world.provider.changes(world.calendar_id, token, WINDOW, known=known))
    assert [page.next_token for page in pages[:-1]] == [None] * (len(pages) - 1)
    return pages


def upserts(pages) -> dict[str, RemoteEvent]:
    return {one.remote_id: one for page in pages for one in page.upserts}


def tombstones(pages):
    return {stone.remote_id for page in pages for stone in page.tombstones}


def token_of(pages):
    return pages[-1].next_token


def until_known(world, wish):
    """Repeat a wish as the engine does: look by key first, then ask again."""
    for _ in range(3):
        [receipt] = world.provider.write(world.calendar_id, [wish])
        if not isinstance(receipt, Failed):
            return receipt
        assert isinstance(receipt.error, OutcomeUnknown | ProviderUnavailable)
        if isinstance(wish, CreateEvent) and (found := world.provider.find(wish.key)):
            one = found[0].event
            return Written(wish.reference, one.remote_id, one.version, one.content.stamp)
    raise AssertionError(receipt)


def three_foreign(world):
    for name in ("Cy", "Di", "Ed"):
        world.add(event(name))
    return list(upserts(look(world)).values())
