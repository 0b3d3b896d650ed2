"""Series: when they take place, within limits that no foreign rule can break.

A rule that cannot be expanded is told apart; whoever asks counts it as busy.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from types import FrameType
from typing import Any

import recurring_ical_events
from icalendar import Calendar, Event
from icalendar.prop import vRecur

from appointed.core.windows import Window

MOST_INSTANCES = 5000
MOST_CALLS = 400_000
MOST_TIMES_A_DAY = 48
TOO_FREQUENT = frozenset({"SECONDLY", "MINUTELY"})
RULES = ("RRULE", "RDATE", "EXRULE")


class NotExpandable(ValueError):
    """The series is too large, too frequent or not understood."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One occurrence: its time, and the start that the rule gave it."""

    start: date
    end: date
    original: date
    event: Event


class _TooMuchWork(BaseException):
    """Not an `Exception`: the library may catch those and go on for ever."""


def is_series(event: Event) -> bool:
    """Say whether `event` takes place more than once, or might."""
    return any(name in event for name in RULES)


def expand(calendar: Calendar, window: Window) -> list[Instance]:
    """Return the occurrences of the calendar's events that touch `window`.

    Raises: `NotExpandable`.
    """
    _check_rules(calendar)
    try:
        with _budget(MOST_CALLS):
            query = recurring_ical_events.of(calendar, keep_recurrence_attributes=True)
            return list(_instances(query, window))
    except NotExpandable:
        raise
    except (Exception, _TooMuchWork) as fault:  # noqa: BLE001 - foreign rules break it in any way
        raise NotExpandable(type(fault).__name__) from None


def _instances(query: Any, window: Window) -> Iterator[Instance]:
    for number, event in enumerate(query.between(window.start, window.end)):
        if number >= MOST_INSTANCES:
            raise NotExpandable("too many occurrences")
        start = event["DTSTART"].dt
        end = event["DTEND"].dt if "DTEND" in event else start
        yield Instance(start, end, _original(event, start), event)


def _original(event: Event, start: date) -> date:
    named = getattr(event.get("RECURRENCE-ID"), "dt", None)
    return named if isinstance(named, date) else start


def _check_rules(calendar: Calendar) -> None:
    for event in calendar.walk("VEVENT"):
        for rule in _rules(event):
            _check_rule(rule)


def _rules(event: Any) -> Iterator[Any]:
    for name in ("RRULE", "EXRULE"):
        value = event.get(name)
        yield from value if isinstance(value, list) else () if value is None else (value,)


def _check_rule(rule: object) -> None:
    if not isinstance(rule, vRecur):
        raise NotExpandable("not a rule")
    frequencies = {str(word).upper() for word in rule.get("FREQ", [])}
    if not frequencies or frequencies & TOO_FREQUENT:
        raise NotExpandable("too frequent")
    times = 1
    for part in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= max(1, len(rule.get(part, [])))
    if times > MOST_TIMES_A_DAY:
        raise NotExpandable("too many times a day")


@contextmanager
def _budget(calls: int) -> Iterator[None]:
    """Stop what runs inside after so many function calls.

    A rule that never comes true (30 February) keeps the library busy until the year 9999 and
    gives nothing in between at which it could be left; counting calls ends it, in any thread,
    without a clock.
    """
    left = calls

    def count(_frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise _TooMuchWork

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)
