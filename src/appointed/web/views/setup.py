"""The first run: owner, practice, people, hours and services, mail."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.contrib.auth import authenticate, login
from django.forms import BaseFormSet, formset_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from appointed.book.access import Action, Actor, require
from appointed.book.errors import Invalid
from appointed.book.selectors.pages import Paging
from appointed.book.selectors.people import list_practitioners, list_services, practice_of
from appointed.book.services.catalogue import create_service
from appointed.book.services.practices import change_practice
from appointed.book.services.practitioners import change_practitioner
from appointed.book.setup import set_up, setup_is_open
from appointed.web.forms.practice import (
    CLIENT_WORDS,
    HoursForm,
    PersonForm,
    PracticeForm,
    ServiceForm,
    zone_names,
)
from appointed.web.forms.session import OwnerForm
from appointed.web.pages import enter_faults, staff
from appointed.web.people import add_person

STEPS = (
    ("Owner", ""),
    ("Practice", "web:setup-practice"),
    ("People", "web:setup-people"),
    ("Hours and services", "web:setup-hours"),
    ("Mail", "web:setup-mail"),
)
FIRST_NAME = "My practice"
ROWS_OF_PEOPLE = 4
PersonRows = formset_factory(PersonForm, extra=ROWS_OF_PEOPLE)


@require_http_methods(["GET", "HEAD", "POST"])
def owner(request: HttpRequest) -> HttpResponse:
    if not setup_is_open():
        return redirect("web:book")
    form = OwnerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            set_up(**typed, practice_name=FIRST_NAME, practice={})
        except Invalid as fault:
            enter_faults(form, fault)
        else:
            user = authenticate(request, username=typed["email"], password=typed["password"])
            if user is not None:
                login(request, user)
            return redirect("web:setup-practice")
    return _show(request, 1, {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def practice(request: HttpRequest, actor: Actor) -> HttpResponse:
    require(actor, Action.SET_UP)
    known = practice_of(actor)
    name = "" if known.name == FIRST_NAME else known.name
    start = {field: getattr(known, field) for field in PracticeForm.base_fields} | {"name": name}
    form = PracticeForm(request.POST or None, initial=start)
    del form.fields["version"]
    if request.method == "POST" and form.is_valid():
        try:
            change_practice(actor=actor, changes=form.cleaned_data)  # type: ignore[arg-type]  # the form has these fields
        except Invalid as fault:
            enter_faults(form, fault)
        else:
            return redirect("web:setup-people")
    context = {"form": form, "zones": zone_names(), "client_words": CLIENT_WORDS}
    return _show(request, 2, context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def people(request: HttpRequest, actor: Actor) -> HttpResponse:
    require(actor, Action.ADMINISTER)
    rows = PersonRows(request.POST or None, prefix="people", form_kwargs={"label_suffix": ""})
    if request.method == "POST" and rows.is_valid() and _keep_people(actor, rows):
        return redirect("web:setup-hours")
    there = list_practitioners(actor, Paging()).items
    return _show(request, 3, {"rows": rows, "there": there}, status=_status(rows))


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def hours(request: HttpRequest, actor: Actor) -> HttpResponse:
    require(actor, Action.SET_UP)
    times = HoursForm(request.POST or None, prefix="hours")
    service = ServiceForm(request.POST or None, prefix="service", initial={"name": "Consultation"})
    del service.fields["version"]
    if request.method == "POST" and times.is_valid() and service.is_valid():
        for one in list_practitioners(actor, Paging(limit=1000)).items:
            change_practitioner(actor=actor, practitioner=one.id, changes={"hours": times.hours()})
        if service.cleaned_data["name"] not in _names_of_services(actor):
            create_service(actor=actor, fields=service.cleaned_data)  # type: ignore[arg-type]  # the form has these fields
        return redirect("web:setup-mail")
    bad = bool(times.errors or service.errors)
    context = {"times": times, "form": service}
    return _show(request, 4, context, status=422 if bad else 200)


@require_safe
@staff
def mail(request: HttpRequest, actor: Actor) -> HttpResponse:
    require(actor, Action.SET_UP)
    return _show(request, 5, {"sends": bool(settings.APPOINTED_EMAIL_URL)})


def _show(
    request: HttpRequest, number: int, context: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    title, _ = STEPS[number - 1]
    after = STEPS[number][1] if number < len(STEPS) else "web:book"
    before = STEPS[number - 2][1] if number > 1 else ""
    frame = {
        "title": title,
        "number": number,
        "steps": [name for name, _ in STEPS],
        "later": reverse(after) if number > 1 else "",
        "back": reverse(before) if before else "",
    }
    template = f"web/setup/{number}.html"
    return render(request, template, {**frame, **context}, status=status)


def _keep_people(actor: Actor, rows: BaseFormSet[PersonForm]) -> bool:
    typed = [row for row in rows if row.has_changed() and row.cleaned_data.get("name")]
    addresses = [row.cleaned_data["email"].lower() for row in typed if row.cleaned_data["email"]]
    for row in typed:
        address = row.cleaned_data["email"]
        if address and addresses.count(address.lower()) > 1:
            row.add_error("email", f"Two people have the address {address}. Each needs an own one.")
    if any(row.errors for row in typed):
        return False
    for row in typed:
        try:
            add_person(actor, **row.cleaned_data)
        except Invalid as fault:
            enter_faults(row, fault)
    return not any(row.errors for row in typed)


def _names_of_services(actor: Actor) -> set[str]:
    return {one.name for one in list_services(actor, Paging(limit=1000)).items}


def _status(rows: BaseFormSet[PersonForm]) -> int:
    return 422 if rows.is_bound and any(row.errors for row in rows) else 200
