"""The calendars: all connections, and connecting one."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from appointed.book.access import Action, Actor, may, may_for_somebody, require_for_somebody
from appointed.book.errors import Missing
from appointed.book.facts import PractitionerFacts
from appointed.book.selectors.members import practitioner_pks
from appointed.book.selectors.pages import Paging
from appointed.book.selectors.people import list_practitioners
from appointed.providers.registry import ENTRIES
from appointed.sync.errors import Conflict, NotConnected
from appointed.sync.facts import ConnectionFacts, all_connections
from appointed.sync.services.connecting import connect_calendar
from appointed.web.connections import calendar_words, state_line
from appointed.web.forms.calendars import ConnectForm
from appointed.web.pages import go, show, staff
from appointed.web.words import CONNECTION_STATES, PROVIDERS


@require_safe
@staff
def calendars(request: HttpRequest, actor: Actor) -> HttpResponse:
    if not may_for_somebody(actor, Action.CONNECT):
        context = {"title": "Calendars", "refused": True}
        return show(request, actor, "web/calendars/list.html", context)
    connections = all_connections(actor)
    connected = {one.practitioner for one in connections}
    without = [one for one in _people(actor) if one.id not in connected]
    wished = request.GET.get("state", "")
    rows = [_row(actor, one) for one in connections if wished in {"", one.standing.state}]
    context = {
        "title": "Calendars",
        "rows": rows if wished != "not_connected" else [],
        "without": without if wished in {"", "not_connected"} else [],
        "tiles": _tiles(connections, without),
        "wished": wished,
        "any": bool(connections),
    }
    return show(request, actor, "web/calendars/list.html", context)


@require_safe
@staff
def connect(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Choose the kind of calendar."""
    require_for_somebody(actor, Action.CONNECT)
    context = {
        "title": "Connect a calendar",
        "manifests": [entry.manifest for _, entry in sorted(ENTRIES.items())],
        "practitioner": request.GET.get("practitioner", ""),
    }
    return show(request, actor, "web/calendars/connect.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def connect_provider(request: HttpRequest, actor: Actor, provider: str) -> HttpResponse:
    """Sign in to an account; nothing is kept where that fails."""
    require_for_somebody(actor, Action.CONNECT)
    if provider not in ENTRIES:
        raise Missing("kind of calendar")
    start = {"practitioner": request.GET.get("practitioner", "")}
    form = ConnectForm(
        request.POST or None, provider=provider, people=_people(actor), initial=start
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = connect_calendar(
                actor=actor,
                practitioner=UUID(form.cleaned_data["practitioner"]),
                provider=provider,
                credentials=form.credentials(),
            )
        except NotConnected as fault:
            form.add_error(None, f"{fault.message} ({fault.text})" if fault.text else fault.message)
        except Conflict as fault:
            form.add_error(None, fault.message)
        else:
            messages.success(request, "Signed in. Now choose what each calendar is for.")
            return go(request, reverse("web:connection", args=[made]))
    context = {
        "title": f"Connect {form.manifest.label}",
        "form": form,
        "manifest": form.manifest,
    }
    status = 422 if form.errors else 200
    return show(request, actor, "web/calendars/connect_provider.html", context, status=status)


def _people(actor: Actor) -> list[PractitionerFacts]:
    pks = practitioner_pks(actor)
    people = list_practitioners(actor, Paging(limit=1000), active=True).items
    return [one for one in people if may(actor, Action.CONNECT, pks[one.id])]


def _row(actor: Actor, one: ConnectionFacts) -> dict[str, Any]:
    return {
        "one": one,
        "provider": PROVIDERS.get(one.provider, one.provider),
        "state": state_line(one),
        "calendars": calendar_words(actor, one),
    }


def _tiles(
    connections: list[ConnectionFacts], without: list[PractitionerFacts]
) -> list[dict[str, Any]]:
    counts = Counter(one.standing.state for one in connections)
    tiles = [
        {"state": state, "words": words, "tone": tone, "count": counts[state]}
        for state, (words, _, tone) in CONNECTION_STATES.items()
        if counts[state] or state in {"in_step", "needs_sign_in"}
    ]
    return [
        *tiles,
        {
            "state": "not_connected",
            "words": "Not connected",
            "tone": "",
            "count": len(without),
        },
    ]
