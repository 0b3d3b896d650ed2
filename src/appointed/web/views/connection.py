"""One connection: its calendars, settings, checks, plans and runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from time import sleep
from typing import Any, TypeVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointed.book.access import Actor
from appointed.book.errors import BookError, Invalid, Missing
from appointed.book.selectors.people import practice_of
from appointed.scheduling.engine import book_engine
from appointed.sync.engine import Busy
from appointed.sync.errors import Conflict, NotConnected, NotNow
from appointed.sync.facts import (
    CalendarRow,
    calendars_of,
    one_connection,
    one_run,
    plan_facts,
)
from appointed.sync.selectors_waiting import waiting_appointments
from appointed.sync.services import choosing, connecting, running
from appointed.sync.services.connecting import Outcome
from appointed.sync.services.finding import run_for
from appointed.web.connections import state_line
from appointed.web.forms.calendars import PasswordForm, SettingsForm, typed_from
from appointed.web.pages import done, enter_faults, go, show, staff
from appointed.web.when import clock, days_from, read_day, read_moment, said_at, today
from appointed.web.words import ACTIONS, PROVIDERS, RUN_ERRORS, RUN_STATES

FAULTS = (Conflict, NotNow, NotConnected, Invalid)
PATIENCE_SECONDS = 20
Asked = TypeVar("Asked")
MARKS = ("check_conflicts", "pull", "push")


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def connection(request: HttpRequest, actor: Actor, connection: UUID) -> HttpResponse:
    found = one_connection(actor, connection)
    form = SettingsForm(request.POST or None, initial=typed_from(found.settings))
    if request.method == "POST" and form.is_valid():
        try:
            choosing.change_settings(actor=actor, connection=connection, changes=form.changes())
        except Invalid as fault:
            enter_faults(form, fault)
        else:
            messages.success(request, "Saved.")
            return redirect("web:connection", connection)
    context = {
        "title": f"{found.practitioner_name}: {PROVIDERS.get(found.provider, found.provider)}",
        "one": found,
        "state": state_line(found),
        "calendars": calendars_of(actor, connection),
        "form": form,
        "paused": not found.sync_on,
    }
    status = 422 if form.errors else 200
    return show(request, actor, "web/calendars/connection.html", context, status=status)


@require_POST
@staff
def marks(request: HttpRequest, actor: Actor, connection: UUID) -> HttpResponse:
    """Set what each calendar is for; a name makes a new one for bookings first."""
    try:
        target = _target(request, actor, connection)
        rows = sorted(calendars_of(actor, connection), key=lambda row: str(row.uuid) == target)
        for row in rows:  # the new target last: the mark has to be free
            _mark(request, actor, connection, row, push=str(row.uuid) == target)
    except FAULTS as fault:
        messages.error(request, _sentence(fault))
    else:
        messages.success(request, "The calendars are chosen.")
    return redirect("web:connection", connection)


@require_POST
@staff
def act(request: HttpRequest, actor: Actor, connection: UUID, what: str) -> HttpResponse:
    """Carry out one of the buttons of the page."""
    found = one_connection(actor, connection)
    try:
        match what:
            case "test-credentials":
                outcome = connecting.try_credentials(actor=actor, connection=connection)
                _tell(request, actor, outcome, "Test credentials")
            case "check-calendar":
                outcome = choosing.check_calendar(actor=actor, connection=connection)
                _tell(request, actor, outcome, "Calendar accessible")
            case "pause":
                choosing.pause(actor=actor, connection=connection)
                messages.success(request, "Paused. Links are kept.")
            case "resume":
                choosing.resume(actor=actor, connection=connection)
                messages.success(request, "Sync is on.")
            case "sync":
                run = running.sync_now(actor=actor, connection=connection, engine=book_engine())
                return redirect("web:run", run.uuid)
            case "full-refresh":
                run = running.full_refresh(actor=actor, connection=connection)
                return redirect("web:run", run.uuid)
            case _:
                raise Missing("button")
    except FAULTS as fault:
        messages.error(request, _sentence(fault))
    return redirect("web:connection", found.uuid)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def password(request: HttpRequest, actor: Actor, connection: UUID) -> HttpResponse:
    """Change the password, for the same account only."""
    found = one_connection(actor, connection)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            connecting.change_credentials(
                actor=actor, connection=connection, password=form.cleaned_data["password"]
            )
        except FAULTS as fault:
            form.add_error(None, _sentence(fault))
        else:
            to = reverse("web:connection", args=[connection])
            return done(request, "The new password works and is kept.", to)
    context = {"title": f"Password of {found.account}", "form": form, "save": "Save"}
    return show(request, actor, "web/form_page.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def disconnect(request: HttpRequest, actor: Actor, connection: UUID) -> HttpResponse:
    """End a connection, keeping or removing what we wrote."""
    found = one_connection(actor, connection)
    if request.method == "POST":
        remove = request.POST.get("events") == "remove"
        connecting.disconnect(actor=actor, connection=connection, remove=remove)
        messages.success(request, "Disconnected.")
        return go(request, reverse("web:calendars"))
    context = {"title": f"Disconnect {found.practitioner_name}", "one": found}
    return show(request, actor, "web/calendars/disconnect.html", context)


@require_POST
@staff
def make_plan(request: HttpRequest, actor: Actor, connection: UUID) -> HttpResponse:
    """Look at the calendar and show what would be done; nothing is written."""
    start, end = _range(request, actor)
    try:
        kept = _patiently(
            lambda: running.plan(
                actor=actor, connection=connection, start=start, end=end, engine=book_engine()
            )
        )
    except FAULTS as fault:
        messages.error(request, _sentence(fault))
        return redirect("web:connection", connection)
    return redirect("web:plan", kept.uuid)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def plan(request: HttpRequest, actor: Actor, run: UUID) -> HttpResponse:
    """Show a plan, and carry out exactly it."""
    shown = plan_facts(run_for(actor, run))
    owner = one_run(actor, run).connection
    if request.method == "POST":
        try:
            _patiently(
                lambda: running.sync_now(
                    actor=actor, connection=owner, engine=book_engine(), plan_id=shown.uuid
                )
            )
        except FAULTS as fault:
            messages.error(request, _sentence(fault))
            return redirect("web:connection", owner)
        return redirect("web:run", run)
    context = {
        "title": "Preview",
        "one": one_connection(actor, owner),
        "plan": shown,
        "counts": _counts(shown.counts),
        "rows": [_operation(actor, one) for one in shown.operations],
    }
    return show(request, actor, "web/calendars/plan.html", context)


@require_safe
@staff
def run(request: HttpRequest, actor: Actor, run: UUID) -> HttpResponse:
    """Show how far a run is."""
    found = one_run(actor, run)
    words, icon, tone = RUN_STATES.get(found.state, (found.state, "circle", ""))
    context = {
        "title": "Progress",
        "run": found,
        "one": one_connection(actor, found.connection),
        "words": words,
        "icon": icon,
        "tone": tone,
        "error": RUN_ERRORS.get(found.error, found.error),
        "over": found.state in {"done", "failed", "suspended"},
        "counts": _counts(found.counts),
    }
    return show(request, actor, "web/calendars/run.html", context)


@require_safe
@staff
def waiting(request: HttpRequest, actor: Actor, connection: UUID) -> HttpResponse:
    """Show what has not reached the calendar yet."""
    found = one_connection(actor, connection)
    context = {
        "title": f"Waiting for {found.practitioner_name}'s calendar",
        "one": found,
        "entries": waiting_appointments(actor, connection),
    }
    return show(request, actor, "web/calendars/waiting.html", context)


def _patiently(ask: Callable[[], Asked]) -> Asked:
    """Return what `ask` returns; a run that is just under way is waited for, for a while."""
    for _ in range(PATIENCE_SECONDS):
        try:
            return ask()
        except NotNow as fault:
            if not isinstance(fault.__cause__, Busy):
                raise
            sleep(1)
    return ask()


def _target(request: HttpRequest, actor: Actor, connection: UUID) -> str:
    wished = request.POST.get("push", "")
    if wished != "new":
        return wished
    name = request.POST.get("new_name", "")
    made = choosing.make_calendar(actor=actor, connection=connection, name=name)
    return str(made.uuid)


def _mark(
    request: HttpRequest, actor: Actor, connection: UUID, row: CalendarRow, *, push: bool
) -> None:
    wanted = {
        "check_conflicts": f"check-{row.uuid}" in request.POST,
        "pull": f"pull-{row.uuid}" in request.POST,
        "push": push,
    }
    changed = {name: wanted[name] for name in MARKS if wanted[name] != getattr(row, name)}
    if changed:
        choosing.choose_calendar(
            actor=actor, connection=connection, calendar=row.uuid, marks=changed
        )


def _tell(request: HttpRequest, actor: Actor, outcome: Outcome, what: str) -> None:
    if outcome.ok:
        at = clock(datetime.now(UTC), practice_of(actor))
        messages.success(request, f"{what} (Succeeded {at})")
    else:
        code = f" ({outcome.code})" if outcome.code else ""
        messages.error(request, f"{what}: {outcome.message}{code}")


def _sentence(fault: BookError) -> str:
    if isinstance(fault, Invalid) and fault.fields:
        return " ".join(fault.fields.values())
    return fault.message


def _range(request: HttpRequest, actor: Actor) -> tuple[datetime | None, datetime | None]:
    practice = practice_of(actor)
    if not request.POST.get("from"):
        return None, None
    days = request.POST.get("days", "1")
    day = read_day(request.POST["from"], today(practice))
    return days_from(day, int(days) if days in {"1", "7"} else 1, practice)


def _counts(counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {"words": words, "icon": icon, "count": counts.get(action, 0)}
        for action, (words, icon) in ACTIONS.items()
        if counts.get(action) or action in {"create", "update", "delete"}
    ]


def _operation(actor: Actor, one: dict[str, Any]) -> dict[str, Any]:
    practice = practice_of(actor)
    words, icon = ACTIONS.get(one["action"], (one["action"], "circle"))

    def said(time: dict[str, str] | None) -> str:
        moment = read_moment(time["start"], practice) if time else None
        return said_at(moment, practice) if moment else ""

    return {
        "words": words,
        "icon": icon,
        "title": one["title"],
        "calendar": one["calendar"],
        "before": said(one["before"]),
        "after": said(one["after"]),
    }
