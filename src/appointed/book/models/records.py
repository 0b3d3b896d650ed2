"""What is written beside a change: for the calendars, for people, for the auditor."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now

from appointed.book.models.appointments import Appointment
from appointed.book.models.clients import Client
from appointed.book.models.people import Practitioner
from appointed.book.models.practices import Practice


class Change(models.Model):
    """An appointment of this practitioner is no longer what his calendar was told.

    Consumed (deleted) in the transaction that plans it; order and number of rows mean nothing.
    """

    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="changes")
    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="changes")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["practitioner", "id"], name="change_of_practitioner")]

    def __str__(self) -> str:
        return f"change {self.pk}"


class Notice(models.Model):
    """Whom to tell what, once: `key` is unique, and the row commits with its cause."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENDING = "sending"
        SENT = "sent"
        KEPT = "kept"
        FAILED = "failed"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="notices")
    key = models.CharField(max_length=300, unique=True)
    reason = models.CharField(max_length=50)
    appointment = models.ForeignKey(
        Appointment, models.CASCADE, null=True, blank=True, related_name="notices"
    )
    client = models.ForeignKey(Client, models.CASCADE, null=True, blank=True)
    practitioner = models.ForeignKey(Practitioner, models.CASCADE, null=True, blank=True)
    email = models.EmailField(max_length=254, blank=True)
    payload = models.JSONField(default=dict, blank=True)
    """What the text needs beyond the rows above; never a secret."""
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    error = models.CharField(max_length=200, blank=True)
    """Why it was not sent, in words for staff; no address."""
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="notice_due", condition=models.Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"notice {self.reason} {self.uuid}"


class HistoryEntry(models.Model):
    """A step in the life of an appointment, as `GET …/history` shows it."""

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="history")
    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=500)
    step = models.CharField(max_length=50)
    result = models.CharField(max_length=500)
    detail = models.JSONField(default=dict, blank=True)
    connection = models.UUIDField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["appointment", "id"], name="history_of_appointment")]

    def __str__(self) -> str:
        return f"{self.step} of {self.appointment_id}"


class AuditEntry(models.Model):
    """Who did what to which object; the database refuses to change or delete a row."""

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="audit")
    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=500)
    actor_ref = models.CharField(max_length=60, blank=True)
    """`user:<uuid>` or `key:<uuid>`: names change."""
    action = models.CharField(max_length=60)
    object = models.CharField(max_length=100, blank=True)
    """`client:<uuid>` and the like."""

    class Meta:
        indexes = [models.Index(fields=["practice", "id"], name="audit_of_practice")]

    def __str__(self) -> str:
        return f"{self.action} {self.object}"


class KeptAnswer(models.Model):
    """What a POST with an `Idempotency-Key` made, so that a repetition answers the same."""

    practice = models.ForeignKey(Practice, models.CASCADE)
    caller = models.CharField(max_length=60)
    call = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    resource = models.UUIDField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "caller", "call", "key"], name="kept_answer_once"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="kept_answer_age")]

    def __str__(self) -> str:
        return f"answer to {self.call}"
