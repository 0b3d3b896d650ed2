"""Rules for what people enter: collects every fault before anything is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from appointed.book.errors import Invalid
from appointed.book.facts import Hours
from appointed.core.texts import NAME_LIMIT, fault_of_line, fault_of_lines, tidy_line, tidy_lines
from appointed.core.walltime import is_zone

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class Faults:
    """The faults found so far, by field."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}

    def add(self, field: str, sentence: str) -> None:
        """Note a fault; the first of a field stays."""
        if sentence:
            self.fields.setdefault(field, sentence)

    def line(
        self, field: str, text: str, *, limit: int = NAME_LIMIT, required: bool = False
    ) -> str:
        """Return one line of text as it is kept."""
        tidy = tidy_line(text)
        self.add(field, fault_of_line(tidy, limit=limit) if tidy or not required else "Enter it.")
        return tidy

    def lines(self, field: str, text: str) -> str:
        """Return text of several lines as it is kept."""
        tidy = tidy_lines(text)
        self.add(field, fault_of_lines(tidy))
        return tidy

    def email(self, field: str, text: str, *, required: bool = False) -> str:
        """Return an e-mail address as it is kept."""
        tidy = self.line(field, text, limit=254, required=required)
        if tidy and field not in self.fields:
            try:
                validate_email(tidy)
            except ValidationError:
                self.add(field, "Please enter an e-mail address such as name@example.com.")
        return tidy

    def zone(self, field: str, name: str) -> str:
        """Return the name of a time zone."""
        if not is_zone(name):
            self.add(field, "Choose a time zone by city, for example Australia/Brisbane.")
        return name

    def number(self, field: str, value: int, *, least: int, most: int) -> int:
        """Return a whole number within its range."""
        if not least <= value <= most:
            self.add(field, f"This must be from {least} to {most}.")
        return value

    def colour(self, field: str, value: str) -> str:
        """Return a colour such as #3366cc, or nothing."""
        if value and not COLOUR.fullmatch(value):
            self.add(field, "Write a colour such as #3366cc.")
        return value.lower()

    def hours(self, field: str, hours: Sequence[Hours]) -> list[Hours]:
        """Return working hours in order; none ends before it starts, none overlaps another."""
        ordered = sorted(hours, key=lambda h: (h.weekday, h.start))
        for place, stretch in enumerate(ordered):
            if not 0 <= stretch.weekday <= 6:  # noqa: PLR2004 - Monday to Sunday
                self.add(field, "A weekday is a number from 0 (Monday) to 6.")
            elif _end(stretch) <= _minutes(stretch):
                self.add(field, f"{_said(stretch)} ends before it starts.")
            elif place and _overlaps(ordered[place - 1], stretch):
                self.add(field, f"{_said(stretch)} overlaps {_said(ordered[place - 1])}.")
        return ordered


@contextmanager
def checking() -> Iterator[Faults]:
    """Collect faults in the block. Raises: `Invalid` at its end if there were any."""
    faults = Faults()
    yield faults
    if faults.fields:
        raise Invalid(faults.fields)


DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _said(hours: Hours) -> str:
    day = DAYS[hours.weekday] if 0 <= hours.weekday < len(DAYS) else str(hours.weekday)
    return f"{day}: {hours.start:%H:%M}-{hours.end:%H:%M}"


def _minutes(hours: Hours) -> int:
    return hours.start.hour * 60 + hours.start.minute


def _end(hours: Hours) -> int:
    return (hours.end.hour * 60 + hours.end.minute) or 24 * 60


def _overlaps(before: Hours, after: Hours) -> bool:
    return before.weekday == after.weekday and _minutes(after) < _end(before)
