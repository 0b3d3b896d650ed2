"""Whether anything carries out what the pages ask for; asked rarely, shown on every page."""

from __future__ import annotations

from time import monotonic

from appointed.sync.selectors_health import look_at_health

ASK_EVERY = 10.0


class WorkerWatch:
    """Remembers for a moment whether a worker was heard of; one that starts with us has time."""

    def __init__(self) -> None:
        self._answers = True
        self._asked_at = monotonic()

    def answers(self) -> bool:
        """Say whether a worker was heard of lately."""
        if monotonic() - self._asked_at > ASK_EVERY:
            self._asked_at = monotonic()
            self._answers = look_at_health().worker
        return self._answers


WATCH = WorkerWatch()
