"""The worker's process: it survives a lost database, and ends when asked or when it is stuck."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from procrastinate import PsycopgConnector
from procrastinate.contrib.django import DjangoApp, connector_params

from appointed.sync.queue import FORGOTTEN_AFTER, HEARTBEAT_SECONDS
from appointed.sync.wakeups import QUEUE, TASK
from appointed.worker.dispatcher import ROUND_SECONDS, Dispatcher
from appointed.worker.looking import look_at_account
from appointed.worker.outbox import OUTBOX_SECONDS, empty_outbox
from appointed.worker.rounds import Rounds

CONCURRENCY = 4
QUEUE_CONNECTIONS = 3
LAST_LOOKS_SECONDS = 15.0
"""How long looks that are under way may take once the worker was asked to end."""
STUCK_SECONDS = 300.0
"""Longer than the slowest mail server may take over one mail."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0

logger = logging.getLogger(__name__)


def work() -> int:
    """Work until SIGTERM or SIGINT; return 0, or 1 where rounds stopped and a new start helps."""
    dispatcher = Dispatcher()
    outbox = Rounds("outbox", lambda: empty_outbox(outbox.beat), seconds=OUTBOX_SECONDS)
    rounds = (Rounds("dispatcher", dispatcher.dispatch, seconds=ROUND_SECONDS), outbox)
    for each in rounds:
        each.start()
    stuck = asyncio.run(_work(rounds))
    for each in rounds:
        each.stop()
    for each in rounds:
        each.join(timeout=2)
    dispatcher.close()
    return 1 if stuck else 0


async def _work(rounds: Sequence[Rounds]) -> bool:
    """Look at accounts until asked to stop or stuck; say which of both it was: stuck."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(CONCURRENCY + 1, thread_name_prefix="look"))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    watch = asyncio.create_task(_stuck(rounds))
    looking = asyncio.create_task(_look_on())
    asked = asyncio.create_task(stop.wait())
    await asyncio.wait({watch, looking, asked}, return_when=asyncio.FIRST_COMPLETED)
    _end_without_fail()
    for task in (looking, watch, asked):
        task.cancel()
    await asyncio.gather(looking, watch, asked, return_exceptions=True)
    return not stop.is_set()


async def _look_on() -> None:
    """Take wake-ups from the queue; begin anew, after a pause, when the database was lost."""
    pause = FIRST_PAUSE
    while True:
        began_at = asyncio.get_running_loop().time()
        try:
            await _take_wake_ups()
        except Exception as fault:  # noqa: BLE001 - mostly the database; whatever it is, go on
            logger.warning("the queue was lost (%s)", type(fault).__name__)
        if asyncio.get_running_loop().time() - began_at > LONGEST_PAUSE:
            pause = FIRST_PAUSE
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _take_wake_ups() -> None:
    app = DjangoApp(connector=_connector())
    app.task(name=TASK, queue=QUEUE)(look_at_account)
    async with app.open_async():
        await app.run_worker_async(
            queues=[QUEUE],
            concurrency=CONCURRENCY,
            fetch_job_polling_interval=2.0,
            shutdown_graceful_timeout=LAST_LOOKS_SECONDS,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=FORGOTTEN_AFTER.total_seconds(),
        )


def _connector() -> PsycopgConnector:
    return PsycopgConnector(
        kwargs=connector_params(),
        min_size=1,
        max_size=QUEUE_CONNECTIONS,
        timeout=10,
    )


async def _stuck(rounds: Sequence[Rounds]) -> None:
    """Return when rounds have stopped: then a living worker would be a lie."""
    while all(  # noqa: ASYNC110 - threads that hang set no event
        each.is_alive() and each.stuck_for() < STUCK_SECONDS for each in rounds
    ):
        await asyncio.sleep(1)
    logger.error("rounds have stopped; the worker ends")


def _end_without_fail() -> None:
    """End this process even where a look does not: threads cannot be ended."""
    timer = threading.Timer(LAST_LOOKS_SECONDS + 5, os._exit, [1])
    timer.daemon = True
    timer.start()
