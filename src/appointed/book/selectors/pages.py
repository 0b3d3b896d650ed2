"""Lists in pages: a cursor says where the next one begins, whatever was added meanwhile."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from appointed.book.errors import Invalid

DEFAULT_LIMIT = 100
LARGEST_LIMIT = 1000

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True)
class Paging:
    """How much of a list is asked for, and from where on."""

    limit: int = DEFAULT_LIMIT
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A part of a list; `next` begins the following part, None at the end."""

    items: tuple[Item, ...]
    next: str | None

    def of(self, change: Callable[[Item], Other]) -> Page[Other]:
        """Return the page with each item changed."""
        return Page(tuple(change(item) for item in self.items), self.next)


def page_of(
    rows: QuerySet[Row, Row], paging: Paging, keys: Sequence[str], *, newest_first: bool = False
) -> Page[Row]:
    """Return a page of `rows`, ordered by columns that together are unique.

    Raises: `Invalid` for a cursor that is none of ours.
    """
    after = read_cursor(paging.cursor, len(keys))
    order = [f"-{key}" if newest_first else key for key in keys]
    try:
        if after is not None:
            rows = rows.filter(_beyond(keys, after, "lt" if newest_first else "gt"))
        found = list(rows.order_by(*order)[: paging.limit + 1])
    except (ValueError, TypeError, ValidationError) as fault:
        raise _no_cursor() from fault
    shown = found[: paging.limit]
    more = len(found) > len(shown)
    last = [_plain(getattr(shown[-1], key)) for key in keys] if more else None
    return Page(tuple(shown), None if last is None else make_cursor(last))


def page_of_all(items: Sequence[Item], paging: Paging) -> Page[Item]:
    """Return a page of a list that is there as a whole. Raises: `Invalid`."""
    place = read_cursor(paging.cursor, 1)
    start = 0 if place is None else place[0]
    if not isinstance(start, int) or start < 0:
        raise _no_cursor()
    end = start + paging.limit
    return Page(tuple(items[start:end]), make_cursor([end]) if end < len(items) else None)


def make_cursor(values: Sequence[Any]) -> str:
    """Return the values as one opaque word."""
    return base64.urlsafe_b64encode(json.dumps(list(values)).encode()).decode().rstrip("=")


def read_cursor(cursor: str, length: int) -> list[Any] | None:
    """Return the values of a cursor; None for none. Raises: `Invalid`."""
    if not cursor:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
    except (ValueError, binascii.Error, RecursionError) as fault:
        raise _no_cursor() from fault
    good = isinstance(values, list) and len(values) == length
    if not good or any(not _is_plain(value) for value in values):
        raise _no_cursor()
    return list(values)


def _beyond(keys: Sequence[str], values: Sequence[Any], than: str) -> Q:
    first = Q(**{f"{keys[0]}__{than}": values[0]})
    if len(keys) == 1:
        return first
    return first | (Q(**{keys[0]: values[0]}) & _beyond(keys[1:], values[1:], than))


def _is_plain(value: Any) -> bool:
    match value:
        case bool():
            return False
        case int():
            return abs(value) < 2**62
        case str():
            return "\0" not in value and value.isprintable()
        case _:
            return False


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str) else value.isoformat()


def _no_cursor() -> Invalid:
    return Invalid({"cursor": "Use the cursor that the page before answered as `next`."})
