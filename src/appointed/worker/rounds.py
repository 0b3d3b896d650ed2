"""Doing something again and again in a thread, whatever goes wrong."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, close_old_connections

LONGEST_PAUSE = 15.0

logger = logging.getLogger(__name__)


class Rounds(threading.Thread):
    """Calls `once` every `seconds` until told to stop; a failed round is tried again later.

    `stuck_for` says how long the present round has lasted, so that others can end a
    process whose rounds have stopped.
    """

    def __init__(self, name: str, once: Callable[[], None], *, seconds: float) -> None:
        super().__init__(name=name, daemon=True)
        self._once = once
        self._seconds = seconds
        self._stopping = threading.Event()
        self._began_at: float | None = None

    def run(self) -> None:
        pause = self._seconds
        while not self._stopping.wait(pause):
            pause = self._seconds if self._round() else min(pause * 2, LONGEST_PAUSE)

    def stop(self) -> None:
        """Let the present round be the last."""
        self._stopping.set()

    def stuck_for(self) -> float:
        """Return for how many seconds the present round has lasted; zero between rounds."""
        began_at = self._began_at
        return 0.0 if began_at is None else time.monotonic() - began_at

    def beat(self) -> None:
        """Count the present round anew, because it got on."""
        self._began_at = time.monotonic()

    def _round(self) -> bool:
        self.beat()
        try:
            close_old_connections()
            self._once()
        except (DatabaseError, InterfaceError) as fault:
            logger.warning("%s: the database failed (%s)", self.name, type(fault).__name__)
            return False
        except Exception as fault:  # noqa: BLE001 - a fault of ours must not end the rounds
            # the words of a fault may be a person's: only its kind and place are logged
            where = "".join(traceback.format_tb(fault.__traceback__))
            logger.error("%s: %s\n%s", self.name, type(fault).__name__, where)  # noqa: TRY400 – a traceback may bear titles
            return False
        else:
            return True
        finally:
            close_old_connections()
            self._began_at = None
