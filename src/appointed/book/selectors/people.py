"""Who asks, and who is there: actors, practices, practitioners, clients, services, the audit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Now

from appointed.book.access import Action, Actor, Role, require
from appointed.book.errors import Invalid, Missing
from appointed.book.facts import (
    AuditFacts,
    ClientFacts,
    PracticeFacts,
    PractitionerFacts,
    ServiceFacts,
    client_facts,
    practice_facts,
    practitioner_facts,
    service_facts,
)
from appointed.book.models import (
    ApiKey,
    AuditEntry,
    Client,
    Membership,
    Practice,
    Practitioner,
    Service,
)
from appointed.book.selectors.pages import Page, Paging, page_of
from appointed.book.services.practices import hash_of_key
from appointed.core.texts import digits_of, fault_of_line, folded

USED_EVERY = timedelta(minutes=1)
FEWEST_DIGITS = 3

Row = TypeVar("Row", bound=Model)


def actor_of_key(key: str, now: datetime) -> Actor | None:
    """Return whom a key stands for; None where it is unknown or revoked."""
    row = (
        ApiKey.objects.select_related("practice")
        .filter(hash=hash_of_key(key), revoked_at=None)
        .first()
    )
    if row is None:
        return None
    if row.last_used_at is None or now - row.last_used_at > USED_EVERY:
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=Now())
    return Actor(
        practice_id=row.practice_id,
        role=Role(row.role),
        name=row.name,
        practitioner_id=row.practitioner_id,
        api_key_id=row.pk,
        books_for_others=row.practice.practitioners_book_for_others,
    )


def actor_of_user(user_id: int, practice: UUID | None = None) -> Actor | None:
    """Return a user as member of a practice (his first one unless said); None if he is none."""
    theirs = Membership.objects.select_related("practice", "user").filter(
        user_id=user_id, user__is_active=True
    )
    if practice is not None:
        theirs = theirs.filter(practice__uuid=practice)
    row = theirs.order_by("pk").first()
    if row is None:
        return None
    return Actor(
        practice_id=row.practice_id,
        role=Role(row.role),
        name=row.user.name,
        practitioner_id=row.practitioner_id,
        user_id=row.user_id,
        books_for_others=row.practice.practitioners_book_for_others,
    )


def practice_id_of(name: str | None) -> int:
    """Return the practice of this name or slug, or the only one there is.

    For the operator on the command line. Raises: `Missing`.
    """
    rows = Practice.objects.all()
    if name is not None:
        rows = rows.filter(Q(name=name) | Q(slug=name))
    found = list(rows.values_list("pk", flat=True)[:2])
    if len(found) != 1:
        raise Missing("practice")
    return found[0]


def practice_of(actor: Actor) -> PracticeFacts:
    """Return the actor's practice."""
    return practice_facts(Practice.objects.get(pk=actor.practice_id))


def practitioner_of(actor: Actor, practitioner: UUID) -> PractitionerFacts:
    """Return a practitioner. Raises: `Missing`."""
    return practitioner_facts(_one(_practitioners(actor), practitioner))


def practitioner_pk_of(actor: Actor, practitioner: UUID) -> int:
    """Return a practitioner's inner id. Raises: `Missing`."""
    return _one(_practitioners(actor), practitioner).pk


def list_practitioners(
    actor: Actor, paging: Paging, *, active: bool | None = None
) -> Page[PractitionerFacts]:
    """Return practitioners in the order in which they came."""
    rows = _practitioners(actor)
    if active is not None:
        rows = rows.filter(active=active)
    return page_of(rows, paging, ["id"]).of(practitioner_facts)


def client_of(actor: Actor, client: UUID) -> ClientFacts:
    """Return a client; an erased one is missing. Raises: `Missing`."""
    return client_facts(_one(_clients(actor), client))


def list_clients(actor: Actor, paging: Paging, *, search: str = "") -> Page[ClientFacts]:
    """Return clients by name; `search` finds parts of names, addresses and phone numbers."""
    rows = _clients(actor)
    if fault := fault_of_line(search):
        raise Invalid({"q": fault})
    for word in folded(search).split():
        rows = rows.filter(_fits(word))
    return page_of(rows, paging, ["sort_key", "id"]).of(client_facts)


def service_of(actor: Actor, service: UUID) -> ServiceFacts:
    """Return a service. Raises: `Missing`."""
    return service_facts(_one(_services(actor), service))


def list_services(actor: Actor, paging: Paging) -> Page[ServiceFacts]:
    """Return services in the order in which they were made."""
    return page_of(_services(actor), paging, ["id"]).of(service_facts)


def list_audit(actor: Actor, paging: Paging) -> Page[AuditFacts]:
    """Return who did what, newest first. Raises: `Refused`."""
    require(actor, Action.AUDIT)
    rows = AuditEntry.objects.filter(practice_id=actor.practice_id)
    return page_of(rows, paging, ["id"], newest_first=True).of(
        lambda row: AuditFacts(row.at, row.actor, row.action, row.object)
    )


def _fits(word: str) -> Q:
    fits = Q(search_key__contains=word)
    digits = digits_of(word)
    if len(digits) >= FEWEST_DIGITS:
        fits |= Q(search_key__contains=digits)
    return fits


def _practitioners(actor: Actor) -> QuerySet[Practitioner, Practitioner]:
    require(actor, Action.SEE_BOOK)
    return Practitioner.objects.filter(practice_id=actor.practice_id).prefetch_related("hours")


def _clients(actor: Actor) -> QuerySet[Client, Client]:
    require(actor, Action.SEE_BOOK)
    return Client.objects.filter(practice_id=actor.practice_id, erased_at=None)


def _services(actor: Actor) -> QuerySet[Service, Service]:
    require(actor, Action.SEE_BOOK)
    return Service.objects.filter(practice_id=actor.practice_id)


def _one(rows: QuerySet[Row, Row], uuid: UUID) -> Row:
    row = rows.filter(uuid=uuid).first()
    if row is None:
        raise Missing(rows.model.__name__.lower())
    return row


def practitioner_uuid_of(actor: Actor, practitioner_pk: int) -> UUID:
    """Return a practitioner's public id. Raises: `Missing`."""
    row = _practitioners(actor).filter(pk=practitioner_pk).first()
    if row is None:
        raise Missing("practitioner")
    return row.uuid
