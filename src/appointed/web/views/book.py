"""The book: the page, and what the grid on it shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from appointed.book.access import Action, Actor, may
from appointed.book.facts import AppointmentFacts, PracticeFacts, PractitionerFacts
from appointed.book.selectors.appointments import list_appointments
from appointed.book.selectors.members import practitioner_pks
from appointed.book.selectors.pages import Paging
from appointed.book.selectors.people import list_practitioners, practice_of
from appointed.sync.selectors import ExternalBusy, external_busy
from appointed.web.assets import asset_url
from appointed.web.frame import may_book
from appointed.web.marks import Marks, marks_of
from appointed.web.pages import show, staff
from appointed.web.tones import tone_of
from appointed.web.versions import practice_version
from appointed.web.when import days_from, local, read_day, read_moment, span, today

VIEWS = ("day", "week", "list")
NOBODY = UUID(int=0)
MOST = 1000
WEEK = 7
LONGEST_RANGE = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a column, as the one who asks may use it."""

    pk: int
    facts: PractitionerFacts
    changeable: bool

    @property
    def id(self) -> UUID:
        return self.facts.id

    @property
    def name(self) -> str:
        return self.facts.name

    @property
    def tone(self) -> int:
        return tone_of(self.facts.colour, self.facts.name)


@require_safe
@staff
def book(request: HttpRequest, actor: Actor) -> HttpResponse:
    practice = practice_of(actor)
    day = read_day(request.GET.get("date", ""), today(practice))
    version = practice_version(actor.practice_id)
    people = _working(actor)
    who = _who(request, people)
    view = request.GET.get("view", "")
    context = {
        "title": "Book",
        "version": version,
        "people": people,
        "facts": _facts(actor, practice, people)
        | {
            "date": day.isoformat(),
            "view": view if view in VIEWS else "",
            "who": str(who.id) if who else "",
        },
        "day": day,
        "who": str(who.id) if who else "",
        "items": _list(actor, practice, people, day=day, who=who),
        "busy": _busy_lines(practice, people, day=day, who=who),
        "may_book": may_book(actor),
        "nobody": NOBODY,
        "icons": asset_url("icons.svg"),
    }
    return show(request, actor, "web/book/book.html", context)


@require_safe
@staff
def feed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Return what stands in a range, as the grid draws it."""
    practice = practice_of(actor)
    version = practice_version(actor.practice_id)  # before the rows: rather redraw than miss
    start = read_moment(request.GET.get("from", ""), practice)
    end = read_moment(request.GET.get("to", ""), practice)
    if start is None or end is None or not start < end <= start + LONGEST_RANGE:
        return JsonResponse({"message": "Say from when to when."}, status=400)
    people = _working(actor)
    who = _who(request, people)
    entries = _entries(actor, start, end, who=who)
    busy = _busy(people, start, end, who=who)
    marks = marks_of(entries)
    changeable = {one.id: one.changeable for one in people}
    told = {
        "version": version,
        "entries": [_told(entry, marks, changeable) for entry in entries],
        "busy": [_told_busy(place, found, practice) for place, found in enumerate(busy)],
    }
    return JsonResponse(told)


def _working(actor: Actor) -> list[Person]:
    pks = practitioner_pks(actor)
    page = list_practitioners(actor, Paging(limit=MOST), active=True)
    people = [Person(pks[one.id], one, may(actor, Action.BOOK, pks[one.id])) for one in page.items]
    return sorted(people, key=lambda one: one.pk != actor.practitioner_id)


def _who(request: HttpRequest, people: Iterable[Person]) -> Person | None:
    wished = request.GET.get("who", "")
    return next((one for one in people if str(one.id) == wished), None)


def _entries(
    actor: Actor, start: datetime, end: datetime, *, who: Person | None
) -> tuple[AppointmentFacts, ...]:
    only = who.pk if who else None
    page = list_appointments(actor, Paging(limit=MOST), practitioner=only, start=start, end=end)
    return page.items


def _busy(
    people: Iterable[Person], start: datetime, end: datetime, *, who: Person | None
) -> list[tuple[Person, ExternalBusy]]:
    by_pk = {one.pk: one for one in ([who] if who else people)}
    found = external_busy(practitioner_ids=list(by_pk), start=start, end=end)
    return [(by_pk[busy.practitioner_id], busy) for busy in found]


def _told(entry: AppointmentFacts, marks: Marks, changeable: dict[UUID, bool]) -> dict[str, Any]:
    mark = marks.get((entry.appointment_pk, entry.practitioner_pk))
    start, end = _times(entry)
    return {
        "id": f"{entry.id}/{entry.practitioner.id}/{entry.occurrence or ''}",
        "appointment": str(entry.id),
        "version": entry.version,
        "occurrence": entry.occurrence.isoformat() if entry.occurrence else None,
        "practitioner": str(entry.practitioner.id),
        "practitioner_name": entry.practitioner.name,
        "start": start,
        "end": end,
        "all_day": entry.all_day,
        "kind": entry.kind,
        "label": entry.label or ("Unavailable" if entry.kind == "unavailable" else "Meeting"),
        "service": entry.service.name if entry.service else "",
        "location": entry.location,
        "status": entry.status,
        "overbooked": entry.overbooked,
        "sync": mark.state if mark else "",
        "changeable": changeable.get(entry.practitioner.id, False),
        "url": reverse("web:appointment", args=[entry.id]),
    }


def _times(entry: AppointmentFacts) -> tuple[str, str]:
    if entry.first_day is not None and entry.end_day is not None:
        return entry.first_day.isoformat(), entry.end_day.isoformat()
    return entry.start.isoformat(), entry.end.isoformat()


def _told_busy(
    place: int, found: tuple[Person, ExternalBusy], practice: PracticeFacts
) -> dict[str, Any]:
    one, busy = found
    start, end = busy.start.isoformat(), busy.end.isoformat()
    if busy.all_day:
        start, end = (
            local(busy.start, practice).date().isoformat(),
            local(busy.end, practice).date().isoformat(),
        )
    return {
        "id": f"busy/{place}/{start}",
        "practitioner": str(one.id),
        "start": start,
        "end": end,
        "all_day": busy.all_day,
        "show": busy.show,
        "words": f"{'Busy' if busy.show == 'busy' else 'Free'} ({busy.calendar})",
    }


def _list(
    actor: Actor,
    practice: PracticeFacts,
    people: Iterable[Person],
    *,
    day: date,
    who: Person | None,
) -> list[dict[str, Any]]:
    start, end = days_from(day, 1, practice)
    entries = _entries(actor, start, end, who=who)
    marks = marks_of(entries)
    tones = {one.id: one.tone for one in people}
    changeable = {one.id: one.changeable for one in people}
    return [
        {
            "entry": entry,
            "told": _told(entry, marks, changeable),
            "tone": tones.get(entry.practitioner.id, 0),
            "time": "All day" if entry.all_day else span(entry.start, entry.end, practice),
            "mark": marks.get((entry.appointment_pk, entry.practitioner_pk)),
        }
        for entry in entries
    ]


def _busy_lines(
    practice: PracticeFacts,
    people: Iterable[Person],
    *,
    day: date,
    who: Person | None,
) -> list[str]:
    start, end = days_from(day, 1, practice)
    found = _busy(people, start, end, who=who)
    return [
        f"{one.name}: "
        + ("all day" if busy.all_day else span(busy.start, busy.end, practice))
        + f", {busy.calendar}"
        for one, busy in found
        if busy.show == "busy"
    ]


def _facts(actor: Actor, practice: PracticeFacts, people: Iterable[Person]) -> dict[str, Any]:
    shown = list(people)
    return {
        "zone": practice.time_zone,
        "today": today(practice).isoformat(),
        "locale": _locale(practice),
        "hour12": practice.time_format == "12",
        "firstDay": (practice.week_start + 1) % WEEK,
        "scroll": _first_hour(shown),
        "mayBook": may_book(actor),
        "columns": [_column(one) for one in shown],
        "urls": {
            "feed": reverse("web:feed"),
            "new": reverse("web:new-appointment"),
            "open": reverse("web:appointment", args=[NOBODY]),
            "edit": reverse("web:edit-appointment", args=[NOBODY]),
            "move": reverse("web:place-appointment", args=[NOBODY]),
            "moveForm": reverse("web:move-appointment", args=[NOBODY]),
            "cancel": reverse("web:cancel-appointment", args=[NOBODY]),
            "status": reverse("web:appointment-status", args=[NOBODY]),
            "upload": reverse("web:upload"),
            "export": reverse("web:export"),
        },
    }


def _locale(practice: PracticeFacts) -> str:
    language = practice.language or "en"
    if "-" in language or not practice.country:
        return "en-GB" if language == "en" else language
    return f"{language}-{practice.country}"


def _column(one: Person) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "title": one.name,
        "tone": one.tone,
        "businessHours": [
            {
                "daysOfWeek": [(stretch.weekday + 1) % WEEK],
                "startTime": f"{stretch.start:%H:%M}",
                "endTime": f"{stretch.end:%H:%M}" if stretch.end != time(0) else "24:00",
            }
            for stretch in one.facts.hours
        ],
    }


def _first_hour(people: Iterable[Person]) -> str:
    starts = [stretch.start for one in people for stretch in one.facts.hours]
    first = min(starts).hour if starts else 8
    return f"{max(first - 1, 0):02}:00"
