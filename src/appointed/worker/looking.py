"""The one job there is: look at an account."""

from __future__ import annotations

import logging
import traceback

from django.utils import timezone

from appointed.scheduling.signals import apply_signal
from appointed.sync.engine import Engine
from appointed.sync.queue import leave_alone_after_fault

logger = logging.getLogger(__name__)


def look_at_account(account_id: int) -> None:
    """Have the engine bring an account in step.

    A fault of ours ends the job, not the worker: the account is left alone for a while,
    longer each time, so that it cannot keep everybody busy.
    """
    try:
        Engine(apply_signal=apply_signal).run(account_id)
    except Exception as fault:  # noqa: BLE001 - whatever it is, the next account's turn must come
        # the words of a fault may be a person's: only its kind and place are logged
        where = "".join(traceback.format_tb(fault.__traceback__))
        logger.error("a look failed: %s\n%s", type(fault).__name__, where)  # noqa: TRY400 – a traceback may bear titles
        leave_alone_after_fault(account_id, kind=type(fault).__name__, now=timezone.now())
