"""Ways out of the book: a file for any calendar, and a push on request."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from appointed.book.access import Action, Actor, may
from appointed.book.selectors.members import practitioner_pks
from appointed.book.selectors.pages import Paging
from appointed.book.selectors.people import list_practitioners, practice_of
from appointed.scheduling.export import export_appointments
from appointed.sync.facts import all_connections
from appointed.web.pages import show, staff
from appointed.web.views.appointments import chosen
from appointed.web.when import days_from, read_day, today
from appointed.web.words import PROVIDERS

WEEK = 7


@require_safe
@staff
def export(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Download what the book shows as iCalendar."""
    day, days = _range(request, actor)
    start, end = days_from(day, days, practice_of(actor))
    body = export_appointments(
        actor,
        start,
        end=end,
        practitioner=chosen(request.GET.get("who")),
        now=datetime.now(UTC),
    )
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="appointments-{day}.ics"'
    return answer


@require_safe
@staff
def upload(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Offer a plan for each connected calendar of those who are shown."""
    day, days = _range(request, actor)
    who = chosen(request.GET.get("who"))
    pks = practitioner_pks(actor)
    people = [
        one
        for one in list_practitioners(actor, Paging(limit=1000), active=True).items
        if (who is None or one.id == who) and _may_connect(actor, pks[one.id])
    ]
    connections = all_connections(actor) if people else []
    wanted = {one.id for one in people}
    rows = [
        {
            "practitioner_name": one.practitioner_name,
            "provider": PROVIDERS.get(one.provider, one.provider),
            "account": one.account,
            "url": reverse("web:make-plan", args=[one.uuid]),
        }
        for one in connections
        if one.practitioner in wanted
    ]
    connected = {one.practitioner for one in connections}
    context = {
        "title": "Upload to the calendars",
        "day": day,
        "days": days,
        "rows": rows,
        "without": [one.name for one in people if one.id not in connected],
        "who": people[0].name if who and people else "",
    }
    return show(request, actor, "web/book/upload.html", context)


def _range(request: HttpRequest, actor: Actor) -> tuple[date, int]:
    practice = practice_of(actor)
    day = read_day(request.GET.get("date", ""), today(practice))
    if request.GET.get("view") != "week":
        return day, 1
    return day - timedelta(days=(day.weekday() - practice.week_start) % WEEK), WEEK


def _may_connect(actor: Actor, practitioner: int) -> bool:
    return may(actor, Action.CONNECT, practitioner)
