"""Whom the practice serves, and with what."""

from __future__ import annotations

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from appointed.book.models.practices import Practice


class Client(models.Model):
    """A client; after an erasure the row stays, empty, so that past times keep their place."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="clients")
    name = models.CharField(max_length=500, blank=True)
    email = models.EmailField(max_length=254, blank=True)
    phone = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=16, blank=True)
    search_key = models.TextField(blank=True)
    """Folded name, address and digits of the phone: what a search compares with."""
    sort_key = models.CharField(max_length=500, blank=True)
    """Folded name: the order of lists (PostgreSQL here has no ICU)."""
    erased_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            GinIndex(
                fields=["search_key"], opclasses=["gin_trgm_ops"], name="client_search_trigrams"
            ),
            models.Index(fields=["practice", "sort_key", "id"], name="client_in_order"),
        ]

    def __str__(self) -> str:
        return f"client {self.uuid}"


class Service(models.Model):
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="services")
    name = models.CharField(max_length=500)
    short_name = models.CharField(max_length=50, blank=True)
    minutes = models.PositiveSmallIntegerField()
    buffer_before = models.PositiveSmallIntegerField(default=0)
    buffer_after = models.PositiveSmallIntegerField(default=0)
    bookable = models.BooleanField(default=True)
    place = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"service {self.uuid}"
