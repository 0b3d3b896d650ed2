from datetime import UTC, date, datetime, timedelta

import pytest

from appointed.book.errors import Clash, Invalid
from appointed.book.models import Appointment, Change, HistoryEntry, Notice, Occurrence
from appointed.book.services.catalogue import change_service, create_service
from appointed.scheduling.appointments import book_appointment, cancel_appointment
from support.book import NINE, House, pk_of

HOUR = timedelta(hours=1)


def test_a_booking_takes_the_time_of_its_practitioner(house: House):
    booked = house.book(NINE)

    time = Occurrence.objects.get()
    assert (time.practitioner_id, time.during.lower) == (pk_of(house.pat.id), NINE)
    assert (booked.status, booked.version, booked.label) == ("booked", 1, "Ann Ámos")


def test_wall_time_and_zone_are_kept_beside_the_instant(house: House):
    booked = house.book(datetime(2027, 7, 1, 9, tzinfo=UTC))

    row = Appointment.objects.get(uuid=booked.id)
    assert (row.wall_start, row.time_zone) == (datetime(2027, 7, 1, 11), "Europe/Berlin")  # noqa: DTZ001 – wall time


def test_a_booking_notes_a_change_and_a_line_of_history(house: House):
    house.book()

    assert list(Change.objects.values_list("practitioner__name", flat=True)) == ["Pat"]
    assert list(HistoryEntry.objects.values_list("actor", "step")) == [("Olga", "booked")]


def test_a_taken_time_is_refused_with_what_takes_it(house: House):
    house.book(NINE)

    with pytest.raises(Clash) as refused:
        house.book(NINE + HOUR / 2)

    [clash] = refused.value.clashes
    assert (clash.source, clash.start, clash.end) == ("book", NINE, NINE + HOUR)


def test_times_that_touch_do_not_clash(house: House):
    house.book(NINE)

    house.book(NINE + HOUR)

    assert Occurrence.objects.filter(overbooked=False).count() == 2


def test_buffers_of_a_service_keep_others_away(house: House):
    service = create_service(
        actor=house.owner, fields={"name": "Long", "minutes": 60, "buffer_after": 15}
    )
    house.book(NINE, service=service.id)

    with pytest.raises(Clash):
        house.book(NINE + HOUR)


def test_staff_may_book_anyway_and_it_is_marked(house: House):
    house.book(NINE)

    again = house.book(NINE, allow_clash=True)

    assert again.overbooked
    assert Occurrence.objects.filter(active=True).count() == 2


def test_allowing_a_clash_where_there_is_none_marks_nothing(house: House):
    booked = house.book(NINE, allow_clash=True)

    assert not booked.overbooked


def test_an_overbooked_time_is_still_taken_when_the_first_is_cancelled(house: House):
    first = house.book(NINE)
    house.book(NINE, allow_clash=True)
    cancel_appointment(actor=house.owner, appointment=first.id)

    with pytest.raises(Clash):
        house.book(NINE)


def test_a_meeting_takes_the_time_of_everybody(house: House):
    both = [house.pat.id, house.quinn.id]

    meeting = house.book(kind="meeting", client=None, practitioners=both, title="Team")

    assert [p.name for p in meeting.practitioners] == ["Pat", "Quinn"]
    assert Occurrence.objects.count() == Change.objects.count() == 2


def test_whole_days_run_between_midnights_of_the_zone(house: House):
    days = {"start": date(2027, 3, 27), "end": date(2027, 3, 29), "all_day": True}

    away = house.book(kind="unavailable", client=None, **days)

    assert away.start == datetime(2027, 3, 26, 23, tzinfo=UTC)
    assert away.end == datetime(2027, 3, 28, 22, tzinfo=UTC)
    assert (away.first_day, away.end_day) == (date(2027, 3, 27), date(2027, 3, 29))


def test_without_an_end_the_service_says_how_long(house: House):
    wish = {"kind": "client", "practitioners": [house.pat.id], "client": house.ann.id}

    booked = book_appointment(
        actor=house.owner, wish={**wish, "start": NINE, "service": house.massage.id}
    )

    assert booked.end == NINE + timedelta(minutes=45)


def test_a_wall_time_that_clocks_skip_is_refused_with_the_next_one(house: House):
    typed = datetime(2027, 3, 28, 2, 30)  # noqa: DTZ001 - as typed, on the night of the change

    with pytest.raises(Invalid) as refused:
        house.book(typed)

    assert "03:00" in refused.value.fields["start"]


def test_of_the_double_hour_the_first_is_meant(house: House):
    typed = datetime(2027, 10, 31, 2, 30)  # noqa: DTZ001 - as typed

    booked = house.book(typed)

    assert booked.start == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_an_instant_in_the_second_double_hour_stays_that_instant(house: House):
    second = datetime(2027, 10, 31, 1, 30, tzinfo=UTC)

    booked = house.book(second)

    row = Appointment.objects.get(uuid=booked.id)
    assert (booked.start, row.wall_start, row.start_fold) == (
        second,
        datetime(2027, 10, 31, 2, 30),  # noqa: DTZ001 – wall time
        1,
    )


WRONG = {
    "no kind": ({"kind": "party"}, "kind"),
    "no client": ({"client": None}, "client"),
    "no name": ({"kind": "casual", "client": None}, "casual_name"),
    "client of a meeting": ({"kind": "meeting"}, "client"),
    "nobody": ({"practitioners": []}, "practitioner"),
    "unknown zone": ({"time_zone": "Mars/Olympus"}, "time_zone"),
    "ends first": ({"end": NINE - HOUR}, "end"),
    "no length": ({"end": NINE}, "end"),
    "long ago": ({"start": datetime(1969, 12, 31, tzinfo=UTC)}, "start"),
    "far away": ({"end": datetime(2201, 1, 1, tzinfo=UTC)}, "end"),
    "long title": ({"title": "x" * 501}, "title"),
    "long notes": ({"notes": "x" * 20_001}, "notes"),
    "NUL": ({"title": "a\0b"}, "title"),
    "line break in a title": ({"title": "a\nb"}, "title"),
    "escape in notes": ({"notes": "a\x1bb"}, "notes"),
    "days for times": ({"start": date(2027, 1, 1)}, "start"),
    "times for days": ({"all_day": True}, "start"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_kept_is_refused_by_field(house: House, case: str):
    wish, field = WRONG[case]

    with pytest.raises(Invalid) as refused:
        house.book(**wish)

    assert field in refused.value.fields
    assert not Appointment.objects.exists()


def test_notes_keep_their_lines_and_tabs(house: House):
    booked = house.book(notes="one\r\n\ttwo")

    assert booked.notes == "one\n\ttwo"


def test_a_client_is_told_once_if_asked_and_not_otherwise(house: House):
    house.book(NINE)
    told = house.book(NINE + HOUR, tell=True)

    notice = Notice.objects.get()
    assert (notice.reason, notice.email) == ("booked", "ann@example.org")
    assert notice.appointment is not None
    assert notice.appointment.uuid == told.id


def test_new_buffers_of_a_service_count_from_the_next_move_on(house: House):
    booked = house.book(NINE, service=house.massage.id)
    change_service(actor=house.owner, service=house.massage.id, changes={"buffer_after": 60})

    house.book(NINE + HOUR)

    assert Occurrence.objects.get(appointment__uuid=booked.id).blocked.upper == NINE + HOUR
