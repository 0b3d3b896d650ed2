"""The day page's data with 8 practitioners: appointments, busy times, sync states."""

from __future__ import annotations

import time
from datetime import timedelta
from statistics import median

from django.test import Client

from appointed.book.access import Role
from appointed.book.services.practitioners import create_practitioner
from bench.tables import Table
from bench.worlds import SOON, counted_queries, fill_book, practice

TIMES = 15
PRACTITIONERS = 8


def measure() -> Table:
    """Measure the page itself and the entries that it fetches."""
    house = practice()
    for number in range(PRACTITIONERS - 2):
        create_practitioner(actor=house.owner, fields={"name": f"Practitioner {number}"})
    fill_book(house, 400)
    client = Client()
    client.force_login(house.user(Role.OWNER, "owner@example.org"))
    day, next_day = SOON.date(), SOON.date() + timedelta(days=1)
    addresses = {
        "the page": f"/?day={day}",
        "its entries": f"/appointments/feed?start={day}T00:00:00Z&end={next_day}T00:00:00Z",
        "nothing (the health page)": "/healthz",
    }
    rows = [(name, *_timed(client, address)) for name, address in addresses.items()]
    return Table(
        f"The day page, {PRACTITIONERS} practitioners, 400 appointments",
        f"Through Django's test client, {TIMES} times each; beside the emptiest page there is.",
        ("what", "milliseconds (median)", "queries", "kilobytes"),
        rows,
    )


def _timed(client: Client, address: str) -> tuple[str, str, str]:
    times = []
    for _ in range(TIMES):
        started = time.perf_counter()
        answer = client.get(address)
        times.append(time.perf_counter() - started)
    with counted_queries() as captured:
        answer = client.get(address)
    size = len(answer.content) / 1000
    return f"{median(times) * 1000:.1f}", str(len(captured)), f"{size:.1f} ({answer.status_code})"
