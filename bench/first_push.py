"""The first push of 1,000 appointments, beside a bare loop of PUTs and beside vdirsyncer."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urljoin
from uuid import uuid4

import httpx2

from appointed.scheduling.engine import book_engine
from appointed.sync.models import Connection, Run
from bench.tables import Table
from bench.worlds import Stopwatch, connected, fill_book, make_path, practice, run
from support.caldav_person import DavPerson
from support.caldav_servers import NotHere, Server, cyrus, radicale

EVENTS = 100
CONNECTIONS = 4


def measure() -> Table:
    """Measure on each server that runs here."""
    rows: list[tuple[str, ...]] = []
    for start in (cyrus, radicale):
        try:
            with start() as server:
                rows += _on(server)
        except NotHere as reason:
            rows.append((start.__name__, "left out", str(reason), ""))
    return Table(
        title=f"First push of {EVENTS:,} appointments",
        how=f"The bare loop sends the same texts by PUT over {CONNECTIONS} kept-alive "
        "connections and remembers nothing. vdirsyncer uploads the same files from a folder.",
        headings=("server", "who", "seconds", "beside the bare loop"),
        rows=rows,
    )


def _on(server: Server) -> list[tuple[str, ...]]:
    ours, texts = _ours(server)
    bare = _bare(server, texts)
    theirs = _vdirsyncer(server, texts)
    named = (("Appointed", ours), ("bare loop of PUTs", bare), ("vdirsyncer", theirs))
    return [(server.name, who, f"{s:.2f}", f"{s / bare:.2f}") for who, s in named]


def _ours(server: Server) -> tuple[float, list[str]]:
    house = practice()
    path = make_path(server)
    connection = connected(house, server, path)
    run(connection)
    fill_book(house, EVENTS)
    connection.refresh_from_db()
    with Stopwatch() as watch:
        run_allowed(connection)
    person = DavPerson(server)
    texts = list(person.events(path).values())
    person.close()
    if len(texts) != EVENTS:
        raise RuntimeError(f"{len(texts)} of {EVENTS} events arrived")
    return watch.seconds, texts


def run_allowed(connection: Connection) -> None:
    """Run as after *Sync now*: more than 200 creates at once want a person's word."""
    Run.objects.create(connection=connection, state=Run.State.WAITING)
    book_engine().run(connection.account_id)


def _bare(server: Server, texts: list[str]) -> float:
    address = urljoin(server.url, make_path(server))
    auth = (server.username, server.password)
    headers = {"Content-Type": "text/calendar; charset=utf-8", "If-None-Match": "*"}
    with httpx2.Client(auth=auth, trust_env=False, timeout=60) as client:

        def put(text: str) -> int:
            uid = uuid4().hex
            body = _with_uid(text, uid).encode()
            return client.put(f"{address}{uid}.ics", content=body, headers=headers).status_code

        with ThreadPoolExecutor(CONNECTIONS) as pool, Stopwatch() as watch:
            statuses = list(pool.map(put, texts))
    if set(statuses) - {201, 204}:
        raise RuntimeError(f"the bare loop met {set(statuses)}")
    return watch.seconds


def _vdirsyncer(server: Server, texts: list[str]) -> float:
    path = make_path(server)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        events = folder / "events"
        events.mkdir()
        for text in texts:
            uid = uuid4().hex
            (events / f"{uid}.ics").write_bytes(_with_uid(text, uid).encode())
        config = folder / "config"
        config.write_text(
            f'[general]\nstatus_path = "{folder}/status/"\n'
            '[pair p]\na = "here"\nb = "there"\ncollections = null\n'
            f'[storage here]\ntype = "filesystem"\npath = "{events}"\nfileext = ".ics"\n'
            f'[storage there]\ntype = "caldav"\nurl = "{urljoin(server.url, path)}"\n'
            f'username = "{server.username}"\npassword = "{server.password}"\n'
        )
        _call(config, "discover")
        with Stopwatch() as watch:
            _call(config, "sync")
    return watch.seconds


def _call(config: Path, what: str) -> None:
    command = [sys.executable, "-m", "vdirsyncer", "-c", str(config), what]
    subprocess.run(command, check=True, capture_output=True, input=b"y\n" * 5)  # noqa: S603 – the program that it is compared with


def _with_uid(text: str, uid: str) -> str:
    lines = [f"UID:{uid}" if line.startswith("UID:") else line for line in text.split("\r\n")]
    return "\r\n".join(lines)
