"""Column types that Django does not have."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

_SetT_contra = TypeVar("_SetT_contra", contravariant=True)
_GetT_co = TypeVar("_GetT_co", covariant=True)


class WallTimeField(models.Field[_SetT_contra, _GetT_co]):
    """A local wall time: a naive `datetime`, stored without a zone and never converted."""

    description = "Local wall time"
    _pyi_private_set_type: datetime
    _pyi_private_get_type: datetime

    def db_type(self, connection: BaseDatabaseWrapper) -> str:  # noqa: ARG002 – Django's signature
        return "timestamp without time zone"

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, datetime) and value.tzinfo is not None:
            raise TypeError("A wall time bears no zone.")
        return super().get_prep_value(value)
