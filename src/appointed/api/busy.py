"""`/busy`: when a practitioner is taken, by the book and by his calendars."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from appointed.api.inputs import PageIn, actor_of, edge
from appointed.api.outputs import READ, BusyOut, ListOut, instant_out, list_out
from appointed.book.errors import Invalid
from appointed.book.selectors.pages import page_of_all
from appointed.book.selectors.people import practitioner_of
from appointed.scheduling.busy import BusyFacts, busy_of

router = Router(tags=["Busy times"])


class BusyRange(PageIn):
    practitioner: UUID
    start: str = Field(..., alias="from", description="A time with offset, or a day.")
    end: str = Field(..., alias="to", description="The same; the range is half-open.")


@router.get("", response={200: ListOut[BusyOut], **READ})
def get_busy(request: HttpRequest, asked: Query[BusyRange]) -> Any:
    actor = actor_of(request)
    zone = practitioner_of(actor, asked.practitioner).time_zone
    start, end = edge(asked.start, "from", zone), edge(asked.end, "to", zone)
    if end < start:
        raise Invalid({"to": "This ends before it starts."})
    found = busy_of(actor=actor, practitioner=asked.practitioner, start=start, end=end)
    return list_out(page_of_all(found, asked.paging()).of(lambda busy: _out(busy, zone)))


def _out(busy: BusyFacts, zone: str) -> BusyOut:
    return BusyOut(
        start=instant_out(busy.start, zone),
        end=instant_out(busy.end, zone),
        show="free" if busy.show == "free" else "busy",
        source=busy.source.value,
        connection=busy.connection,
        calendar=busy.calendar or None,
        title=busy.title or None,
    )
