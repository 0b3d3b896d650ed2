"""How services find, lock and save the rows of one practice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import QuerySet

from appointed.book.errors import Missing, Stale


class Versioned(Protocol):
    """A row that counts its versions."""

    version: int


Row = TypeVar("Row", bound=models.Model)


def locked(rows: QuerySet[Row, Row], uuid: UUID) -> Row:
    """Return one of the rows, locked until the transaction ends. Raises: `Missing`."""
    row = rows.select_for_update(no_key=True).filter(uuid=uuid).first()
    if row is None:
        raise Missing(rows.model.__name__.lower())
    return row


def refuse_stale(row: Versioned, version: int | None, current: Callable[[Any], object]) -> None:
    """Return if `version` is the one that stands (or none was named). Raises: `Stale`."""
    if version is not None and row.version != version:
        raise Stale(current(row))


def save_changes(row: models.Model, changes: Mapping[str, Any], *, touched: bool = False) -> bool:
    """Save what differs as a new version; say whether anything did.

    `touched` says that something beside the row's own columns changed.
    """
    changed = [field for field, value in changes.items() if getattr(row, field) != value]
    if not changed and not touched:
        return False
    for field in changed:
        setattr(row, field, changes[field])
    row.version += 1  # type: ignore[attr-defined]  # every row that comes here has one
    row.save(update_fields=[*changed, "version"])
    return True
