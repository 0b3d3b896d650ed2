"""What a notice says: subject, text, HTML, and what goes into the reader's calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import css_inline
from django.template.loader import render_to_string

from appointed.book.models import Appointment, Notice, Practice
from appointed.core.events import AllDay, Content, Timed, When
from appointed.core.walltime import WallTime, instant_of
from appointed.ical.invitations import Invitation, Method, invitation

METHODS = {
    "booked": Method.REQUEST,
    "moved": Method.REQUEST,
    "cancelled": Method.CANCEL,
    "cancelled_by_calendar": Method.CANCEL,
}
"""The reasons that are known, and what each asks of the reader's calendar."""
TEMPLATES = {"cancelled_by_calendar": "cancelled"}
UID_MARK = "appointment.appointed"
"""The other half of the UID in mails: no pushed event has such a one."""


class NothingToSay(Exception):
    """The notice cannot be written any more; the text says why."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendered notice; `calendar` is empty where nothing fits."""

    to_name: str
    to_address: str
    subject: str
    text: str
    html: str
    method: Method
    calendar: bytes


def write_letter(notice: Notice, *, organizer: str, now: datetime) -> Letter:
    """Return what a notice says, with the times that stood when it was asked for.

    Raises: `NothingToSay`.
    """
    appointment, client = notice.appointment, notice.client
    method = METHODS.get(notice.reason)
    if appointment is None or client is None or method is None or not notice.email:
        raise NothingToSay("What it should tell, or to whom, is no longer there.")
    when = _when(notice.payload.get("when"), appointment)
    facts = _facts(notice, appointment, when)
    words = {kind: _rendered(notice.reason, kind, facts) for kind in ("subject.txt", "txt", "html")}
    return Letter(
        to_name=client.name,
        to_address=notice.email,
        subject=" ".join(words["subject.txt"].split()),
        text=words["txt"],
        html=css_inline.inline(words["html"], load_remote_stylesheets=False),
        method=method,
        calendar=invitation(
            Invitation(
                content=_content(appointment, when, method),
                uid=f"{appointment.uuid}@{UID_MARK}",
                sequence=appointment.version,
                organizer=organizer,
                attendee=notice.email,
            ),
            method=method,
            now=now,
        ),
    )


def _rendered(reason: str, kind: str, facts: Mapping[str, Any]) -> str:
    return render_to_string(f"notices/{TEMPLATES.get(reason, reason)}.{kind}", dict(facts))


def _facts(notice: Notice, appointment: Appointment, when: When) -> Mapping[str, Any]:
    practice = notice.practice
    before = notice.payload.get("before")
    people = appointment.practitioners.order_by("name")
    return {
        "practice": practice.name,
        "client": appointment.client.name if appointment.client else "",
        "service": appointment.service.name if appointment.service else "",
        "practitioners": [person.name for person in people],
        "place": _place(appointment),
        "when": _said(when, practice),
        "day": _day(when),
        "before": _said(_when(before, appointment), practice) if before else "",
    }


def _content(appointment: Appointment, when: When, method: Method) -> Content:
    what = appointment.service.name if appointment.service else "Appointment"
    return Content(
        when=when,
        title=f"{what} – {appointment.practice.name}",
        location=_place(appointment),
        cancelled=method is Method.CANCEL,
    )


def _place(appointment: Appointment) -> str:
    return appointment.location or (appointment.service.place if appointment.service else "")


def _when(stored: Mapping[str, str] | None, appointment: Appointment) -> When:
    match stored:
        case {"start": start, "end": end, "zone": zone}:
            there = ZoneInfo(zone)
            first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
            return Timed(first.astimezone(there), last.astimezone(there), zone)
        case {"first_day": first, "end_day": end}:
            return AllDay(date.fromisoformat(first), date.fromisoformat(end))
        case _:
            return _when_of(appointment)


def _when_of(row: Appointment) -> When:
    if row.first_day is not None and row.end_day is not None:
        return AllDay(row.first_day, row.end_day)
    if row.wall_start is None or row.wall_end is None:
        raise NothingToSay("The appointment has no time.")
    zone = ZoneInfo(row.time_zone)
    start = instant_of(WallTime(row.wall_start, row.start_fold), row.time_zone)
    end = instant_of(WallTime(row.wall_end, row.end_fold), row.time_zone)
    return Timed(start.astimezone(zone), end.astimezone(zone), row.time_zone)


def _said(when: When, practice: Practice) -> str:
    match when:
        case AllDay(start, end):
            last = end - timedelta(days=1)
            return _date(start) if last == start else f"{_date(start)} to {_date(last)}"
        case Timed(start, end, zone):
            until = _time(end, practice) if start.date() == end.date() else _moment(end, practice)
            return f"{_moment(start, practice)} – {until} ({zone.replace('_', ' ')})"


def _day(when: When) -> str:
    return _date(when.start if isinstance(when, AllDay) else when.start.date())


def _moment(moment: datetime, practice: Practice) -> str:
    return f"{_date(moment.date())}, {_time(moment, practice)}"


def _date(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def _time(moment: datetime, practice: Practice) -> str:
    if practice.time_format == Practice.TimeFormat.H12:
        return f"{moment.hour % 12 or 12}:{moment:%M} {moment:%p}".lower()
    return f"{moment:%H:%M}"
