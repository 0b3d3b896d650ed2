"""What becomes of a notice, over real SMTP."""

import re
from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from appointed.book.models import Appointment, Notice
from appointed.notices.outbox import (
    INTERRUPTED,
    PERHAPS,
    Outbox,
    forget_old_notices,
    outbox_of_installation,
    send_again,
    settle_interrupted,
)
from appointed.notices.postman import MailServer, Tls
from appointed.scheduling.appointments import cancel_appointment, change_appointment
from appointed.scheduling.signals import cancel_by_calendar
from support.book import NINE, House, pk_of
from support.mail_sink import MailSink

NOW = datetime(2027, 2, 1, 12, tzinfo=UTC)
State = Notice.State


@pytest.fixture
def notice(house: House) -> Notice:
    house.book(tell=True)
    return due(Notice.objects.get())


def due(notice: Notice) -> Notice:
    Notice.objects.filter(pk=notice.pk).update(due_at=NOW - timedelta(seconds=1))
    return notice


def all_due() -> None:
    Notice.objects.update(due_at=NOW - timedelta(seconds=1))


def calendar_part(mail) -> icalendar.Calendar:
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    return icalendar.Calendar.from_ical(part.get_content())


@pytest.mark.usefixtures("notice")
def test_a_booking_is_told_by_one_mail(outbox: Outbox, sink: MailSink):
    outbox.send_due(now=NOW)

    [mail] = sink.mails
    assert mail["To"] == "Ann Ámos <ann@example.org>"
    assert mail["Subject"] == "Your appointment on Monday 1 March 2027"
    assert (
        "Monday 1 March 2027, 10:00 – 11:00 (Europe/Berlin)"
        in mail.get_body(("plain",)).get_content()
    )


def test_a_sent_notice_is_not_sent_again(notice: Notice, outbox: Outbox, sink: MailSink):
    outbox.send_due(now=NOW)

    outbox.send_due(now=NOW + timedelta(days=1))

    notice.refresh_from_db()
    assert (len(sink.mails), notice.state, notice.sent_at) == (1, State.SENT, NOW)


@pytest.mark.usefixtures("notice")
def test_a_notice_waits_until_it_is_due(outbox: Outbox, sink: MailSink):
    outbox.send_due(now=NOW - timedelta(hours=1))

    assert not sink.mails


@pytest.mark.usefixtures("notice")
def test_the_html_says_the_same_with_inlined_styles(outbox: Outbox, sink: MailSink):
    outbox.send_due(now=NOW)

    html = sink.mails[0].get_body(("html",)).get_content()
    assert "Your appointment is booked" in html
    assert "<style" not in html
    assert re.search(r"<body style=\"[^\"]*background", html)


def test_names_cannot_inject_markup(house: House, outbox: Outbox, sink: MailSink):
    house.book(tell=True, location="<script>alert(1)</script>")
    all_due()

    outbox.send_due(now=NOW)

    assert "<script>" not in sink.mails[0].get_body(("html",)).get_content()


@pytest.mark.usefixtures("notice")
def test_mails_say_that_nobody_wrote_them(outbox: Outbox, sink: MailSink):
    outbox.send_due(now=NOW)

    assert sink.mails[0]["Auto-Submitted"] == "auto-generated"


@pytest.mark.usefixtures("notice")
def test_a_booking_bears_an_invitation_without_our_mark(outbox: Outbox, sink: MailSink):
    outbox.send_due(now=NOW)

    calendar = calendar_part(sink.mails[0])
    [event] = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "REQUEST"
    assert event["UID"] == f"{Appointment.objects.get().uuid}@appointment.appointed"
    assert (event["ORGANIZER"], event["DTSTART"].dt) == ("mailto:book@north.example", NINE)
    assert "X-APPOINTED-KEY" not in event


@pytest.mark.usefixtures("notice")
def test_the_header_s_method_is_the_body_s(outbox: Outbox, sink: MailSink):
    outbox.send_due(now=NOW)

    types = [part["Content-Type"] for part in sink.mails[0].walk()]
    [calendar] = [kind for kind in types if kind.content_type == "text/calendar"]
    assert calendar.params["method"] == "REQUEST"
    assert any(kind.content_type == "application/ics" for kind in types)


def test_a_move_tells_both_times_and_raises_the_sequence(
    house: House, outbox: Outbox, sink: MailSink
):
    booked = house.book(tell=True)
    later = NINE + timedelta(days=1)
    change_appointment(
        actor=house.owner,
        appointment=booked.id,
        changes={"start": later, "end": later + timedelta(hours=1)},
        tell=True,
    )
    all_due()

    outbox.send_due(now=NOW)

    first, second = sorted(sink.mails, key=lambda mail: "moved" in mail["Subject"])
    text = second.get_body(("plain",)).get_content()
    assert "Was:   Monday 1 March 2027, 10:00" in text
    assert "Now:   Tuesday 2 March 2027, 10:00" in text
    events = [calendar_part(mail).walk("VEVENT")[0] for mail in (first, second)]
    assert events[0]["UID"] == events[1]["UID"]
    assert events[0]["SEQUENCE"] <= events[1]["SEQUENCE"]


def test_a_cancellation_takes_the_event_out_of_the_calendar(
    house: House, outbox: Outbox, sink: MailSink
):
    booked = house.book()
    cancel_appointment(actor=house.owner, appointment=booked.id, tell=True)
    all_due()

    outbox.send_due(now=NOW)

    calendar = calendar_part(sink.mails[0])
    assert calendar["METHOD"] == "CANCEL"
    assert calendar.walk("VEVENT")[0]["STATUS"] == "CANCELLED"
    assert sink.mails[0]["Subject"] == "Your appointment on Monday 1 March 2027 was cancelled"


def test_a_deletion_in_the_calendar_tells_the_client_once(
    house: House, outbox: Outbox, sink: MailSink
):
    house.book()
    for _ in range(2):
        cancel_by_calendar(
            appointment_id=Appointment.objects.get().pk,
            practitioner_id=pk_of(house.pat.id),
            reason="Deleted in the calendar",
            evidence="read twice",
            tell_client=True,
        )
    all_due()

    outbox.send_due(now=NOW)

    assert [mail["To"] for mail in sink.mails] == ["Ann Ámos <ann@example.org>"]


def test_without_a_server_mails_are_kept(notice: Notice):
    Outbox(None, "book@north.example").send_due(now=NOW)

    notice.refresh_from_db()
    assert (notice.state, notice.error) == (State.KEPT, "")


def test_a_kept_mail_goes_out_when_a_person_says_so(notice: Notice, outbox: Outbox, sink: MailSink):
    Outbox(None, "book@north.example").send_due(now=NOW)

    send_again(notice=notice, now=NOW)
    outbox.send_due(now=NOW)

    assert len(sink.mails) == 1


def test_a_sent_mail_is_not_sent_again_by_a_person(notice: Notice, outbox: Outbox):
    outbox.send_due(now=NOW)

    assert not send_again(notice=notice, now=NOW)


TABLE = {
    #                     where        answer            state           error
    "busy at address": ("recipient", "451 later", State.WAITING, "refused the address (451)"),
    "unknown address": ("recipient", "550 nobody", State.FAILED, "refused the address (550)"),
    "busy at text": ("text", "452 full", State.WAITING, "refused the text (452)"),
    "spam": ("text", "554 spam", State.FAILED, "refused the text (554)"),
}


@pytest.mark.parametrize(("where", "answer", "state", "error"), TABLE.values(), ids=TABLE)
def test_an_answer_of_the_server_decides(
    where, answer, state, error, notice: Notice, outbox: Outbox, sink: MailSink
):
    setattr(sink, f"answer_{where}", answer)

    outbox.send_due(now=NOW)

    notice.refresh_from_db()
    assert (notice.state, notice.error) == (state, f"The mail server {error}.")


def test_pauses_grow_and_end(notice: Notice, outbox: Outbox, sink: MailSink):
    sink.answer_recipient = "451 later"
    pauses, now = [], NOW
    while notice.state == State.WAITING:
        outbox.send_due(now=now)
        notice.refresh_from_db()
        pauses.append(notice.due_at - now)
        now = notice.due_at

    assert pauses[:3] == [timedelta(minutes=n) for n in (1, 2, 4)]
    assert max(pauses) == timedelta(hours=4)
    assert notice.state == State.FAILED


def test_a_server_that_is_away_is_tried_again(notice: Notice):
    nobody = MailServer("127.0.0.1", 9, Tls.NONE)

    Outbox(nobody, "book@north.example").send_due(now=NOW)

    notice.refresh_from_db()
    assert (notice.state, notice.attempts) == (State.WAITING, 1)


def test_an_unknown_outcome_is_not_repeated(notice: Notice, outbox: Outbox, sink: MailSink):
    sink.hang_up_after_text = True

    outbox.send_due(now=NOW)
    outbox.send_due(now=NOW + timedelta(days=1))

    notice.refresh_from_db()
    assert (len(sink.mails), notice.state, notice.error) == (1, State.FAILED, PERHAPS)


def test_the_intent_is_committed_before_the_mail_goes_out(
    notice: Notice, outbox: Outbox, sink: MailSink
):
    seen = []
    sink.on_text = lambda: seen.append(True)

    outbox.send_due(now=NOW)

    notice.refresh_from_db()
    assert (seen, notice.attempts) == ([True], 1)


def test_who_was_ended_while_sending_leaves_a_question(
    notice: Notice, outbox: Outbox, sink: MailSink
):
    Notice.objects.update(state=State.SENDING, due_at=NOW)

    assert settle_interrupted(now=NOW + timedelta(minutes=1)) == 0
    outbox.send_due(now=NOW + timedelta(minutes=11))

    notice.refresh_from_db()
    assert (sink.mails, notice.state, notice.error) == ([], State.FAILED, INTERRUPTED)


def test_what_was_settled_goes_after_its_term(notice: Notice, outbox: Outbox):
    outbox.send_due(now=NOW)

    young = forget_old_notices(now=NOW + timedelta(days=364))
    old = forget_old_notices(now=NOW + timedelta(days=366))

    assert (young, old, Notice.objects.filter(pk=notice.pk).exists()) == (0, 1, False)


def test_what_still_waits_stays(notice: Notice):
    assert forget_old_notices(now=NOW + timedelta(days=1000)) == 0
    assert Notice.objects.filter(pk=notice.pk).exists()


def test_a_copy_would_bear_the_same_message_id(notice: Notice, outbox: Outbox, sink: MailSink):
    outbox.send_due(now=NOW)
    Notice.objects.update(state=State.FAILED)
    send_again(notice=notice, now=NOW)
    outbox.send_due(now=NOW)

    first, second = sink.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_an_erased_client_gets_no_mail(notice: Notice, outbox: Outbox, sink: MailSink):
    Notice.objects.update(email="", payload={})

    outbox.send_due(now=NOW)

    notice.refresh_from_db()
    assert (sink.mails, notice.state) == ([], State.KEPT)


def test_the_settings_name_server_and_sender(settings):
    settings.APPOINTED_EMAIL_URL = "smtp://127.0.0.1:2525"
    settings.APPOINTED_EMAIL_FROM = "Practice North <book@north.example>"

    outbox = outbox_of_installation()

    server = MailServer("127.0.0.1", 2525, Tls.NONE)
    assert outbox == Outbox(server, "book@north.example", "Practice North")
