from datetime import UTC, date, datetime, timedelta

import pytest

from appointed.book.errors import Clash, Invalid, Missing, Stale
from appointed.book.facts import AppointmentFacts
from appointed.book.models import Appointment, Change, HistoryEntry, Notice, Occurrence
from appointed.book.services.practitioners import change_practitioner
from appointed.core.clashes import Source
from appointed.scheduling.appointments import (
    cancel_appointment,
    change_appointment,
    clashes_of,
)
from appointed.scheduling.signals import cancel_by_calendar
from appointed.scheduling.wishes import AppointmentFields
from support.book import NINE, House, make_house, pk_of

HOUR = timedelta(hours=1)


def change(house: House, booked: AppointmentFacts, **how: object) -> AppointmentFacts:
    ways = {name: how.pop(name) for name in ("version", "allow_clash", "tell") if name in how}
    return change_appointment(
        actor=house.owner,
        appointment=booked.id,
        changes=AppointmentFields(**how),  # type: ignore[typeddict-item]  # a case names its fields
        **ways,  # type: ignore[arg-type]  # a case names its ways
    )


def changed_for() -> list[str]:
    return sorted(Change.objects.values_list("practitioner__name", flat=True))


def test_a_move_takes_the_new_time_and_frees_the_old(house: House):
    booked = house.book(NINE)

    moved = change(house, booked, start=NINE + HOUR, end=NINE + 2 * HOUR)

    assert (moved.start, moved.version) == (NINE + HOUR, 2)
    house.book(NINE)
    assert Occurrence.objects.count() == 2


def test_an_appointment_does_not_clash_with_itself(house: House):
    booked = house.book(NINE)

    moved = change(house, booked, start=NINE + HOUR / 2, end=NINE + 3 * HOUR / 2)

    assert moved.start == NINE + HOUR / 2


def test_a_move_onto_a_taken_time_is_refused_and_changes_nothing(house: House):
    house.book(NINE)
    booked = house.book(NINE + HOUR)

    with pytest.raises(Clash):
        change(house, booked, start=NINE, end=NINE + HOUR)

    assert Appointment.objects.get(uuid=booked.id).version == 1


def test_moved_back_to_a_free_time_it_is_no_longer_overbooked(house: House):
    house.book(NINE)
    booked = house.book(NINE, allow_clash=True)

    moved = change(house, booked, start=NINE + HOUR, end=NINE + 2 * HOUR)

    assert not moved.overbooked


def test_words_may_change_in_an_overbooked_time(house: House):
    house.book(NINE)
    booked = house.book(NINE, allow_clash=True)

    changed = change(house, booked, title="Knee")

    assert (changed.title, changed.overbooked) == ("Knee", True)


def test_handed_over_both_calendars_are_told(house: House):
    booked = house.book(NINE)
    Change.objects.all().delete()

    moved = change(house, booked, practitioners=[house.quinn.id])

    assert moved.practitioner.name == "Quinn"
    assert changed_for() == ["Pat", "Quinn"]
    assert Occurrence.objects.get().practitioner_id == pk_of(house.quinn.id)


def test_who_leaves_a_meeting_loses_his_time(house: House):
    both = [house.pat.id, house.quinn.id]
    booked = house.book(kind="meeting", client=None, practitioners=both)

    change(house, booked, practitioners=[house.pat.id])

    assert [o.practitioner_id for o in Occurrence.objects.all()] == [pk_of(house.pat.id)]


def test_the_same_again_changes_nothing_more(house: House):
    booked = house.book(NINE, title="Knee")
    Change.objects.all().delete()

    again = change(house, booked, title="Knee", start=NINE, end=NINE + HOUR)

    assert (again.version, changed_for()) == (1, [])
    assert HistoryEntry.objects.count() == 1


def test_a_stale_change_is_refused_with_what_stands(house: House):
    booked = house.book()
    change(house, booked, title="Knee")

    with pytest.raises(Stale) as refused:
        change(house, booked, title="Hip", version=1)

    current = refused.value.current
    assert isinstance(current, AppointmentFacts)
    assert (current.title, current.version) == ("Knee", 2)


def test_from_one_double_hour_to_the_other_is_a_move(house: House):
    first = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    booked = house.book(first, 30)

    moved = change(house, booked, start=first + HOUR, end=first + 3 * HOUR / 2)

    assert (moved.start, moved.version) == (first + HOUR, 2)
    assert HistoryEntry.objects.last().step == "moved"  # type: ignore[union-attr]  # there is one


def test_another_zone_keeps_the_instant(house: House):
    booked = house.book(NINE)

    changed = change(house, booked, time_zone="America/New_York")

    row = Appointment.objects.get()
    assert (changed.start, row.wall_start) == (NINE, datetime(2027, 3, 1, 4))  # noqa: DTZ001 – wall time


def test_a_time_becomes_whole_days(house: House):
    booked = house.book(kind="unavailable", client=None)

    changed = change(house, booked, all_day=True, start=date(2027, 3, 1), end=date(2027, 3, 2))

    assert (changed.all_day, changed.first_day) == (True, date(2027, 3, 1))


def test_whole_days_need_days(house: House):
    booked = house.book(kind="unavailable", client=None)

    with pytest.raises(Invalid) as refused:
        change(house, booked, all_day=True)

    assert set(refused.value.fields) == {"start", "end"}


def test_a_status_changes_without_touching_the_time(house: House):
    booked = house.book()

    changed = change(house, booked, status="arrived")

    assert (changed.status, changed.version) == ("arrived", 2)
    assert HistoryEntry.objects.last().step == "status"  # type: ignore[union-attr]  # there is one


@pytest.mark.parametrize("status", ["cancelled", "lost"])
def test_a_status_that_is_none_is_refused(house: House, status: str):
    booked = house.book()

    with pytest.raises(Invalid):
        change(house, booked, status=status)


def test_cancelled_it_frees_its_time_and_cancelled_twice_nothing_more_happens(house: House):
    booked = house.book(NINE)

    cancel_appointment(actor=house.owner, appointment=booked.id, reason="ill", tell=True)
    again = cancel_appointment(actor=house.owner, appointment=booked.id, tell=True)

    assert (again.status, again.cancelled_by, again.cancel_reason) == ("cancelled", "staff", "ill")
    assert (again.version, Notice.objects.count()) == (2, 1)
    house.book(NINE)


def test_booked_again_it_takes_its_time_back(house: House):
    booked = house.book(NINE)
    cancel_appointment(actor=house.owner, appointment=booked.id)

    again = change(house, booked, status="booked")

    assert (again.status, again.cancelled_by) == ("booked", "")
    with pytest.raises(Clash):
        house.book(NINE)


def test_booked_again_it_clashes_with_who_came_meanwhile(house: House):
    booked = house.book(NINE)
    cancel_appointment(actor=house.owner, appointment=booked.id)
    house.book(NINE)

    with pytest.raises(Clash):
        change(house, booked, status="booked")


def test_a_cancelled_one_is_not_moved(house: House):
    booked = house.book(NINE)
    cancel_appointment(actor=house.owner, appointment=booked.id)

    with pytest.raises(Invalid) as refused:
        change(house, booked, start=NINE + HOUR, end=NINE + 2 * HOUR)

    assert "status" in refused.value.fields


def test_who_left_the_practice_cannot_be_booked_but_keeps_what_he_has(house: House):
    booked = house.book(NINE)
    change_practitioner(actor=house.owner, practitioner=house.pat.id, changes={"active": False})

    with pytest.raises(Invalid):
        house.book(NINE + HOUR)

    assert change(house, booked, title="Last one").title == "Last one"


TOLD = {
    "moved": ({"start": NINE + HOUR, "end": NINE + 2 * HOUR}, "moved"),
    "elsewhere": ({"location": "Room 2"}, "changed"),
    "nothing": ({"title": ""}, None),
}


@pytest.mark.parametrize("case", TOLD)
def test_the_client_is_told_of_what_happened_if_asked(house: House, case: str):
    changes, reason = TOLD[case]
    booked = house.book(NINE)

    change(house, booked, tell=True, **changes)

    assert list(Notice.objects.values_list("reason", flat=True)) == ([reason] if reason else [])


def test_a_mail_knows_the_time_before(house: House):
    booked = house.book(NINE)

    change(house, booked, tell=True, start=NINE + HOUR, end=NINE + 2 * HOUR)

    payload = Notice.objects.get().payload
    assert payload["before"]["start"] == "2027-03-01T10:00:00+01:00"
    assert payload["when"]["start"] == "2027-03-01T11:00:00+01:00"


def test_a_warning_says_what_is_in_the_way_without_booking(house: House):
    booked = house.book(NINE)
    wish: AppointmentFields = {
        "kind": "client",
        "client": house.ann.id,
        "practitioners": [house.pat.id],
        "start": NINE,
        "end": NINE + HOUR,
    }

    clashes = clashes_of(actor=house.owner, wish=wish)
    own = clashes_of(actor=house.owner, wish=wish, appointment=booked.id)

    assert [clash.source for clash in clashes] == [Source.BOOK]
    assert own == ()
    assert Appointment.objects.count() == 1


def test_an_appointment_of_another_practice_is_missing(house: House):
    booked = make_house("South").book()

    with pytest.raises(Missing):
        change(house, booked, title="Mine")
    with pytest.raises(Missing):
        cancel_appointment(actor=house.owner, appointment=booked.id)


def deleted_outside(booked: AppointmentFacts, practitioner_pk: int) -> None:
    cancel_by_calendar(
        appointment_id=booked.appointment_pk,
        practitioner_id=practitioner_pk,
        reason="Deleted in the calendar",
        evidence="two reads, 404",
        tell_client=True,
    )


def test_deleted_in_the_calendar_it_is_cancelled_and_the_client_told_once(house: House):
    booked = house.book(NINE)
    Change.objects.all().delete()

    deleted_outside(booked, booked.practitioner_pk)
    deleted_outside(booked, booked.practitioner_pk)

    row = Appointment.objects.get()
    assert (row.status, row.cancelled_by, row.version) == ("cancelled", "calendar", 2)
    assert (Notice.objects.count(), Change.objects.count()) == (1, 0)
    assert not Occurrence.objects.filter(active=True).exists()


def test_deleted_by_one_the_calendars_of_the_others_are_told(house: House):
    both = [house.pat.id, house.quinn.id]
    booked = house.book(kind="meeting", client=None, practitioners=both)
    Change.objects.all().delete()

    deleted_outside(booked, pk_of(house.pat.id))

    assert changed_for() == ["Quinn"]
