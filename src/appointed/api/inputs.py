"""What callers may send beside the fields themselves: versions, keys, times, pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from appointed.book.access import Actor
from appointed.book.errors import Invalid
from appointed.book.selectors.pages import DEFAULT_LIMIT, LARGEST_LIMIT, Paging
from appointed.book.services.answers import answer_once
from appointed.core.texts import fault_of_line
from appointed.core.walltime import in_years
from appointed.core.windows import midnight

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)"
    r"( ?[Zz]|[+-]\d{2}:\d{2}| \d{2}:\d{2})?"  # in an address a bare + arrives as a blank
)
NO_TIME = "Write a time such as 2026-11-23T09:00:00+01:00."
NO_OFFSET = "Add the offset, for example 2026-11-23T09:00:00+01:00."
NO_DAY = "Write a day such as 2026-11-23."
YEARS = "Choose a day in the years 1970 to 2200."
LONGEST_KEY = 200

Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d(:00)?$")]
EndClock = Annotated[str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d(:00)?|24:00)$")]


class Closed(Schema):
    """A body: a key that it does not know is refused."""

    model_config = ConfigDict(extra="forbid")


class PageIn(Schema):
    """Which part of a list."""

    limit: int = Field(DEFAULT_LIMIT, ge=1, le=LARGEST_LIMIT)
    cursor: str = ""

    def paging(self) -> Paging:
        """Return it as selectors know it."""
        return Paging(self.limit, self.cursor)


CONDITIONAL: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": "If-Match",
            "required": False,
            "schema": {"type": "string"},
            "description": 'The ETag of the version that is to be changed, such as `"3"`; '
            "if another one stands, 412.",
        }
    ]
}
REPEATABLE: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": False,
            "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
            "description": "The same key and body answer the same resource.",
        }
    ]
}
BOTH: dict[str, Any] = {"parameters": CONDITIONAL["parameters"] + REPEATABLE["parameters"]}


def actor_of(request: HttpRequest) -> Actor:
    """Return whose key came with the request."""
    actor: Actor = request.auth  # type: ignore[attr-defined]  # ninja sets what the key stands for
    return actor


def version_of(request: HttpRequest) -> int | None:
    """Return the version that `If-Match` names; None for none, or `*`; -1 for no such version."""
    wanted = request.headers.get("If-Match", "").strip()
    if wanted in {"", "*"}:
        return None
    number = wanted.removeprefix("W/").strip('"')
    return int(number) if number.isdecimal() and number.isascii() and len(number) < 10 else -1  # noqa: PLR2004 - as many digits as a version has


def once(request: HttpRequest, make: Callable[[], UUID]) -> UUID:
    """Return what `make` makes, or made when the same `Idempotency-Key` came first."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return make()
    if not 0 < len(key) <= LONGEST_KEY or fault_of_line(key):
        raise Invalid({"Idempotency-Key": f"Use 1 to {LONGEST_KEY} printable characters."})
    return answer_once(
        actor=actor_of(request),
        call=f"{request.method} {request.path}",
        key=key,
        body=request.body,
        make=make,
    )


def fields_of(body: Schema, *, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return what the caller said, and only that."""
    return body.model_dump(exclude_unset=True, exclude=set(without))


def instant(text: str, field: str) -> datetime:
    """Return the instant that a text with an offset names. Raises: `Invalid`."""
    parts = MOMENT.fullmatch(text.strip())
    if parts is None:
        raise Invalid({field: NO_TIME})
    day_part, clock, offset = parts.groups()
    if offset is None:
        raise Invalid({field: NO_OFFSET})
    zone = offset.upper().replace(" Z", "Z").replace(" ", "+")
    try:
        moment = datetime.fromisoformat(f"{day_part}T{clock}{zone}")
        return _kept(moment, field).astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        raise Invalid({field: NO_TIME}) from fault


def day(text: str, field: str) -> date:
    """Return the day that a text names. Raises: `Invalid`."""
    if not DAY.fullmatch(text.strip()):
        raise Invalid({field: NO_DAY})
    try:
        found = date.fromisoformat(text.strip())
    except ValueError as fault:
        raise Invalid({field: NO_DAY}) from fault
    if not in_years(found):
        raise Invalid({field: YEARS})
    return found


def edge(text: str, field: str, zone: str) -> datetime:
    """Return an edge of a range: an instant, or a day's beginning in `zone`. Raises: `Invalid`."""
    if DAY.fullmatch(text.strip()):
        return midnight(day(text, field), zone)
    return instant(text, field)


def _kept(moment: datetime, field: str) -> datetime:
    if not in_years(moment):
        raise Invalid({field: YEARS})
    return moment
