"""Receipts in groups: as many as have come while the last group was being remembered."""

from __future__ import annotations

from collections.abc import Iterator
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

Item = TypeVar("Item")


class _End:
    """What closes the queue: the fault that ended the items, or nothing."""

    def __init__(self, fault: BaseException | None) -> None:
        self.fault = fault


def as_they_come(items: Iterator[Item]) -> Iterator[list[Item]]:
    """Yield the items in groups, each as soon as there is one and as large as it then is.

    A slow reader gets larger groups and never slows the source down; a fault of the source is
    raised after the last item before it. The source runs in a thread of its own.
    """
    queue: SimpleQueue[Item | _End] = SimpleQueue()
    source = Thread(target=_pour, args=(items, queue), name="receipts", daemon=True)
    source.start()
    end: _End | None = None
    while end is None:
        group: list[Item] = []
        taken = queue.get()
        while True:
            if isinstance(taken, _End):
                end = taken
                break
            group.append(taken)
            if queue.empty():
                break
            taken = queue.get()
        if group:
            yield group
    source.join()
    if end.fault is not None:
        raise end.fault


def _pour(items: Iterator[Item], queue: SimpleQueue[Item | _End]) -> None:
    fault: BaseException | None = None
    try:
        for item in items:
            queue.put(item)
    except BaseException as raised:  # noqa: BLE001 - it is raised again where the items are read
        fault = raised
    queue.put(_End(fault))
