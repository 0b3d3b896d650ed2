"""Finding a connection for somebody who asks: his practice's, and one that he may manage."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from appointed.book.access import Action, Actor, Reach, reach_of, require
from appointed.book.errors import Missing, Refused
from appointed.book.models import Practitioner
from appointed.sync.models import Connection, Run


def connections_for(actor: Actor) -> QuerySet[Connection]:
    """Return the connections that `actor` may manage.

    Raises: `Refused` for a role that manages none.
    """
    found = (
        Connection.objects.select_related("practitioner", "account", "practice")
        .filter(practice=actor.practice_id, leaving="")
        .order_by("pk")
    )
    match reach_of(actor, Action.CONNECT):
        case Reach.EVERYBODY:
            return found
        case Reach.OWN:
            return found.filter(practitioner=actor.practitioner_id or 0)
        case Reach.NOBODY:
            raise Refused


def connection_for(actor: Actor, uuid: UUID) -> Connection:
    """Return one connection. Raises: `Missing`; `Refused` where it is another's."""
    row = (
        Connection.objects.select_related("practitioner", "account", "practice")
        .filter(practice=actor.practice_id, leaving="", uuid=uuid)
        .first()
    )
    if row is None:
        raise Missing("connection")
    require(actor, Action.CONNECT, row.practitioner_id)
    return row


def practitioner_to_connect(actor: Actor, uuid: UUID) -> Practitioner:
    """Return the practitioner. Raises: `Missing`; `Refused` where one may not connect for him."""
    row = Practitioner.objects.filter(practice=actor.practice_id, uuid=uuid).first()
    if row is None:
        raise Missing("practitioner")
    require(actor, Action.CONNECT, row.pk)
    return row


def run_for(actor: Actor, uuid: UUID) -> Run:
    """Return a run. Raises: `Refused`, `Missing`."""
    row = (
        Run.objects.select_related("connection")
        .filter(uuid=uuid, connection__in=connections_for(actor))
        .first()
    )
    if row is None:
        raise Missing("run")
    return row
