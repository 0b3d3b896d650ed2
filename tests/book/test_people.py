from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from appointed.book.access import Role
from appointed.book.errors import Invalid, Missing, Refused, Stale
from appointed.book.facts import Hours
from appointed.book.models import (
    ApiKey,
    Appointment,
    AuditEntry,
    Change,
    Client,
    KeptAnswer,
    Membership,
    Notice,
    Practice,
    User,
)
from appointed.book.selectors.pages import Paging
from appointed.book.selectors.people import (
    actor_of_key,
    actor_of_user,
    client_of,
    list_clients,
    list_practitioners,
    practice_id_of,
    service_of,
)
from appointed.book.services.answers import answer_once, forget_answers
from appointed.book.services.catalogue import change_service, create_service
from appointed.book.services.clients import change_client, create_client, erase_client
from appointed.book.services.practices import (
    add_user,
    change_practice,
    create_api_key,
    create_owner,
    remove_user,
    revoke_api_key,
)
from appointed.book.services.practitioners import change_practitioner
from appointed.book.setup import (
    is_setup_code,
    set_up,
    setup_code,
    setup_is_open,
    setup_link,
    use_setup_link,
    user_of_link,
)
from support.book import NINE, House, make_house, membership_of

NOW = datetime(2027, 1, 1, tzinfo=UTC)
PASSWORD = "a long enough sentence"


def names(house: House, search: str) -> list[str]:
    return [client.name for client in list_clients(house.owner, Paging(), search=search).items]


# ── clients ──────────────────────────────────────────────────────────────────────────────

SEARCHES = {
    "part of a name": "mos",
    "other case and accents": "AMOS",
    "both names the other way round": "amos ann",
    "address": "ann@example",
    "phone with other blanks": "30 12 34",
    "digits": "301234",
}


@pytest.mark.parametrize("case", SEARCHES)
def test_a_client_is_found_by(house: House, case: str):
    create_client(actor=house.owner, fields={"name": "Bob", "phone": "999"})

    assert names(house, SEARCHES[case]) == ["Ann Ámos"]


@pytest.mark.parametrize("search", ["%", "_", "amos bob", "\\"])
def test_a_search_takes_signs_as_signs(house: House, search: str):
    assert names(house, search) == []


def test_clients_come_by_name_page_after_page(house: House):
    for name in ("bob", "Änne", "Cy"):
        create_client(actor=house.owner, fields={"name": name})

    first = list_clients(house.owner, Paging(2))
    second = list_clients(house.owner, Paging(2, first.next or ""))

    assert [c.name for c in (*first.items, *second.items)] == ["Ann Ámos", "Änne", "bob", "Cy"]


def test_a_new_name_is_a_change_for_the_calendars(house: House):
    house.book()
    Change.objects.all().delete()

    change_client(actor=house.owner, client=house.ann.id, changes={"name": "Ann B."})

    assert Change.objects.count() == 1
    assert names(house, "ann b") == ["Ann B."]


def test_the_same_name_again_changes_nothing(house: House):
    again = change_client(actor=house.owner, client=house.ann.id, changes={"name": "Ann Ámos"})

    assert (again.version, Change.objects.count()) == (1, 0)


def test_a_stale_change_answers_what_stands(house: House):
    change_client(actor=house.owner, client=house.ann.id, changes={"phone": "1"})

    with pytest.raises(Stale) as refused:
        change_client(actor=house.owner, client=house.ann.id, changes={"phone": "2"}, version=1)

    assert refused.value.current == client_of(house.owner, house.ann.id)


def test_erased_nothing_that_names_a_client_is_left(house: House):
    house.book(title="Ann's knee", notes="Ann told me", tell=True)

    erase_client(actor=house.owner, client=house.ann.id)

    row = Client.objects.get()
    assert (row.name, row.email, row.phone, row.search_key, row.sort_key) == ("",) * 5
    assert Appointment.objects.get().title == Appointment.objects.get().notes == ""
    assert (Notice.objects.get().email, Notice.objects.get().state) == ("", "kept")
    with pytest.raises(Missing):
        client_of(house.owner, house.ann.id)


def test_an_erased_client_keeps_his_past_time_and_gets_no_new_one(house: House):
    booked = house.book(NINE)
    erase_client(actor=house.owner, client=house.ann.id)

    with pytest.raises(Invalid):
        house.book(NINE + timedelta(days=1))

    assert Appointment.objects.get(uuid=booked.id).status == "booked"


# ── services, hours ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("minutes", 0),
        ("minutes", 1441),
        ("buffer_before", -1),
        ("buffer_after", 241),
        ("name", " "),
    ],
)
def test_a_service_out_of_its_range_is_refused(house: House, field: str, value: object):
    with pytest.raises(Invalid) as refused:
        create_service(
            actor=house.owner,
            fields={"name": "Taping", "minutes": 10, field: value},  # type: ignore[misc]  # the key varies
        )

    assert list(refused.value.fields) == [field]


def test_only_what_calendars_show_of_a_service_is_a_change_for_them(house: House):
    house.book(service=house.massage.id)
    Change.objects.all().delete()

    change_service(actor=house.owner, service=house.massage.id, changes={"minutes": 50})
    unseen = Change.objects.count()
    change_service(actor=house.owner, service=house.massage.id, changes={"name": "Rub"})

    assert (unseen, Change.objects.count()) == (0, 1)
    assert service_of(house.owner, house.massage.id).version == 3


WRONG_HOURS = {
    "ends first": [Hours(2, time(13), time(12))],
    "no length": [Hours(2, time(13), time(13))],
    "overlap": [Hours(0, time(9), time(12)), Hours(0, time(11), time(13))],
    "no weekday": [Hours(7, time(9), time(12))],
    "over midnight": [Hours(0, time(9), time(0)), Hours(0, time(23), time(0))],
}


@pytest.mark.parametrize("case", WRONG_HOURS)
def test_hours_that_cannot_be_are_refused(house: House, case: str):
    with pytest.raises(Invalid) as refused:
        change_practitioner(
            actor=house.owner, practitioner=house.pat.id, changes={"hours": WRONG_HOURS[case]}
        )

    assert list(refused.value.fields) == ["hours"]


def test_hours_are_kept_in_order_and_count_as_a_version(house: House):
    late, early = Hours(0, time(13), time(0)), Hours(0, time(9), time(12, 30))

    changed = change_practitioner(
        actor=house.owner, practitioner=house.pat.id, changes={"hours": [late, early]}
    )

    assert (changed.hours, changed.version) == ((early, late), 2)


def test_the_same_hours_again_change_nothing(house: House):
    hours = [Hours(0, time(9), time(12, 30))]
    change_practitioner(actor=house.owner, practitioner=house.pat.id, changes={"hours": hours})

    again = change_practitioner(
        actor=house.owner, practitioner=house.pat.id, changes={"hours": hours}
    )

    assert again.version == 2


# ── users, keys ──────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_an_owner_is_made_with_his_practice_and_made_again_is_the_same():
    first = create_owner(email="Olga@Example.org", password=PASSWORD, practice_name="North")
    again = create_owner(email="olga@example.org", password=None, practice_name="North")

    user = User.objects.get()
    assert first == again == user.uuid
    assert user.check_password(PASSWORD)
    assert Membership.objects.get().role == "owner"


@pytest.mark.parametrize("password", ["short", "password1234"])
@pytest.mark.django_db
def test_a_weak_password_is_refused(password: str):
    with pytest.raises(Invalid) as refused:
        create_owner(email="o@example.org", password=password, practice_name="North")

    assert list(refused.value.fields) == ["password"]
    assert not User.objects.exists()


@pytest.mark.django_db
def test_practices_of_one_name_in_the_address_get_a_number():
    create_owner(email="o@example.org", password=None, practice_name="North")
    create_owner(email="o@example.org", password=None, practice_name="North!")

    assert sorted(Practice.objects.values_list("slug", flat=True)) == ["north", "north-2"]


def test_the_last_owner_stays_owner(house: House):
    olga = house.user(Role.OWNER, "olga@example.org")

    with pytest.raises(Invalid):
        add_user(actor=house.owner, email=olga.email, name="Olga", role=Role.RECEPTION)
    with pytest.raises(Invalid):
        remove_user(actor=house.owner, user=olga.uuid)

    assert membership_of(olga).role == "owner"


def test_a_user_acts_with_the_role_he_has_here(house: House):
    user = house.user(Role.PRACTITIONER, "pat@example.org")

    actor = actor_of_user(user.pk)

    assert actor is not None
    assert (actor.role, actor.practice_id) == (Role.PRACTITIONER, house.practice.pk)
    assert actor.practitioner_id == membership_of(user).practitioner_id


def test_who_left_acts_no_more(house: House):
    user = house.user(Role.RECEPTION, "dee@example.org")
    remove_user(actor=house.owner, user=user.uuid)

    assert actor_of_user(user.pk) is None


def test_a_key_is_stored_as_its_hash_only_and_ends_when_revoked(house: House):
    key = house.key()
    row = ApiKey.objects.get()

    actor = actor_of_key(key, NOW)
    revoke_api_key(actor=house.owner, key=row.uuid)

    assert actor is not None
    assert actor.role is Role.MANAGER
    assert key not in {row.hash, row.prefix}
    assert actor_of_key(key, NOW) is None


def test_a_practitioners_key_says_whose_it_is(house: House):
    with pytest.raises(Invalid):
        create_api_key(practice_id=house.practice.pk, name="k", role=Role.PRACTITIONER)


def test_without_a_name_the_only_practice_is_meant(house: House):
    assert practice_id_of(None) == practice_id_of("north") == house.practice.pk

    make_house("South")
    with pytest.raises(Missing):
        practice_id_of(None)


def test_the_practice_changes_by_version(house: House):
    changed = change_practice(actor=house.owner, changes={"client_word": "patient"}, version=1)

    assert (changed.client_word, changed.version) == ("patient", 2)
    with pytest.raises(Stale):
        change_practice(actor=house.owner, changes={"client_word": "customer"}, version=1)


def test_practices_see_only_their_own(house: House):
    south = make_house("South")
    assert house.pat.id != south.pat.id

    page = list_practitioners(south.owner, Paging())

    assert {p.id for p in page.items} == {south.pat.id, south.quinn.id}


# ── the first visit ──────────────────────────────────────────────────────────────────────


def first_visit(code: str) -> None:
    set_up(
        code=code,
        name="Olga",
        email="o@example.org",
        password=PASSWORD,
        practice_name="North",
        practice={"time_zone": "Europe/Berlin"},
    )


@pytest.mark.django_db
def test_the_set_up_code_opens_the_house_once():
    first_visit(setup_code().lower().replace("-", " "))

    assert not setup_is_open()
    assert Practice.objects.get().time_zone == "Europe/Berlin"
    with pytest.raises(Invalid):
        first_visit(setup_code())


@pytest.mark.parametrize("code", ["", "AAAA-BBBB-CCCC", "ä"])
@pytest.mark.django_db
def test_another_code_opens_nothing(code: str):
    with pytest.raises(Invalid) as refused:
        first_visit(code)

    assert not is_setup_code(code)
    assert "appointed setup-code" in refused.value.fields["code"]
    assert setup_is_open()


@pytest.mark.django_db
def test_a_set_up_link_sets_the_password_once():
    user = create_owner(email="o@example.org", password=None, practice_name="North")
    _, _, uuid, token = setup_link(user).split("/")

    assert user_of_link(user, token) == user
    use_setup_link(user=user, token=token, password=PASSWORD)

    assert uuid == str(user)
    assert User.objects.get().check_password(PASSWORD)
    assert user_of_link(user, token) is None
    with pytest.raises(Missing):
        use_setup_link(user=user, token=token, password=PASSWORD)


@pytest.mark.django_db
def test_nobody_becomes_somebody_else_by_a_link():
    with_password = create_owner(email="o@example.org", password=PASSWORD, practice_name="North")
    of_two = create_owner(email="p@example.org", password=None, practice_name="North")
    create_owner(email="p@example.org", password=None, practice_name="South")

    for user in (with_password, of_two):
        with pytest.raises(Refused):
            setup_link(user)


# ── records ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("house")
def test_the_database_itself_keeps_the_audit_as_it_is():
    for change in ("UPDATE book_auditentry SET actor = 'x'", "DELETE FROM book_auditentry"):
        with (
            pytest.raises(DatabaseError, match="never changed"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change)

    assert set(AuditEntry.objects.values_list("actor", flat=True)) == {"Olga"}


def test_kept_answers_end_after_their_term(house: House):
    answer_once(actor=house.owner, call="POST /x", key="k", body=b"", make=lambda: house.pat.id)

    forget_answers(before=datetime.now(UTC) + timedelta(days=1))

    assert not KeptAnswer.objects.exists()
