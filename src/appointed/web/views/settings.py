"""Settings: the practice, its people and their hours, services, keys."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings as installation
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointed.book.access import Action, Actor, Role, may, require
from appointed.book.errors import Invalid, Missing, Refused, Stale
from appointed.book.selectors.members import MemberFacts, list_api_keys, list_members
from appointed.book.selectors.pages import Paging
from appointed.book.selectors.people import (
    list_practitioners,
    list_services,
    practice_of,
    practitioner_of,
    practitioner_pk_of,
    service_of,
)
from appointed.book.services.catalogue import change_service, create_service
from appointed.book.services.practices import (
    add_user,
    change_practice,
    create_api_key,
    remove_user,
    revoke_api_key,
)
from appointed.book.services.practitioners import change_practitioner
from appointed.book.setup import setup_link
from appointed.web.forms.practice import (
    CLIENT_WORDS,
    HoursForm,
    KeyForm,
    MemberForm,
    PersonForm,
    PracticeForm,
    PractitionerForm,
    ServiceForm,
    chosen_uuid,
    zone_names,
)
from appointed.web.pages import done, enter_faults, show, staff
from appointed.web.people import add_person
from appointed.web.tones import tone_of

EVERYBODY = Paging(limit=1000)
STALE = "Somebody changed this meanwhile. Below is what stands now; make your change again."


@require_safe
@staff
def settings(request: HttpRequest, actor: Actor) -> HttpResponse:
    context = {
        "title": "Settings",
        "sets_up": may(actor, Action.SET_UP),
        "administers": may(actor, Action.ADMINISTER),
    }
    return show(request, actor, "web/settings/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def practice(request: HttpRequest, actor: Actor) -> HttpResponse:
    require(actor, Action.SET_UP)
    known = practice_of(actor)
    start = {field: getattr(known, field) for field in PracticeForm.base_fields}
    form = PracticeForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        changes, version = _changes(form)
        try:
            change_practice(actor=actor, changes=changes, version=version)
        except Invalid as fault:
            enter_faults(form, fault)
        except Stale:
            return _form(request, actor, PracticeForm(initial=start), "Practice", stale=STALE)
        else:
            return done(request, "The practice is changed.", reverse("web:settings"))
    return _form(request, actor, form, "Practice")


# ── people ────────────────────────────────────────────────────────────────────────────────


@require_safe
@staff
def people(request: HttpRequest, actor: Actor) -> HttpResponse:
    administers = may(actor, Action.ADMINISTER)
    rows = [
        {"one": one, "tone": tone_of(one.colour, one.name), "hours": _may_set_hours(actor, one.id)}
        for one in list_practitioners(actor, EVERYBODY).items
    ]
    context = {
        "title": "People",
        "rows": rows,
        "members": list_members(actor) if administers else (),
        "administers": administers,
        "sets_up": may(actor, Action.SET_UP),
    }
    return show(request, actor, "web/settings/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def new_person(request: HttpRequest, actor: Actor) -> HttpResponse:
    require(actor, Action.ADMINISTER)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_person(actor, **form.cleaned_data)
        except Invalid as fault:
            enter_faults(form, fault)
        else:
            name = form.cleaned_data["name"]
            return done(request, f"{name} is added.", reverse("web:people"))
    return _form(request, actor, form, "Add a person")


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def practitioner(request: HttpRequest, actor: Actor, practitioner: UUID) -> HttpResponse:
    require(actor, Action.SET_UP)
    found = practitioner_of(actor, practitioner)
    start = {field: getattr(found, field) for field in PractitionerForm.base_fields}
    form = PractitionerForm(request.POST or None, initial=start)
    title = f"Edit {found.name}"
    if request.method == "POST" and form.is_valid():
        changes, version = _changes(form)
        try:
            change_practitioner(
                actor=actor, practitioner=practitioner, changes=changes, version=version
            )
        except Invalid as fault:
            enter_faults(form, fault)
        except Stale:
            return _form(request, actor, PractitionerForm(initial=start), title, stale=STALE)
        else:
            return done(request, f"{found.name} is changed.", reverse("web:people"))
    return _form(request, actor, form, title)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def hours(request: HttpRequest, actor: Actor, practitioner: UUID) -> HttpResponse:
    found = practitioner_of(actor, practitioner)
    if not _may_set_hours(actor, practitioner):
        raise Refused
    form = HoursForm(request.POST or None, hours=found.hours)
    if request.method == "POST" and form.is_valid():
        try:
            change_practitioner(
                actor=actor, practitioner=practitioner, changes={"hours": form.hours()}
            )
        except Invalid as fault:
            enter_faults(form, fault)
        else:
            return done(request, f"The hours of {found.name} are saved.", reverse("web:people"))
    context = {"title": f"Hours of {found.name}", "form": form}
    return show(
        request, actor, "web/settings/hours.html", context, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def member(request: HttpRequest, actor: Actor, user: UUID) -> HttpResponse:
    require(actor, Action.ADMINISTER)
    found = _member(actor, user)
    start = {field: getattr(found, field) or "" for field in MemberForm.base_fields}
    everybody = list_practitioners(actor, EVERYBODY).items
    form = MemberForm(request.POST or None, initial=start, people=everybody)
    for field in ("name", "email"):
        form.fields[field].disabled = True
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            add_user(
                actor=actor,
                email=found.email,
                name=found.name,
                role=Role(typed["role"]),
                practitioner=chosen_uuid(typed["practitioner"]),
            )
        except Invalid as fault:
            enter_faults(form, fault)
        else:
            return done(request, f"{found.name} is changed.", reverse("web:people"))
    return _form(request, actor, form, f"Role of {found.name}")


@require_POST
@staff
def remove_member(request: HttpRequest, actor: Actor, user: UUID) -> HttpResponse:
    try:
        remove_user(actor=actor, user=user)
    except Invalid as fault:
        messages.error(request, " ".join(fault.fields.values()) or fault.message)
        return done(request, "Nothing was changed.", reverse("web:people"))
    return done(request, "They can no longer sign in to this practice.", reverse("web:people"))


@require_POST
@staff
def invite(request: HttpRequest, actor: Actor, user: UUID) -> HttpResponse:
    """Show the link with which somebody chooses his password, to be handed to him."""
    require(actor, Action.ADMINISTER)
    found = _member(actor, user)
    if found.signs_in:
        raise Refused("This person has a password already.")
    base = installation.APPOINTED_PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
    context = {
        "title": f"Link for {found.name}",
        "member": found,
        "link": f"{base}{setup_link(user)}",
    }
    return show(request, actor, "web/settings/invite.html", context)


# ── services and keys ─────────────────────────────────────────────────────────────────────


@require_safe
@staff
def services(request: HttpRequest, actor: Actor) -> HttpResponse:
    context = {
        "title": "Services",
        "services": list_services(actor, EVERYBODY).items,
        "sets_up": may(actor, Action.SET_UP),
    }
    return show(request, actor, "web/settings/services.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def new_service(request: HttpRequest, actor: Actor) -> HttpResponse:
    require(actor, Action.SET_UP)
    form = ServiceForm(request.POST or None)
    del form.fields["version"]
    if request.method == "POST" and form.is_valid():
        try:
            made = create_service(actor=actor, fields=form.cleaned_data)  # type: ignore[arg-type]  # the form has these fields
        except Invalid as fault:
            enter_faults(form, fault)
        else:
            return done(request, f"{made.name} is offered.", reverse("web:services"))
    return _form(request, actor, form, "New service")


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def service(request: HttpRequest, actor: Actor, service: UUID) -> HttpResponse:
    require(actor, Action.SET_UP)
    found = service_of(actor, service)
    start = {field: getattr(found, field) for field in ServiceForm.base_fields}
    form = ServiceForm(request.POST or None, initial=start)
    title = f"Edit {found.name}"
    if request.method == "POST" and form.is_valid():
        changes, version = _changes(form)
        try:
            change_service(actor=actor, service=service, changes=changes, version=version)
        except Invalid as fault:
            enter_faults(form, fault)
        except Stale:
            return _form(request, actor, ServiceForm(initial=start), title, stale=STALE)
        else:
            return done(request, f"{found.name} is changed.", reverse("web:services"))
    return _form(request, actor, form, title)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def keys(request: HttpRequest, actor: Actor) -> HttpResponse:
    require(actor, Action.ADMINISTER)
    everybody = list_practitioners(actor, EVERYBODY).items
    form = KeyForm(request.POST or None, people=everybody)
    made = ""
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            made = create_api_key(
                practice_id=actor.practice_id,
                actor=actor,
                name=typed["name"],
                role=Role(typed["role"]),
                practitioner=chosen_uuid(typed["practitioner"]),
            )
        except Invalid as fault:
            enter_faults(form, fault)
    context = {"title": "API keys", "form": form, "keys": list_api_keys(actor), "made": made}
    return show(
        request, actor, "web/settings/keys.html", context, status=422 if form.errors else 200
    )


@require_POST
@staff
def revoke_key(request: HttpRequest, actor: Actor, key: UUID) -> HttpResponse:
    revoke_api_key(actor=actor, key=key)
    return done(request, "The key works no longer.", reverse("web:keys"))


def _member(actor: Actor, user: UUID) -> MemberFacts:
    for one in list_members(actor):
        if one.id == user:
            return one
    raise Missing("user")


def _may_set_hours(actor: Actor, practitioner: UUID) -> bool:
    return may(actor, Action.SET_HOURS, practitioner_pk_of(actor, practitioner))


def _changes(form: forms.Form) -> tuple[Any, int | None]:
    changes = dict(form.cleaned_data)
    return changes, changes.pop("version")


def _form(
    request: HttpRequest, actor: Actor, form: forms.Form, title: str, *, stale: str = ""
) -> HttpResponse:
    context = {
        "title": title,
        "form": form,
        "stale": stale,
        "save": "Save",
        "zones": zone_names() if "time_zone" in form.fields else (),
        "client_words": CLIENT_WORDS,
    }
    status = 409 if stale else 422 if form.errors else 200
    return show(request, actor, "web/form_page.html", context, status=status)
