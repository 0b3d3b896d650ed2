"""Practices: every other row of the book belongs to exactly one."""

from __future__ import annotations

import uuid

from django.db import models


class Practice(models.Model):
    class TimeFormat(models.TextChoices):
        H24 = "24", "24 hours"
        H12 = "12", "12 hours"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=500)
    slug = models.SlugField(max_length=100, unique=True)
    country = models.CharField(max_length=2, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=16, default="en")
    client_word = models.CharField(max_length=50, default="client")
    week_start = models.PositiveSmallIntegerField(default=0)
    """0 = Monday, as everywhere."""
    time_format = models.CharField(max_length=2, choices=TimeFormat.choices, default=TimeFormat.H24)
    practitioners_book_for_others = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"practice {self.uuid}"
