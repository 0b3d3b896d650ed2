"""Who may what, role by role: the table of the interface, and each service that asks it."""

# ruff: noqa: ARG005 - every deed of the table takes the house and the actor

from collections.abc import Callable
from dataclasses import replace
from datetime import time

import pytest
from django.db import transaction

from appointed.book.access import TABLE, Action, Actor, Reach, Role, may, may_for_somebody
from appointed.book.errors import Refused
from appointed.book.facts import Hours
from appointed.book.models import ApiKey
from appointed.book.selectors.pages import Paging
from appointed.book.selectors.people import (
    client_of,
    list_audit,
    list_clients,
    list_practitioners,
    list_services,
)
from appointed.book.services.catalogue import change_service, create_service
from appointed.book.services.clients import change_client, create_client, erase_client
from appointed.book.services.practices import (
    add_user,
    change_practice,
    create_api_key,
    remove_user,
    revoke_api_key,
)
from appointed.book.services.practitioners import change_practitioner, create_practitioner
from appointed.scheduling.appointments import cancel_appointment, change_appointment
from appointed.scheduling.busy import busy_of
from support.book import NINE, House, pk_of

O, M, R, P, V = Role.OWNER, Role.MANAGER, Role.RECEPTION, Role.PRACTITIONER, Role.READ_ONLY  # noqa: E741 - columns of a table

NINE_TO_FIVE = Hours(0, time(9), time(17))

Deed = Callable[[House, Actor], object]

#             what                                        who may; the others are refused
DEEDS: dict[str, tuple[Deed, set[Role]]] = {
    "see a client": (lambda h, a: client_of(a, h.ann.id), {O, M, R, P, V}),
    "see clients": (lambda h, a: list_clients(a, Paging()), {O, M, R, P, V}),
    "see people": (lambda h, a: list_practitioners(a, Paging()), {O, M, R, P, V}),
    "see services": (lambda h, a: list_services(a, Paging()), {O, M, R, P, V}),
    "see busy times": (
        lambda h, a: busy_of(actor=a, practitioner=h.quinn.id, start=NINE, end=NINE),
        {O, M, R, P, V},
    ),
    "see the audit": (lambda h, a: list_audit(a, Paging()), {O, M}),
    "keep a client": (lambda h, a: create_client(actor=a, fields={"name": "Bob"}), {O, M, R, P}),
    "change a client": (
        lambda h, a: change_client(actor=a, client=h.ann.id, changes={"phone": "1"}),
        {O, M, R, P},
    ),
    "erase a client": (lambda h, a: erase_client(actor=a, client=h.ann.id), {O, M}),
    "book Pat": (lambda h, a: h.book(actor=a), {O, M, R, P}),
    "book Quinn": (lambda h, a: h.book(actor=a, practitioners=[h.quinn.id]), {O, M, R}),
    "book both": (
        lambda h, a: h.book(
            actor=a, kind="meeting", client=None, practitioners=[h.pat.id, h.quinn.id]
        ),
        {O, M, R},
    ),
    "move Pat's": (
        lambda h, a: change_appointment(actor=a, appointment=h.book().id, changes={"title": "x"}),
        {O, M, R, P},
    ),
    "move Quinn's": (
        lambda h, a: change_appointment(
            actor=a,
            appointment=h.book(practitioners=[h.quinn.id]).id,
            changes={"title": "x"},
        ),
        {O, M, R},
    ),
    "hand Pat's over": (
        lambda h, a: change_appointment(
            actor=a, appointment=h.book().id, changes={"practitioners": [h.quinn.id]}
        ),
        {O, M, R},
    ),
    "cancel Pat's": (
        lambda h, a: cancel_appointment(actor=a, appointment=h.book().id),
        {O, M, R, P},
    ),
    "cancel Quinn's": (
        lambda h, a: cancel_appointment(actor=a, appointment=h.book(practitioners=[h.quinn.id]).id),
        {O, M, R},
    ),
    "add a practitioner": (
        lambda h, a: create_practitioner(actor=a, fields={"name": "Cy"}),
        {O, M},
    ),
    "rename Pat": (
        lambda h, a: change_practitioner(
            actor=a, practitioner=h.pat.id, changes={"name": "Patricia"}
        ),
        {O, M},
    ),
    "set Pat's hours": (
        lambda h, a: change_practitioner(
            actor=a, practitioner=h.pat.id, changes={"hours": [NINE_TO_FIVE]}
        ),
        {O, M, P},
    ),
    "set Quinn's hours": (
        lambda h, a: change_practitioner(
            actor=a, practitioner=h.quinn.id, changes={"hours": [NINE_TO_FIVE]}
        ),
        {O, M},
    ),
    "offer a service": (
        lambda h, a: create_service(actor=a, fields={"name": "Taping", "minutes": 10}),
        {O, M},
    ),
    "change a service": (
        lambda h, a: change_service(actor=a, service=h.massage.id, changes={"minutes": 50}),
        {O, M},
    ),
    "change the practice": (
        lambda h, a: change_practice(actor=a, changes={"name": "Norther"}),
        {O, M},
    ),
    "let somebody in": (
        lambda h, a: add_user(actor=a, email="d@example.org", name="Dee", role=Role.MANAGER),
        {O},
    ),
    "put somebody out": (
        lambda h, a: remove_user(actor=a, user=h.user(Role.READ_ONLY, "e@example.org").uuid),
        {O},
    ),
    "make a key": (
        lambda h, a: create_api_key(practice_id=a.practice_id, name="k", actor=a),
        {O},
    ),
    "revoke a key": (
        lambda h, a: (h.key(), revoke_api_key(actor=a, key=ApiKey.objects.get().uuid)),
        {O},
    ),
}


def may_do(house: House, act: Deed, role: Role) -> bool:
    """Try it in a transaction that is taken back."""
    with transaction.atomic():
        try:
            act(house, house.actor(role))
        except Refused:
            return False
        finally:
            transaction.set_rollback(True)
    return True


@pytest.mark.parametrize("deed", DEEDS)
def test_the_roles_of_the_table_may_and_no_others(house: House, deed: str):
    act, allowed = DEEDS[deed]

    assert {role for role in Role if may_do(house, act, role)} == allowed


def test_every_role_is_named_for_every_action():
    assert all(set(row) == set(Role) for row in TABLE.values())
    assert set(TABLE) == set(Action)


def test_practitioners_book_for_others_where_the_practice_lets_them(house: House):
    pat = replace(house.actor(Role.PRACTITIONER), books_for_others=True)

    booked = house.book(actor=pat, practitioners=[house.quinn.id])

    assert booked.practitioner.name == "Quinn"


def test_reception_never_books_more_for_that_setting(house: House):
    viewer = replace(house.actor(Role.READ_ONLY), books_for_others=True)

    assert not may(viewer, Action.BOOK, pk_of(house.pat.id))


def test_own_means_nobody_for_who_is_no_practitioner(house: House):
    owner = house.actor(Role.OWNER)

    assert TABLE[Action.SEE_FOREIGN_TITLES][Role.OWNER] is Reach.OWN
    assert not may(owner, Action.SEE_FOREIGN_TITLES, pk_of(house.pat.id))
    assert not may_for_somebody(owner, Action.SEE_FOREIGN_TITLES)
