"""When a practitioner is taken, for people to see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from appointed.book.access import Action, Actor, may
from appointed.book.facts import AppointmentFacts
from appointed.book.selectors.appointments import appointments_between
from appointed.book.selectors.people import practitioner_pk_of
from appointed.core.clashes import Source
from appointed.sync.selectors import ExternalBusy, external_busy


@dataclass(frozen=True, slots=True)
class BusyFacts:
    """A time that is taken (or shown as free); what it is only for who may see it."""

    start: datetime
    end: datetime
    show: str
    source: Source
    connection: UUID | None = None
    calendar: str = ""
    title: str = ""


def busy_of(*, actor: Actor, practitioner: UUID, start: datetime, end: datetime) -> list[BusyFacts]:
    """Return what the book and the calendars say about the time, in order of start.

    Raises: `Refused`, `Missing`.
    """
    pk = practitioner_pk_of(actor, practitioner)
    named = may(actor, Action.CONNECT, pk)
    book = [_booked(facts) for facts in appointments_between(actor, pk, start=start, end=end)]
    outside = [
        _outside(busy, named=named)
        for busy in external_busy(practitioner_ids=[pk], start=start, end=end)
    ]
    return sorted([*book, *outside], key=lambda busy: (busy.start, busy.end, busy.source))


def _booked(facts: AppointmentFacts) -> BusyFacts:
    return BusyFacts(facts.start, facts.end, "busy", Source.BOOK, title=facts.label)


def _outside(busy: ExternalBusy, *, named: bool) -> BusyFacts:
    return BusyFacts(
        start=busy.start,
        end=busy.end,
        show=busy.show,
        source=Source.EXTERNAL,
        connection=busy.connection if named else None,
        calendar=busy.calendar if named else "",
    )
