"""Runs: what was planned and done; the journal: every decision and its reason."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now

from appointed.book.models import Appointment
from appointed.sync.models.connections import Connection


class Run(models.Model):
    """One look, plan and carrying out for a connection; a shown plan is one that has not begun.

    `operations_shown` is the plan as people saw it: what it rests on, and the rows, sealed
    because they name clients.
    """

    class Kind(models.TextChoices):
        ORDINARY = "ordinary"
        PLAN = "plan"
        FULL_REFRESH = "full_refresh"
        DISCONNECT = "disconnect"

    class State(models.TextChoices):
        PLANNED = "planned"
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        SUSPENDED = "suspended"
        OUTDATED = "outdated"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.ORDINARY)
    state = models.CharField(max_length=9, choices=State.choices)
    window_start = models.DateTimeField(null=True, blank=True)
    window_end = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict)
    operations_shown = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True)
    asked_by = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["connection", "-id"], name="run_newest"),
            models.Index(
                fields=["connection"],
                name="run_open",
                condition=models.Q(state__in=["waiting", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.uuid}"


class Entry(models.Model):
    """A line of the journal: what was decided, and why. No title, no address, no text."""

    at = models.DateTimeField(db_default=Now())
    connection = models.ForeignKey(
        Connection, models.SET_NULL, null=True, blank=True, related_name="entries"
    )
    appointment = models.ForeignKey(
        Appointment, models.CASCADE, null=True, blank=True, related_name="entries"
    )
    run = models.ForeignKey(Run, models.SET_NULL, null=True, blank=True, related_name="entries")
    step = models.CharField(max_length=40)
    why = models.CharField(max_length=40, blank=True)
    result = models.CharField(max_length=500, blank=True)
    version = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["appointment", "id"], name="entry_of_appointment"),
            models.Index(fields=["connection", "-id"], name="entry_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.pk}"
