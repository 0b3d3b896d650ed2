"""A child process that ends with the process that started it (Linux; elsewhere a no-op)."""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # prctl(2)


def tied_to_this_process(number: signal.Signals) -> Callable[[], None]:
    """Return what a child runs before its program, to get `number` when this process dies.

    The kernel watches the *thread* that forks, and a change of user clears the wish:
    hence only from the main thread, and as the last step in the child.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("a process tied to this one must be started by the main thread")
    if not sys.platform.startswith("linux"):
        return lambda: None
    parent = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True)  # loaded here: a forked child should not

    def tie() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # it died between the fork and the call
            os._exit(1)

    return tie
