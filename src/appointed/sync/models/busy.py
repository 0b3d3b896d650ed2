"""Busy times: when foreign events take place, and nothing else of them."""

from __future__ import annotations

from django.contrib.postgres.fields import DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models

from appointed.core.events import ShowAs
from appointed.sync.models.accounts import ExternalCalendar


class BusyTime(models.Model):
    """A stretch that a foreign event takes in one calendar; several rows for a series.

    An event is either here or in a link, never both. `all_day` times are dates: their instants
    depend on whose day it is; `during` then holds UTC midnights, for the index alone.
    """

    calendar = models.ForeignKey(ExternalCalendar, models.CASCADE, related_name="busy_times")
    remote_id = models.CharField(max_length=1000)
    version = models.CharField(max_length=500, blank=True)
    original_start = models.DateTimeField(null=True, blank=True)
    during = DateTimeRangeField()
    first_day = models.DateField(null=True, blank=True)
    end_day = models.DateField(null=True, blank=True)
    show_as = models.CharField(max_length=20, choices=[(s.value, s.value) for s in ShowAs])
    private = models.BooleanField(default=False)
    key = models.CharField(max_length=32, blank=True)
    """A key of ours that the event bears: where a link's event has vanished, a person may have
    moved it here. Empty for all others.
    """
    readable = models.BooleanField(default=True)
    """False where its times could not be understood and it therefore counts as busy."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "remote_id", "original_start", "during"],
                name="busy_time_once",
                nulls_distinct=False,
            ),
        ]
        indexes = [
            GistIndex(fields=["calendar", "during"], name="busy_during"),
            models.Index(fields=["calendar", "remote_id"], name="busy_of_event"),
            models.Index(fields=["key"], name="busy_with_key", condition=~models.Q(key="")),
        ]

    def __str__(self) -> str:
        return f"busy time {self.pk}"
