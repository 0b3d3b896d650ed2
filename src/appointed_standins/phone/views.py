"""The pages of the phone: a week, an event, and what can be done with it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from appointed_standins.phone.caldav import CalDavFault, Missing, RemoteCalendar, Resource
from appointed_standins.phone.configuration import Person, configuration
from appointed_standins.phone.events import (
    NotAnEvent,
    amend,
    compose,
    duplicate,
    entry_of,
)
from appointed_standins.phone.forms import (
    CopyForm,
    EntryForm,
    NewEntryForm,
    ShiftForm,
    filled_in,
    fresh_entry,
)
from appointed_standins.phone.week import look_at_week

DONE = {
    "added": "Added.",
    "saved": "Saved.",
    "moved": "Moved.",
    "copied": "Copied.",
    "deleted": "Deleted.",
}
_Arguments = ParamSpec("_Arguments")
_View = Callable[Concatenate[HttpRequest, Person, _Arguments], HttpResponse]


def everywhere(request: HttpRequest) -> dict[str, Any]:
    """Return what every page shows: the people, where the links lead, what was just done."""
    told = configuration()
    return {"told": told, "done": DONE.get(request.GET.get("done", ""), "")}


def of_a_person(view: _View[_Arguments]) -> Callable[..., HttpResponse]:
    """Hand the person to the view, and show in a sentence what the server did not do."""

    @wraps(view)
    def with_person(
        request: HttpRequest, /, person: str, *rest: _Arguments.args, **named: _Arguments.kwargs
    ) -> HttpResponse:
        found = next((each for each in configuration().people if each.slug == person), None)
        if found is None:
            raise Http404
        try:
            return view(request, found, *rest, **named)
        except (CalDavFault, NotAnEvent) as fault:
            status = 404 if isinstance(fault, Missing) else 409
            context = {"person": found, "fault": fault}
            return render(request, "phone/fault.html", context, status=status)

    return with_person


@require_GET
def phones(_request: HttpRequest) -> HttpResponse:
    """Lead to the first person's phone."""
    return redirect("phone:week", person=configuration().people[0].slug)


@require_GET
@of_a_person
def week(request: HttpRequest, person: Person) -> HttpResponse:
    """Show a week; `part=days` only what changes in it."""
    now = datetime.now(person.zone)
    chosen = _day(request.GET.get("day", ""), now.date())
    shown = look_at_week(person.account, chosen, today=now.date(), zone=person.zone)
    context = {
        "person": person,
        "week": shown,
        "chosen": chosen,
        "today": now.date(),
        "now_minutes": now.hour * 60 + now.minute,
        "hours": range(shown.from_hour, shown.to_hour),
        "earlier": chosen - timedelta(days=7),
        "later": chosen + timedelta(days=7),
    }
    part = request.GET.get("part") == "days"
    return render(request, "phone/days.html" if part else "phone/week.html", context)


@require_GET
def version(_request: HttpRequest, person: str) -> HttpResponse:
    """Say in a word whether anything changed; an open page asks every two seconds."""
    for each in configuration().people:
        if each.slug == person:
            try:
                return JsonResponse({"version": each.account.version()})
            except CalDavFault as fault:
                return JsonResponse({"fault": str(fault)}, status=503)
    raise Http404


@require_http_methods(["GET", "POST"])
@of_a_person
def new(request: HttpRequest, person: Person) -> HttpResponse:
    """Add an event."""
    calendars = person.account.calendars()
    zone = person.zone
    if request.method == "POST":
        form = NewEntryForm(request.POST, zone=zone, calendars=calendars)
        if form.is_valid():
            entry, uid = form.entry(), str(uuid.uuid4())
            person.account.add(
                _calendar(calendars, form.cleaned_data["calendar"]),
                name=f"{uid}.ics",
                text=compose(entry, uid=uid, now=_now()),
            )
            return _back(person, entry.start, "added")
    else:
        today = datetime.now(zone).date()
        fresh = fresh_entry(
            _day(request.GET.get("day", ""), today), _clock(request.GET.get("time", "")), zone
        )
        private = next((each.slug for each in calendars if each.slug == "private"), "")
        held = filled_in(fresh) | {"calendar": private}
        form = NewEntryForm(initial=held, zone=zone, calendars=calendars)
    context = {"person": person, "form": form}
    return render(request, "phone/new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@of_a_person
def event(request: HttpRequest, person: Person, calendar: str, name: str) -> HttpResponse:
    """Show an event and change it."""
    place, resource = _find(person, calendar, name)
    entry = entry_of(resource.text, person.zone)
    if request.method == "POST":
        form = EntryForm(request.POST, zone=person.zone)
        if form.is_valid():
            changed = replace(form.entry(), repeats=entry.repeats)
            seen = replace(resource, version=form.cleaned_data["version"])
            person.account.replace(seen, amend(resource.text, changed, now=_now()))
            return _back(person, changed.start, "saved")
    else:
        held = filled_in(entry) | {"version": resource.version}
        form = EntryForm(initial=held, zone=person.zone)
    tomorrow = filled_in(entry.moved_to(entry.start + timedelta(days=1)))
    context = {
        "person": person,
        "calendar": place,
        "resource": resource,
        "entry": entry,
        "form": form,
        "copy_form": CopyForm(
            initial={"day": tomorrow["start_day"], "time": tomorrow.get("start_time")},
            auto_id="copy_%s",
        ),
    }
    return render(request, "phone/event.html", context, status=422 if form.errors else 200)


@require_POST
@of_a_person
def move(request: HttpRequest, person: Person, calendar: str, name: str) -> HttpResponse:
    """Move an event by days and minutes."""
    form = ShiftForm(request.POST)
    if not form.is_valid():
        return HttpResponse("Say by how much, in days and minutes.", status=422)
    _, resource = _find(person, calendar, name)
    entry = entry_of(resource.text, person.zone)
    moved = entry.moved_to(form.start(entry))
    seen = replace(resource, version=form.cleaned_data["version"])
    person.account.replace(seen, amend(resource.text, moved, now=_now()))
    return _back(person, moved.start, "moved")


@require_POST
@of_a_person
def copy(request: HttpRequest, person: Person, calendar: str, name: str) -> HttpResponse:
    """Put a second event like this one somewhere else."""
    form = CopyForm(request.POST)
    if not form.is_valid():
        return HttpResponse("Say on which day.", status=422)
    place, resource = _find(person, calendar, name)
    entry = entry_of(resource.text, person.zone)
    second = entry.moved_to(form.start(entry, person.zone))
    uid = str(uuid.uuid4())
    text = duplicate(resource.text, second, uid=uid, now=_now())
    person.account.add(place, name=f"{uid}.ics", text=text)
    return _back(person, second.start, "copied")


@require_POST
@of_a_person
def delete(request: HttpRequest, person: Person, calendar: str, name: str) -> HttpResponse:
    """Delete an event."""
    _, resource = _find(person, calendar, name)
    entry = entry_of(resource.text, person.zone)
    seen = replace(resource, version=request.POST.get("version") or resource.version)
    person.account.remove(seen)
    return _back(person, entry.start, "deleted")


def _find(person: Person, calendar: str, name: str) -> tuple[RemoteCalendar, Resource]:
    place = _calendar(person.account.calendars(), calendar)
    return place, person.account.read(f"{place.path.rstrip('/')}/{quote(name, safe='')}")


def _calendar(calendars: tuple[RemoteCalendar, ...], slug: str) -> RemoteCalendar:
    for calendar in calendars:
        if calendar.slug == slug:
            return calendar
    raise Http404


def _back(person: Person, day: date, done: str) -> HttpResponseRedirect:
    place = reverse("phone:week", kwargs={"person": person.slug})
    return HttpResponseRedirect(f"{place}?day={day:%Y-%m-%d}&done={done}")


def _day(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return time(12)


def _now() -> datetime:
    return datetime.now(UTC)
