"""Who works here: users and their roles, keys of programs, practitioners and their hours."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Now

from appointed.book.models.practices import Practice


class Users(BaseUserManager["User"]):
    """What Django's sign-in asks: addresses are compared without case."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who signs in; what he may do stands in his memberships."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    """Lower case; `services` see to it."""
    name = models.CharField(max_length=500)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Users] = Users()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return f"user {self.uuid}"


class Practitioner(models.Model):
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="practitioners")
    name = models.CharField(max_length=500)
    email = models.EmailField(max_length=254, blank=True)
    time_zone = models.CharField(max_length=64)
    colour = models.CharField(max_length=7, blank=True)
    bookable = models.BooleanField(default=True)
    active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"practitioner {self.uuid}"


class WorkingHours(models.Model):
    """A stretch of a weekday (0 = Monday), in the practitioner's zone; `end` exclusive."""

    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField()
    start = models.TimeField()
    end = models.TimeField()
    """00:00 means the end of the day."""

    class Meta:
        ordering = ["weekday", "start"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(weekday__gte=0, weekday__lte=6), name="hours_weekday"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.start:%H:%M}-{self.end:%H:%M}"


class Membership(models.Model):
    class Role(models.TextChoices):
        OWNER = "owner"
        MANAGER = "manager"
        RECEPTION = "reception"
        PRACTITIONER = "practitioner"
        READ_ONLY = "read_only"

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    practitioner = models.OneToOneField(
        Practitioner, models.SET_NULL, null=True, blank=True, related_name="membership"
    )
    """The practitioner that this user is; an owner may be one too."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "user"], name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.role} of practice {self.practice_id}"


class ApiKey(models.Model):
    """A program's key: shown once, then only its hash is here."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=500)
    role = models.CharField(max_length=12, choices=Membership.Role.choices)
    practitioner = models.ForeignKey(Practitioner, models.CASCADE, null=True, blank=True)
    """For the role practitioner: whom the key stands for."""
    prefix = models.CharField(max_length=16)
    """Its first characters, so that people can tell keys apart."""
    hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"key {self.prefix}…"
