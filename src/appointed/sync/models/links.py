"""Links: which remote event stands for which appointment; operations: what we meant to write."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from appointed.book.models import Appointment, Practitioner
from appointed.core.links import LinkState
from appointed.sync.models.accounts import ExternalCalendar


class Link(models.Model):
    """The row of a `core.links.Link`; `sync.rows` turns one into the other."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="links")
    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="links")
    original_start = models.DateTimeField(null=True, blank=True)
    target = models.ForeignKey(ExternalCalendar, models.PROTECT, related_name="targeted")
    calendar = models.ForeignKey(ExternalCalendar, models.PROTECT, related_name="links")
    key = models.CharField(max_length=32, unique=True, null=True, blank=True)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in LinkState])
    generation = models.PositiveIntegerField(default=1)
    salt = models.PositiveSmallIntegerField(default=0)
    remote_id = models.CharField(max_length=1000, blank=True)
    version = models.CharField(max_length=500, blank=True)
    agreed = models.JSONField(default=dict)
    sending = models.JSONField(default=dict)
    shown = models.JSONField(default=dict)
    moved_to = models.JSONField(null=True, blank=True)
    seen = models.BooleanField(default=False)
    missing_since = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    reverts = ArrayField(models.DateTimeField(), default=list, blank=True)
    recreations = models.PositiveSmallIntegerField(default=0)
    refused = models.CharField(max_length=60, blank=True)

    why = models.CharField(max_length=40, blank=True)
    """Why it is in this state: the word of the last step."""
    problem = models.CharField(max_length=500, blank=True)
    """The provider's reason, in a sentence for people."""
    due_at = models.DateTimeField(null=True, blank=True)
    """When it wants to be planned again by time alone (hold, back-off, hourly retry)."""
    attempts = models.PositiveSmallIntegerField(default=0)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practitioner", "appointment", "original_start"],
                name="link_once",
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=["calendar", "remote_id"],
                name="link_of_event",
                condition=~models.Q(remote_id="")
                & ~models.Q(state__in=["gone", "planned", "released"]),
            ),
        ]
        indexes = [
            models.Index(
                fields=["calendar", "state"],
                name="link_unsettled",
                condition=~models.Q(state__in=["live", "gone", "aged", "released"]),
            ),
            models.Index(
                fields=["due_at"], name="link_due", condition=models.Q(due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"link {self.uuid}"


class Operation(models.Model):
    """A remote write: committed before the request, closed by its receipt."""

    class Kind(models.TextChoices):
        CREATE = "create"
        UPDATE = "update"
        DELETE = "delete"

    class Outcome(models.TextChoices):
        OPEN = "open"
        DONE = "done"
        UNKNOWN = "unknown"
        REFUSED = "refused"
        CONFLICT = "conflict"
        POSTPONED = "postponed"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    link = models.ForeignKey(Link, models.CASCADE, related_name="operations")
    run = models.ForeignKey("sync.Run", models.CASCADE, related_name="operations")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    why = models.CharField(max_length=40)
    digest = models.CharField(max_length=60, blank=True)
    fields = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    version_before = models.CharField(max_length=500, blank=True)
    version_after = models.CharField(max_length=500, blank=True)
    outcome = models.CharField(max_length=9, choices=Outcome.choices, default=Outcome.OPEN)
    answer = models.CharField(max_length=500, blank=True)
    fence = models.BigIntegerField()
    started_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["link"], condition=models.Q(outcome="open"), name="one_open_operation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"
