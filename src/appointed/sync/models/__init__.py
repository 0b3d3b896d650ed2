"""The rows of the engine, by topic."""

from appointed.sync.models.accounts import Account, ExternalCalendar, Installation
from appointed.sync.models.busy import BusyTime
from appointed.sync.models.connections import CalendarChoice, Connection
from appointed.sync.models.links import Link, Operation
from appointed.sync.models.runs import Entry, Run

__all__ = [
    "Account",
    "BusyTime",
    "CalendarChoice",
    "Connection",
    "Entry",
    "ExternalCalendar",
    "Installation",
    "Link",
    "Operation",
    "Run",
]
