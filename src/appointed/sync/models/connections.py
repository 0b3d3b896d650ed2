"""Connections: a practitioner, an account, and what goes which way between them."""

from __future__ import annotations

import uuid

from django.db import models

from appointed.book.models import Practice, Practitioner
from appointed.sync.models.accounts import Account, ExternalCalendar


class Connection(models.Model):
    """A practitioner's use of an account; several practitioners may share one."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="connections")
    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="connections")
    account = models.ForeignKey(Account, models.PROTECT, related_name="connections")
    sync_on = models.BooleanField(default=True)
    settings = models.JSONField(default=dict)
    """`core.choices.SyncSettings`, as stored."""
    first_plan_seen = models.BooleanField(default=False)
    """Nothing is written before a person has seen what would be."""
    waits_for = models.CharField(max_length=40, blank=True)
    """Why writes wait for a person: `first_plan` has its own field; `many_creates`."""
    leaving = models.CharField(max_length=6, blank=True)
    """`remove`: it is being disconnected, and our events are being taken away first."""
    replan = models.PositiveIntegerField(default=1)
    """Not 0: everything has to be planned again. Each reason adds one, so that none that comes
    while a plan is carried out is lost with it.
    """
    planned_day = models.DateField(null=True, blank=True)
    """The practitioner's day for which the window's edges were last swept."""
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practitioner", "account"], name="connection_once"),
        ]

    def __str__(self) -> str:
        return f"connection {self.uuid}"


class CalendarChoice(models.Model):
    """What a connection does with one calendar."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="choices")
    calendar = models.ForeignKey(ExternalCalendar, models.CASCADE, related_name="choices")
    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="+")
    check_conflicts = models.BooleanField(default=False)
    pull = models.BooleanField(default=False)
    push = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "calendar"], name="choice_once"),
            models.UniqueConstraint(
                fields=["practitioner"],
                condition=models.Q(push=True),
                name="one_push_calendar",
            ),
        ]

    def __str__(self) -> str:
        return f"choice {self.pk}"
