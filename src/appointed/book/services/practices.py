"""Practices, their users and the keys of programs."""

from __future__ import annotations

import hashlib
import secrets
from typing import TypedDict
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.text import slugify

from appointed.book.access import Action, Actor, Role, require
from appointed.book.errors import Invalid, Missing
from appointed.book.facts import PracticeFacts, practice_facts
from appointed.book.models import ApiKey, Membership, Practice, Practitioner, User
from appointed.book.services.records import note_audit
from appointed.book.services.rows import refuse_stale, save_changes
from appointed.book.validation import Faults, checking

KEY_MARK = "ap_"
PREFIX_LENGTH = 9
SYSTEM = "appointed"


class PracticeFields(TypedDict, total=False):
    """What is known of a practice; a change names only what is different."""

    name: str
    country: str
    time_zone: str
    language: str
    client_word: str
    week_start: int
    time_format: str
    practitioners_book_for_others: bool


@transaction.atomic
def create_owner(
    *,
    email: str,
    password: str | None,
    practice_name: str,
    name: str = "",
    practice: PracticeFields | None = None,
) -> UUID:
    """Make somebody owner of the practice of that name, new where there is none; return the user.

    A user who exists keeps name and password. Without a password nobody can sign in until
    a set-up link was used. Raises: `Invalid`.
    """
    found = Practice.objects.filter(name=practice_name.strip()).first()
    place = found or _create_practice({**(practice or {}), "name": practice_name})
    user = _user(email=email, name=name, password=password)
    Membership.objects.update_or_create(
        practice=place, user=user, defaults={"role": Membership.Role.OWNER}
    )
    note_audit(actor=_system(place), action="owner.created", kind="user", uuid=user.uuid)
    return user.uuid


@transaction.atomic
def add_user(
    *, actor: Actor, email: str, name: str, role: Role, practitioner: UUID | None = None
) -> UUID:
    """Let somebody into the practice with a role, or change his; return the user.

    Raises: `Refused`, `Missing`, `Invalid`.
    """
    require(actor, Action.ADMINISTER)
    user = _user(email=email, name=name, password=None)
    row = None if practitioner is None else _practitioner(actor.practice_id, practitioner)
    standing = Membership.objects.select_for_update().filter(practice_id=actor.practice_id)
    if role is not Role.OWNER:
        _keep_an_owner(list(standing), user.pk)
    Membership.objects.update_or_create(
        practice_id=actor.practice_id,
        user=user,
        defaults={"role": role.value, "practitioner": row},
    )
    note_audit(actor=actor, action=f"user.{role}", kind="user", uuid=user.uuid)
    return user.uuid


@transaction.atomic
def remove_user(*, actor: Actor, user: UUID) -> None:
    """End somebody's membership; the practice keeps an owner.

    Raises: `Refused`, `Missing`, `Invalid`.
    """
    require(actor, Action.ADMINISTER)
    standing = Membership.objects.select_for_update().filter(practice_id=actor.practice_id)
    row = standing.filter(user__uuid=user).first()
    if row is None:
        raise Missing("user")
    _keep_an_owner(list(standing), row.user_id)
    row.delete()
    note_audit(actor=actor, action="user.removed", kind="user", uuid=user)


@transaction.atomic
def change_practice(
    *, actor: Actor, changes: PracticeFields, version: int | None = None
) -> PracticeFacts:
    """Change the practice's own settings. Raises: `Refused`, `Stale`, `Invalid`."""
    require(actor, Action.SET_UP)
    row = Practice.objects.select_for_update(no_key=True).get(pk=actor.practice_id)
    refuse_stale(row, version, practice_facts)
    if save_changes(row, _checked(changes)):
        note_audit(actor=actor, action="practice.changed", kind="practice", uuid=row.uuid)
    return practice_facts(row)


@transaction.atomic
def create_api_key(
    *,
    practice_id: int,
    name: str,
    role: Role = Role.MANAGER,
    practitioner: UUID | None = None,
    actor: Actor | None = None,
) -> str:
    """Return a new key of the practice; it is never shown again.

    Without an actor it is the operator on the command line who asks.
    Raises: `Refused`, `Missing`, `Invalid`.
    """
    if actor is not None:
        require(actor, Action.ADMINISTER)
    if role is Role.PRACTITIONER and practitioner is None:
        raise Invalid({"practitioner": "Say for which practitioner the key stands."})
    with checking() as faults:
        name = faults.line("name", name, required=True)
    place = Practice.objects.get(pk=practice_id if actor is None else actor.practice_id)
    key = KEY_MARK + secrets.token_urlsafe(32)
    row = ApiKey.objects.create(
        practice=place,
        name=name,
        role=role.value,
        practitioner=None if practitioner is None else _practitioner(place.pk, practitioner),
        prefix=key[:PREFIX_LENGTH],
        hash=hash_of_key(key),
    )
    note_audit(actor=actor or _system(place), action="key.created", kind="key", uuid=row.uuid)
    return key


@transaction.atomic
def revoke_api_key(*, actor: Actor, key: UUID) -> None:
    """End a key; ending it twice changes nothing more. Raises: `Refused`, `Missing`."""
    require(actor, Action.ADMINISTER)
    theirs = ApiKey.objects.filter(practice_id=actor.practice_id, uuid=key)
    if not theirs.exists():
        raise Missing("key")
    if theirs.filter(revoked_at=None).update(revoked_at=Now()):
        note_audit(actor=actor, action="key.revoked", kind="key", uuid=key)


def hash_of_key(key: str) -> str:
    """Return what is stored of a key; keys are long and random, so one round is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


def set_password(user: User, password: str) -> None:
    """Give a user this password. Raises: `Invalid` where it is too weak."""
    try:
        validate_password(password, user)
    except ValidationError as fault:
        raise Invalid({"password": " ".join(fault.messages)}) from fault
    user.set_password(password)
    user.save(update_fields=["password"])


def _user(*, email: str, name: str, password: str | None) -> User:
    with checking() as faults:
        address = faults.email("email", email.strip().lower(), required=True)
        name = faults.line("name", name or address.split("@")[0], required=True)
    user, created = User.objects.get_or_create(email=address, defaults={"name": name})
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    if password is not None and not user.has_usable_password():
        set_password(user, password)
    return user


def _create_practice(fields: PracticeFields) -> Practice:
    checked = _checked({"name": "", **fields})
    row = Practice(**checked)
    row.slug = _free_slug(checked["name"])
    row.save()
    return row


def _free_slug(name: str) -> str:
    wish = slugify(name)[:80] or "practice"
    taken = set(Practice.objects.filter(slug__startswith=wish).values_list("slug", flat=True))
    numbered = (f"{wish}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in (wish, *numbered) if slug not in taken)


def _practitioner(practice_id: int, uuid: UUID) -> Practitioner:
    row = Practitioner.objects.filter(practice_id=practice_id, uuid=uuid).first()
    if row is None:
        raise Missing("practitioner")
    return row


def _keep_an_owner(standing: list[Membership], leaving: int) -> None:
    owners = [m.user_id for m in standing if m.role == Membership.Role.OWNER]
    if owners == [leaving]:
        raise Invalid({"role": "The practice needs an owner. Make somebody else owner first."})


def _system(practice: Practice) -> Actor:
    return Actor(practice.pk, Role.OWNER, SYSTEM)


def _checked(fields: PracticeFields) -> PracticeFields:
    kept = fields.copy()
    with checking() as faults:
        _check_texts(faults, fields, kept)
        if "time_zone" in fields:
            faults.zone("time_zone", fields["time_zone"])
        if "week_start" in fields:
            faults.number("week_start", fields["week_start"], least=0, most=6)
        if "time_format" in fields and fields["time_format"] not in Practice.TimeFormat.values:
            faults.add("time_format", "Choose 12 or 24.")
    return kept


def _check_texts(faults: Faults, fields: PracticeFields, kept: PracticeFields) -> None:
    if "name" in fields:
        kept["name"] = faults.line("name", fields["name"], required=True)
    if "country" in fields:
        kept["country"] = faults.line("country", fields["country"], limit=2).upper()
    if "language" in fields:
        kept["language"] = faults.line("language", fields["language"], limit=16)
    if "client_word" in fields:
        kept["client_word"] = faults.line(
            "client_word", fields["client_word"], limit=50, required=True
        )
