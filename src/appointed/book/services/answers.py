"""Repeated wishes: a POST with an `Idempotency-Key` is carried out once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from appointed.book.access import Actor
from appointed.book.errors import KeyReused
from appointed.book.models import KeptAnswer

NOTHING_YET = UUID(int=0)


@transaction.atomic
def answer_once(
    *, actor: Actor, call: str, key: str, body: bytes, make: Callable[[], UUID]
) -> UUID:
    """Return what `make` made, or what it made when the same key came first.

    Of several at once one makes it and the others wait for that; if it fails, the key is free
    again. Raises: `KeyReused`, and whatever `make` raises.
    """
    # Keyed: a body may bear a password, and a bare hash of it could be guessed at.
    body_hash = salted_hmac("appointed.kept-answer", body, algorithm="sha256").hexdigest()
    names = {
        "practice_id": actor.practice_id,
        "caller": actor.reference,
        "call": call,
        "key": key,
    }
    try:
        with transaction.atomic():
            kept = KeptAnswer.objects.create(**names, body_hash=body_hash, resource=NOTHING_YET)
    except IntegrityError:
        kept = KeptAnswer.objects.get(**names)
        if kept.body_hash != body_hash:
            raise KeyReused from None
        return kept.resource
    resource = make()
    KeptAnswer.objects.filter(pk=kept.pk).update(resource=resource)
    return resource


def forget_answers(*, before: datetime) -> int:
    """Delete the kept answers that are older; return how many."""
    deleted, _ = KeptAnswer.objects.filter(created_at__lt=before).delete()
    return deleted
