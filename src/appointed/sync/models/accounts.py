"""Accounts at providers and the calendars in them; the installation that writes to them."""

from __future__ import annotations

import uuid

from django.db import models

from appointed.book.models import Practice


class Installation(models.Model):
    """The one row that names this installation; its uuid is part of every key."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    only = models.BooleanField(default=True, unique=True)
    fingerprint = models.CharField(max_length=500, blank=True)
    """Where it last wrote from; empty until its first write."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(only=True), name="installation_single"),
        ]

    def __str__(self) -> str:
        return f"installation {self.uuid}"


class Account(models.Model):
    """A person's account at a provider: one run at a time, for all who share it.

    It stays, without its secret, when the last connection ends: links refer to its calendars.
    """

    class State(models.TextChoices):
        OK = "ok"
        NEEDS_SIGN_IN = "needs_sign_in"
        NEEDS_APPROVAL = "needs_approval"
        DISCONNECTED = "disconnected"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="accounts")
    provider = models.CharField(max_length=20)
    subject = models.CharField(max_length=500)
    """Who it is at the provider, for ever (CalDAV: the normalised principal address)."""
    label = models.CharField(max_length=500)
    """What people see: mostly the user name."""
    place = models.CharField(max_length=1000, blank=True)
    """Where it was signed in: the address that a person gave (never logged)."""
    secret = models.TextField(blank=True)
    """The credentials, encrypted; empty once disconnected."""

    state = models.CharField(max_length=14, choices=State.choices, default=State.OK)
    state_since = models.DateTimeField(auto_now_add=True)
    state_reason = models.CharField(max_length=500, blank=True)
    reason_code = models.CharField(max_length=20, blank=True)

    lease_owner = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.BigIntegerField(default=0)
    """Rises with every lease; a result of an older one is refused."""
    dirty = models.BooleanField(default=False)
    """Somebody asked for a look while a run was under way."""
    due_at = models.DateTimeField(null=True, blank=True)
    """When a look is owed by time alone."""
    wait_until = models.DateTimeField(null=True, blank=True)
    """The provider asked to be left alone until then, or we back off."""
    failures = models.PositiveIntegerField(default=0)
    """Looks failed in a row."""
    last_success = models.DateTimeField(null=True, blank=True)
    healthy_since = models.DateTimeField(null=True, blank=True)
    """The end of the first whole look since it was signed in to, or resumed: what was found
    missing up to then disappeared while nobody watched."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "provider", "subject"], name="account_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="account_due",
                condition=models.Q(state="ok", due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"account {self.uuid}"


class ExternalCalendar(models.Model):
    """A calendar of an account, as its listing showed it, and how far we have read it."""

    class State(models.TextChoices):
        OK = "ok"
        UNREADABLE = "unreadable"
        GONE = "gone"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, models.CASCADE, related_name="calendars")
    remote_id = models.CharField(max_length=1000)
    name = models.CharField(max_length=500, blank=True)
    colour = models.CharField(max_length=20, blank=True)
    writable = models.BooleanField(default=True)
    own = models.BooleanField(default=True)
    primary = models.BooleanField(default=False)
    time_zone = models.CharField(max_length=64, blank=True)
    epoch = models.CharField(max_length=200, blank=True)
    """Changes when the calendar was made anew under the same address, where that shows."""

    state = models.CharField(max_length=10, choices=State.choices, default=State.OK)
    state_since = models.DateTimeField(auto_now_add=True)
    state_reason = models.CharField(max_length=500, blank=True)
    sync_token = models.TextField(blank=True)
    reading = models.CharField(max_length=200, blank=True)
    """What the token was made with (window and code version); another one means a whole look."""
    sweep = models.BigIntegerField(default=0)
    """Number of the last whole look that was completed."""
    confirmed_at = models.DateTimeField(null=True, blank=True)
    """When what we know of it was last confirmed by a read."""
    whole_look_at = models.DateTimeField(null=True, blank=True)
    """When the next whole look is owed (once a day, and after anything doubtful)."""
    doubts = models.PositiveSmallIntegerField(default=0)
    """Whole looks in a row that lost doubtfully much; removals wait until it is believed."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "remote_id"], name="calendar_once"),
        ]

    def __str__(self) -> str:
        return f"calendar {self.uuid}"
