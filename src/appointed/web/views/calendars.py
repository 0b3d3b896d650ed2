"""The calendars: all connections, connecting one, its settings, its plans."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from appointed.book.access import Actor
from appointed.web.pages import show, staff


@require_safe
@staff
def calendars(request: HttpRequest, actor: Actor) -> HttpResponse:
    return show(request, actor, "web/calendars/list.html", {"title": "Calendars"})


@require_safe
@staff
def connect(request: HttpRequest, actor: Actor) -> HttpResponse:
    return show(request, actor, "web/calendars/list.html", {"title": "Connect a calendar"})


@require_safe
@staff
def plan(request: HttpRequest, actor: Actor, connection: UUID) -> HttpResponse:  # noqa: ARG001
    return show(request, actor, "web/calendars/list.html", {"title": "Plan"})
