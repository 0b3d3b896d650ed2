"""Places where a test may have this process die, as a power cut would (scenarios.md, J)."""

from __future__ import annotations

import os
import signal
from enum import StrEnum

VARIABLE = "APPOINTED_FAIL_POINT"


class CrashPoint(StrEnum):
    """The numbered steps of a remote write."""

    BEFORE_INTENT = "before_intent_commit"
    AFTER_INTENT = "after_intent_commit"
    REQUEST_SENT = "request_sent"
    ANSWER_RECEIVED = "answer_received"
    BEFORE_LINK = "before_link_commit"
    AFTER_LINK = "after_link_commit"
    BEFORE_SIGNAL = "before_signal_commit"
    AFTER_SIGNAL = "after_signal_commit"
    BEFORE_TOKEN = "before_token_commit"  # noqa: S105 – a place, no secret


def reach(point: CrashPoint) -> None:
    """End this process at once where the environment names `point`; else do nothing."""
    if os.environ.get(VARIABLE) == point:
        os.kill(os.getpid(), signal.SIGKILL)
