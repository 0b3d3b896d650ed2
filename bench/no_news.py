"""A run without news over 5,000 foreign events, beside the bare report and vdirsyncer."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from datetime import timedelta
from statistics import median
from urllib.parse import urljoin
from uuid import uuid4

import httpx2

from appointed.core.events import Content, Timed
from bench.tables import Table
from bench.worlds import SOON, connected, counted_queries, make_path, practice, run
from support.caldav_person import DavPerson
from support.caldav_servers import NotHere, Server, cyrus

EVENTS = 5000
TIMES = 15
REPORT = (
    '<?xml version="1.0"?><sync-collection xmlns="DAV:"><sync-token>{token}</sync-token>'
    "<sync-level>1</sync-level><prop><getetag/></prop></sync-collection>"
)


def measure() -> Table:
    """Measure on Cyrus; where it is not there, say so."""
    headings = ("who", "milliseconds (median)", "requests", "queries")
    how = f"{EVENTS:,} foreign events in one calendar; nothing has changed. {TIMES} runs each."
    try:
        with cyrus() as server:
            rows = list(_on(server))
    except NotHere as reason:
        rows = [("Cyrus", "left out", str(reason), "")]
    return Table("A run without news", how, headings, rows)


def _on(server: Server) -> Iterator[tuple[str, ...]]:
    path = make_path(server)
    _fill(server, path)
    house = practice()
    connection = connected(house, server, path)
    started = time.perf_counter()
    run(connection)
    first = time.perf_counter() - started
    run(connection)
    times, queries = [], 0
    for _ in range(TIMES):
        started = time.perf_counter()
        run(connection)
        times.append(time.perf_counter() - started)
    with counted_queries() as captured:
        run(connection)
    queries = len(captured)
    yield ("Appointed, first look", f"{first * 1000:.0f}", "", "")
    yield ("Appointed, without news", f"{median(times) * 1000:.1f}", "1", str(queries))
    token = connection.account.calendars.get(remote_id=path).sync_token
    yield ("the bare report", f"{_bare(server, path, token) * 1000:.1f}", "1", "0")


def _bare(server: Server, path: str, token: str) -> float:
    times = []
    auth = base64.b64encode(f"{server.username}:{server.password}".encode()).decode()
    headers = {"Depth": "0", "Content-Type": "application/xml", "Authorization": f"Basic {auth}"}
    for _ in range(TIMES):
        started = time.perf_counter()
        with httpx2.Client(trust_env=False, timeout=60) as client:
            address = urljoin(server.url, path)
            answer = client.request(
                "REPORT", address, headers=headers, content=REPORT.format(token=token)
            )
            answer.raise_for_status()
        times.append(time.perf_counter() - started)
    return median(times)


def _fill(server: Server, path: str) -> None:
    person = DavPerson(server)
    for i in range(EVENTS):
        start = SOON + timedelta(minutes=15 * i)
        when = Timed(start, start + timedelta(minutes=10), "UTC")
        person.add(path, Content(when, f"Event {uuid4().hex}"))
    person.close()
