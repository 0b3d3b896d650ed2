"""What calendars say about a time: warned of, never silently in the way."""

from datetime import timedelta

import pytest

from appointed.book.access import Role
from appointed.book.errors import Clash
from appointed.book.models import Occurrence
from appointed.book.services.catalogue import create_service
from appointed.core.clashes import Source
from appointed.core.events import ShowAs
from appointed.scheduling.busy import busy_of
from appointed.sync.models import (
    Account,
    BusyTime,
    CalendarChoice,
    Connection,
    ExternalCalendar,
)
from support.book import NINE, House, pk_of

HOUR = timedelta(hours=1)


def busy_outside(
    house: House, show_as: ShowAs = ShowAs.BUSY, *, check_conflicts: bool = True
) -> Connection:
    """Have a calendar of Pat's say that nine to ten is taken."""
    pat = pk_of(house.pat.id)
    account = Account.objects.create(practice=house.practice, provider="caldav", subject="s")
    calendar = ExternalCalendar.objects.create(account=account, remote_id="c", name="Home")
    connection = Connection.objects.create(
        practice=house.practice, practitioner_id=pat, account=account
    )
    CalendarChoice.objects.create(
        connection=connection,
        calendar=calendar,
        practitioner_id=pat,
        check_conflicts=check_conflicts,
        pull=True,
    )
    BusyTime.objects.create(
        calendar=calendar, remote_id="1", during=(NINE, NINE + HOUR), show_as=show_as
    )
    return connection


def test_a_busy_time_outside_is_a_clash(house: House):
    busy_outside(house)

    with pytest.raises(Clash) as refused:
        house.book(NINE + HOUR / 2)

    [clash] = refused.value.clashes
    assert (clash.source, clash.start) == (Source.EXTERNAL, NINE)


def test_booked_anyway_it_is_not_overbooked_in_the_book(house: House):
    busy_outside(house)

    booked = house.book(NINE, allow_clash=True)

    assert not booked.overbooked
    assert not Occurrence.objects.get().overbooked


def test_a_busy_time_clashes_with_the_buffers_too(house: House):
    busy_outside(house)

    with pytest.raises(Clash):
        house.book(NINE + HOUR, service=_with_buffer(house))


def test_the_time_of_another_practitioner_is_his_own(house: House):
    busy_outside(house)

    assert house.book(NINE, practitioners=[house.quinn.id]).status == "booked"


@pytest.mark.parametrize(
    ("show_as", "check_conflicts"), [(ShowAs.FREE, True), (ShowAs.BUSY, False)]
)
def test_what_shows_as_free_or_is_not_checked_does_not_clash(
    house: House, show_as: ShowAs, *, check_conflicts: bool
):
    busy_outside(house, show_as, check_conflicts=check_conflicts)

    assert house.book(NINE).status == "booked"


@pytest.mark.parametrize(
    ("role", "named"),
    [(Role.MANAGER, True), (Role.PRACTITIONER, True), (Role.RECEPTION, False)],
)
def test_whose_calendar_it_is_only_who_may_connect_hears(house: House, role: Role, *, named: bool):
    connection = busy_outside(house)

    [busy] = busy_of(
        actor=house.actor(role), practitioner=house.pat.id, start=NINE, end=NINE + HOUR
    )

    assert (busy.start, busy.show, busy.title) == (NINE, "busy", "")
    assert (busy.connection, busy.calendar) == ((connection.uuid, "Home") if named else (None, ""))


def _with_buffer(house: House) -> object:
    return create_service(
        actor=house.owner, fields={"name": "Long", "minutes": 60, "buffer_before": 1}
    ).id
