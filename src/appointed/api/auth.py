"""Who calls: a key of a practice."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from appointed.book.access import Actor
from appointed.book.selectors.people import actor_of_key


class Key(HttpBearer):
    """`Authorization: Bearer KEY`."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:  # noqa: ARG002 - ninja's signature
        return actor_of_key(token, timezone.now())
