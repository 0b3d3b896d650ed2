"""Appointments: what was agreed (wall time and zone), and the times it takes (occurrences)."""

from __future__ import annotations

import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q

from appointed.book.models.clients import Client, Service
from appointed.book.models.fields import WallTimeField
from appointed.book.models.people import Practitioner
from appointed.book.models.practices import Practice


class Appointment(models.Model):
    """What people agreed on. Its times as instants are its occurrences."""

    class Kind(models.TextChoices):
        CLIENT = "client"
        CASUAL = "casual"
        MEETING = "meeting"
        UNAVAILABLE = "unavailable"

    class Status(models.TextChoices):
        BOOKED = "booked"
        CONFIRMED = "confirmed"
        ARRIVED = "arrived"
        IN_SESSION = "in_session"
        DONE = "done"
        DID_NOT_ARRIVE = "did_not_arrive"
        CANCELLED = "cancelled"

    class CancelledBy(models.TextChoices):
        STAFF = "staff"
        CLIENT = "client"
        CALENDAR = "calendar"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="appointments")
    kind = models.CharField(max_length=11, choices=Kind.choices)
    title = models.CharField(max_length=500, blank=True)
    client = models.ForeignKey(
        Client, models.PROTECT, null=True, blank=True, related_name="appointments"
    )
    casual_name = models.CharField(max_length=500, blank=True)
    casual_phone = models.CharField(max_length=100, blank=True)
    service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True)
    location = models.CharField(max_length=500, blank=True)
    notes = models.TextField(blank=True)
    practitioners = models.ManyToManyField(
        Practitioner, through="AppointmentPractitioner", related_name="appointments"
    )

    time_zone = models.CharField(max_length=64)
    all_day = models.BooleanField(default=False)
    wall_start = WallTimeField(null=True, blank=True)
    wall_end = WallTimeField(null=True, blank=True)
    start_fold = models.PositiveSmallIntegerField(default=0)
    """1 where the start is the second of the two equal wall times in autumn."""
    end_fold = models.PositiveSmallIntegerField(default=0)
    first_day = models.DateField(null=True, blank=True)
    end_day = models.DateField(null=True, blank=True)
    """Exclusive."""
    rrule = models.TextField(blank=True)
    rdates = ArrayField(WallTimeField(), default=list, blank=True)
    exdates = ArrayField(WallTimeField(), default=list, blank=True)

    status = models.CharField(max_length=14, choices=Status.choices, default=Status.BOOKED)
    cancelled_by = models.CharField(max_length=8, choices=CancelledBy.choices, blank=True)
    cancel_reason = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(all_day=False, wall_start__isnull=False, wall_end__isnull=False)
                    & Q(first_day__isnull=True, end_day__isnull=True)
                )
                | (
                    Q(all_day=True, wall_start__isnull=True, wall_end__isnull=True)
                    & Q(first_day__lt=F("end_day"))
                ),
                name="appointment_timed_or_all_day",
            ),
        ]
        indexes = [
            models.Index(fields=["client", "-wall_start"], name="appointment_of_client"),
        ]

    def __str__(self) -> str:
        return f"appointment {self.uuid}"


class AppointmentPractitioner(models.Model):
    """Who takes part."""

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="parts")
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="parts")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "practitioner"], name="appointment_practitioner_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.practitioner_id} in {self.appointment_id}"


class Occurrence(models.Model):
    """A time that a practitioner is taken: an appointment's, or a hold (no appointment).

    Two of them clash where their `blocked` (with buffers) overlap. Who writes one has locked
    the practitioner's row and checked against all active ones; the exclusion constraint is
    the net below, and leaves out what staff has knowingly overbooked.
    """

    appointment = models.ForeignKey(
        Appointment, models.CASCADE, null=True, blank=True, related_name="occurrences"
    )
    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="occurrences")
    during = DateTimeRangeField()
    blocked = DateTimeRangeField()
    active = models.BooleanField(default=True)
    overbooked = models.BooleanField(default=False)
    original_start = models.DateTimeField(null=True, blank=True)
    """Of a series: its start as the rule gives it, before any move."""
    held_until = models.DateTimeField(null=True, blank=True)
    """Of a hold: when it ends by itself."""

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="occurrence_no_double_booking",
                expressions=[
                    ("practitioner", RangeOperators.EQUAL),
                    ("blocked", RangeOperators.OVERLAPS),
                ],
                condition=Q(active=True, overbooked=False),
            ),
            models.UniqueConstraint(
                fields=["appointment", "practitioner", "original_start"],
                name="occurrence_once",
                nulls_distinct=False,
                condition=Q(appointment__isnull=False),
            ),
        ]
        indexes = [
            GistIndex(fields=["practitioner", "during"], name="occurrence_during"),
            GistIndex(
                fields=["practitioner", "blocked"],
                name="occurrence_blocked",
                condition=Q(active=True),
            ),
        ]

    def __str__(self) -> str:
        return f"occurrence {self.pk}"
