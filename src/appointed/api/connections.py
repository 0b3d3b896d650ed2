"""`/connections` and `/runs`: what keeps calendars in step."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from appointed.api.connection_shapes import (
    CalendarIn,
    CalendarOut,
    ConnectionIn,
    ConnectionOut,
    CredentialsIn,
    MarksIn,
    OutcomeOut,
    PlanIn,
    PlanOut,
    RunAsked,
    RunOut,
    SettingsShape,
    SyncIn,
    TryIn,
    calendar_out,
    connection_out,
    outcome_out,
    run_out,
    settings_out,
)
from appointed.api.inputs import REPEATABLE, PageIn, actor_of, edge, fields_of, once
from appointed.api.outputs import READ, WRITE, ListOut, list_out
from appointed.book.selectors.pages import page_of_all
from appointed.scheduling.engine import book_engine
from appointed.sync import facts
from appointed.sync.services import choosing, connecting, running

router = Router(tags=["Connections"])
runs = Router(tags=["Runs"])


@router.post("", response={201: ConnectionOut, **WRITE}, openapi_extra=REPEATABLE)
def add_connection(request: HttpRequest, body: ConnectionIn) -> Any:
    """Connect a practitioner's calendar account; nothing is kept unless signing in succeeded."""
    actor = actor_of(request)
    made = once(
        request,
        lambda: connecting.connect_calendar(
            actor=actor,
            practitioner=body.practitioner,
            provider=body.provider,
            credentials={"url": body.url, "username": body.username, "password": body.password},
        ),
    )
    return Status(201, connection_out(facts.one_connection(actor, made)))


@router.get("", response={200: ListOut[ConnectionOut], **READ})
def get_connections(request: HttpRequest, page: Query[PageIn]) -> Any:
    found = facts.all_connections(actor_of(request))
    return list_out(page_of_all(found, page.paging()).of(connection_out))


@router.get("/{uuid:connection}", response={200: ConnectionOut, **READ})
def get_connection(request: HttpRequest, connection: UUID) -> Any:
    return connection_out(facts.one_connection(actor_of(request), connection))


@router.delete("/{uuid:connection}", response={204: None, **WRITE})
def delete_connection(
    request: HttpRequest, connection: UUID, events: Literal["keep", "remove"] = "keep"
) -> Any:
    """End a connection; `remove` takes away what Appointed wrote, and only that."""
    connecting.disconnect(actor=actor_of(request), connection=connection, remove=events == "remove")
    return Status(204, None)


@router.post("/{uuid:connection}/credentials", response={200: ConnectionOut, **WRITE})
def post_credentials(request: HttpRequest, connection: UUID, body: CredentialsIn) -> Any:
    """Replace the password, for the same account only."""
    actor = actor_of(request)
    connecting.change_credentials(actor=actor, connection=connection, password=body.password)
    return connection_out(facts.one_connection(actor, connection))


@router.post("/{uuid:connection}/test-credentials", response={200: OutcomeOut, **WRITE})
def post_test_credentials(request: HttpRequest, connection: UUID, body: TryIn | None = None) -> Any:
    """Sign in once more, with another password if one is sent; kept only where it works."""
    outcome = connecting.try_credentials(
        actor=actor_of(request),
        connection=connection,
        password=None if body is None else body.password,
    )
    return outcome_out(outcome)


@router.post("/{uuid:connection}/check-calendar", response={200: OutcomeOut, **WRITE})
def post_check_calendar(request: HttpRequest, connection: UUID) -> Any:
    """Ask whether the chosen calendars can be read and, where bookings go, written."""
    return outcome_out(choosing.check_calendar(actor=actor_of(request), connection=connection))


@router.get("/{uuid:connection}/calendars", response={200: ListOut[CalendarOut], **READ})
def get_calendars(request: HttpRequest, connection: UUID, page: Query[PageIn]) -> Any:
    found = facts.calendars_of(actor_of(request), connection)
    return list_out(page_of_all(found, page.paging()).of(calendar_out))


@router.post("/{uuid:connection}/calendars", response={201: CalendarOut, **WRITE})
def post_calendar(request: HttpRequest, connection: UUID, body: CalendarIn) -> Any:
    """Make a new, dedicated calendar at the provider."""
    made = choosing.make_calendar(actor=actor_of(request), connection=connection, name=body.name)
    return Status(201, calendar_out(facts.calendar_row(made, None)))


@router.patch("/{uuid:connection}/calendars/{uuid:calendar}", response={200: CalendarOut, **WRITE})
def patch_calendar(request: HttpRequest, connection: UUID, calendar: UUID, body: MarksIn) -> Any:
    """Choose what a calendar is for; one push calendar a practitioner over all connections."""
    choice = choosing.choose_calendar(
        actor=actor_of(request),
        connection=connection,
        calendar=calendar,
        marks=fields_of(body),
    )
    return calendar_out(facts.calendar_row(choice.calendar, choice))


@router.get("/{uuid:connection}/settings", response={200: SettingsShape, **READ})
def get_settings(request: HttpRequest, connection: UUID) -> Any:
    return settings_out(facts.one_connection(actor_of(request), connection).settings)


@router.patch("/{uuid:connection}/settings", response={200: SettingsShape, **WRITE})
def patch_settings(request: HttpRequest, connection: UUID, body: SettingsShape) -> Any:
    """Change settings; nested ones are merged. What follows from it is planned anew."""
    return settings_out(
        choosing.change_settings(
            actor=actor_of(request), connection=connection, changes=fields_of(body)
        )
    )


@router.post("/{uuid:connection}/plan", response={200: PlanOut, **WRITE})
def post_plan(request: HttpRequest, connection: UUID, body: PlanIn | None = None) -> Any:
    """Look now and answer what would be done; nothing is written."""
    actor = actor_of(request)
    start, end = _range(facts.zone_of(actor, connection), body)
    kept = running.plan(
        actor=actor, connection=connection, start=start, end=end, engine=book_engine()
    )
    shown = facts.plan_facts(kept)
    return {"id": shown.uuid, "counts": shown.counts, "operations": shown.operations}


@router.post("/{uuid:connection}/sync", response={202: RunAsked, **WRITE})
def post_sync(request: HttpRequest, connection: UUID, body: SyncIn | None = None) -> Any:
    """Ask for a run now; with a plan exactly that plan is carried out, or nothing is."""
    run = running.sync_now(
        actor=actor_of(request),
        connection=connection,
        engine=book_engine(),
        plan_id=None if body is None else body.plan,
    )
    return Status(202, {"run": run.uuid})


@router.post("/{uuid:connection}/full-refresh", response={202: RunAsked, **WRITE})
def post_full_refresh(request: HttpRequest, connection: UUID) -> Any:
    """Have everything read and planned anew; foreign events are never touched."""
    run = running.full_refresh(actor=actor_of(request), connection=connection)
    return Status(202, {"run": run.uuid})


@router.post("/{uuid:connection}/pause", response={200: ConnectionOut, **WRITE})
def post_pause(request: HttpRequest, connection: UUID) -> Any:
    actor = actor_of(request)
    choosing.pause(actor=actor, connection=connection)
    return connection_out(facts.one_connection(actor, connection))


@router.post("/{uuid:connection}/resume", response={200: ConnectionOut, **WRITE})
def post_resume(request: HttpRequest, connection: UUID) -> Any:
    actor = actor_of(request)
    choosing.resume(actor=actor, connection=connection)
    return connection_out(facts.one_connection(actor, connection))


@runs.get("/{uuid:run}", response={200: RunOut, **READ})
def get_run(request: HttpRequest, run: UUID) -> Any:
    return run_out(facts.one_run(actor_of(request), run))


def _range(zone: str, body: PlanIn | None) -> tuple[datetime | None, datetime | None]:
    if body is None:
        return None, None
    start = None if body.from_ is None else edge(body.from_, "from", zone)
    end = None if body.to is None else edge(body.to, "to", zone)
    return start, end
