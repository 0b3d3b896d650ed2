"""Clients: found while typing, kept, changed, and what they had."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from appointed.book.access import Action, Actor, require_for_somebody
from appointed.book.errors import Invalid, Stale
from appointed.book.selectors.appointments import list_appointments
from appointed.book.selectors.pages import Paging
from appointed.book.selectors.people import client_of, list_clients, practice_of
from appointed.book.services.clients import change_client, create_client
from appointed.web.forms.clients import ClientForm
from appointed.web.frame import may_book
from appointed.web.pages import done, enter_faults, show, staff

SHOWN = 50
FOUND = 8
SHOWN_TIMES = 200
STALE = "Somebody changed this client meanwhile. Below is what stands now; make your change again."


@require_safe
@staff
def clients(request: HttpRequest, actor: Actor) -> HttpResponse:
    search = request.GET.get("q", "")[:200]
    page = list_clients(
        actor, Paging(limit=SHOWN, cursor=request.GET.get("cursor", "")), search=search
    )
    word = practice_of(actor).client_word
    context = {
        "title": f"{word.capitalize()}s",
        "word": word,
        "clients": page.items,
        "next": page.next,
        "q": search,
        "may_book": may_book(actor),
    }
    return show(request, actor, "web/clients/list.html", context)


@require_safe
@staff
def client(request: HttpRequest, actor: Actor, client: UUID) -> HttpResponse:
    found = client_of(actor, client)
    times = list_appointments(actor, Paging(limit=SHOWN_TIMES), client=client, cancelled=True)
    context = {
        "title": found.name,
        "client": found,
        "times": tuple(reversed(times.items)),
        "may_book": may_book(actor),
    }
    return show(request, actor, "web/clients/one.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def new_client(request: HttpRequest, actor: Actor) -> HttpResponse:
    require_for_somebody(actor, Action.BOOK)
    form = ClientForm(request.POST or None, initial={"name": request.GET.get("name", "")})
    del form.fields["version"]
    if request.method == "POST" and form.is_valid():
        try:
            made = create_client(actor=actor, fields=form.cleaned_data)  # type: ignore[arg-type]  # the form has these fields
        except Invalid as fault:
            enter_faults(form, fault)
        else:
            return done(request, f"{made.name} is kept.", reverse("web:client", args=[made.id]))
    return _form(request, actor, form, f"New {practice_of(actor).client_word}")


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def edit_client(request: HttpRequest, actor: Actor, client: UUID) -> HttpResponse:
    require_for_somebody(actor, Action.BOOK)
    found = client_of(actor, client)
    start = {field: getattr(found, field) for field in ClientForm.base_fields}
    form = ClientForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        changes = dict(form.cleaned_data)
        version = changes.pop("version")
        try:
            kept = change_client(actor=actor, client=client, changes=changes, version=version)  # type: ignore[arg-type]  # the form has these fields
        except Invalid as fault:
            enter_faults(form, fault)
        except Stale:
            form = ClientForm(initial=start)
            return _form(request, actor, form, f"Edit {found.name}", stale=STALE)
        else:
            return done(request, f"{kept.name} is changed.", reverse("web:client", args=[client]))
    return _form(request, actor, form, f"Edit {found.name}")


@require_safe
@staff
def pick_client(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Return who fits what is being typed, as choices of the form."""
    search = request.GET.get("q", "")[:200].strip()
    found = list_clients(actor, Paging(limit=FOUND), search=search).items if search else ()
    context = {"found": found, "q": search, "title": ""}
    return show(request, actor, "web/book/pick.html", context)


def _form(
    request: HttpRequest, actor: Actor, form: ClientForm, title: str, *, stale: str = ""
) -> HttpResponse:
    context = {"title": title, "form": form, "stale": stale, "save": "Save"}
    status = 409 if stale else 422 if form.errors else 200
    return show(request, actor, "web/form_page.html", context, status=status)
