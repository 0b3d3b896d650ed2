"""How a view becomes a page: who asks, the frame around it, the same form as page or as dialog."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from appointed.book.access import Actor
from appointed.book.errors import BookError, Invalid, Missing, Refused
from appointed.book.selectors.people import actor_of_user, practice_of
from appointed.web.frame import look_around, menu_for
from appointed.web.versions import practice_version

P = ParamSpec("P")
StaffView = Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]


def staff(view: StaffView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Call `view` with who asks; without a sign-in go there, without a right say so."""

    @login_required
    @wraps(view)
    def page(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        actor = actor_of_user(request.user.pk) if request.user.pk is not None else None
        if actor is None:
            return render(request, "web/no_practice.html", {"title": "No practice"}, status=403)
        try:
            answer = view(request, actor, *args, **kwargs)
        except (Refused, Missing) as fault:
            answer = show_fault(request, actor, fault)
        patch_vary_headers(answer, ["X-Sheet", "Accept"])
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    return page  # type: ignore[return-value]  # `wraps` gives the argument a name


def show(
    request: HttpRequest,
    actor: Actor,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Return the page with the frame around it, or bare where it becomes a dialog."""
    sheet = wants_sheet(request)
    inside = {
        "layout": "web/sheet.html" if sheet else "web/base.html",
        "actor": actor,
        "practice": practice_of(actor),
        **(context or {}),
    }
    if not sheet:
        inside.setdefault("version", practice_version(actor.practice_id))
        status_of, banners = look_around(actor)
        inside |= {"menu": menu_for(request.path), "status": status_of, "banners": banners}
    return render(request, template, inside, status=status)


def show_fault(request: HttpRequest, actor: Actor, fault: BookError) -> HttpResponse:
    """Return what happened and what to do, as a page or as JSON."""
    status = 403 if isinstance(fault, Refused) else 404
    if wants_json(request):
        return JsonResponse({"message": fault.message}, status=status)
    return show(
        request, actor, "web/fault.html", {"title": "Not possible", "fault": fault}, status=status
    )


def wants_sheet(request: HttpRequest) -> bool:
    """Say whether the answer becomes a dialog on the page that asks."""
    return request.headers.get("X-Sheet") == "1"


def wants_json(request: HttpRequest) -> bool:
    """Say whether a script of ours asks."""
    return request.headers.get("Accept") == "application/json"


def done(
    request: HttpRequest,
    say: str,
    to: str,
    *,
    undo: Mapping[str, Any] | None = None,
    day: date | None = None,
) -> HttpResponse:
    """Answer a form that was carried out: a script says it in place, a browser goes on to `to`."""
    if wants_sheet(request) or wants_json(request):
        told: dict[str, Any] = {"say": say, "undo": undo}
        if day is not None:
            told["date"] = day.isoformat()
        return JsonResponse(told)
    messages.success(request, say)
    return HttpResponseRedirect(to)


def go(request: HttpRequest, to: str) -> HttpResponse:
    """Go on to another page, also out of a dialog."""
    if wants_sheet(request):
        return JsonResponse({"go": to})
    return HttpResponseRedirect(to)


def enter_faults(form: forms.Form, fault: Invalid) -> None:
    """Write what a service refused beside the fields; what has no field goes to the top."""
    for field, sentence in fault.fields.items():
        form.add_error(field if field in form.fields else None, sentence)
    if not fault.fields:
        form.add_error(None, fault.message)
