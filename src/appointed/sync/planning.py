"""Planning for a connection: what the book wants beside what we know, as steps of the core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from appointed.book.models import Appointment, Change, Occurrence
from appointed.core.events import Content
from appointed.core.keys import Item
from appointed.core.links import WITHOUT_EVENT, Link
from appointed.core.planning import decide
from appointed.core.settling import put_back
from appointed.core.steps import (
    Absent,
    Create,
    Note,
    Nothing,
    Policy,
    Remove,
    Signal,
    Stand,
    Step,
    Update,
    Wanted,
    Why,
)
from appointed.providers.port import CalendarProvider
from appointed.sync import models, rows
from appointed.sync.wanted import Pushing, appointments_in, pushing_of, wanted_by_appointment


@dataclass(frozen=True, slots=True)
class Planned:
    """One item of a plan: the appointment, what is wanted, the link's row, and the step."""

    appointment_id: int
    appointment: UUID
    wanted: Wanted
    row: models.Link | None
    step: Step
    ours: bool = True
    """Whether this account's run may touch the link and its changes."""
    changes: tuple[int, ...] = ()
    """The changes that this plan has taken into account: consumed with its first commit."""


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans one practitioner's items that concern one account.

    `pushing` says what his push calendar wants, in whichever account that is; of links to
    another account's calendars only that account's run may touch the events.
    """

    connection: models.Connection
    account_id: int
    pushing: Pushing
    policy: Policy
    provider: CalendarProvider
    now: datetime
    at_home: bool
    """Whether the push calendar is one of this account."""

    def touched(self) -> set[int]:
        """Return the appointments whose change was not consumed or whose link is due."""
        due = self._links().filter(due_at__lte=self.now)
        touched = set(due.values_list("appointment_id", flat=True))
        if self.at_home:  # elsewhere they are the business of that account's run
            changes = Change.objects.filter(practitioner=self.pushing.practitioner)
            touched.update(changes.values_list("appointment_id", flat=True))
        return touched

    def everything(self) -> set[int]:
        """Return the appointments in the window, all that have a link, and the touched ones."""
        linked = self._links().values_list("appointment_id", flat=True)
        return {*appointments_in(self.pushing), *linked, *self.touched()}

    def within(self, start: datetime | None, end: datetime | None) -> set[int]:
        """Return everything, or what of it has a time between the two instants."""
        everything = self.everything()
        if start is None and end is None:
            return everything
        times = Occurrence.objects.filter(
            practitioner=self.pushing.practitioner, appointment__in=everything
        )
        if start is not None:
            times = times.filter(during__endswith__gt=start)
        if end is not None:
            times = times.filter(during__startswith__lt=end)
        return {pk for pk in times.values_list("appointment_id", flat=True) if pk}

    def edges_are_due(self) -> bool:
        """Say whether the window has moved since it was last planned as a whole."""
        return bool(self.connection.replan) or self.connection.planned_day != self.today()

    def today(self) -> date:
        """Return the practitioner's day."""
        return self.now.astimezone(ZoneInfo(self.pushing.practitioner.time_zone)).date()

    def plan(self, appointment_ids: Iterable[int]) -> list[Planned]:
        """Return a step for each appointment, those without a step included; writes nothing."""
        ids = list(appointment_ids)
        changes = self._changes(ids)  # before the book is read: what comes later is not consumed
        wanted = wanted_by_appointment(self.pushing, ids)
        links = {row.appointment_id: row for row in self._all_links().filter(appointment__in=ids)}
        uuids = dict(Appointment.objects.filter(pk__in=ids).values_list("pk", "uuid"))
        return sorted(
            (
                self._planned(
                    Planned(
                        pk,
                        uuid,
                        self._normalised(wanted.get(pk, Absent(Why.HANDED_OVER))),
                        links.get(pk),
                        Nothing(Why.IN_STEP),
                        changes=tuple(changes.get(pk, ())),
                    )
                )
                for pk, uuid in uuids.items()
            ),
            key=_order,
        )

    def plan_removal(self) -> list[Planned]:
        """Return the removal of every event of ours that stands in this account."""
        items = (
            Planned(
                row.appointment_id,
                row.appointment.uuid,
                Absent(Why.NO_PUSH),
                row,
                Nothing(Why.NO_PUSH),
            )
            for row in self._links().exclude(state__in=WITHOUT_EVENT).order_by("pk")
        )
        return [self._planned(item) for item in items]

    def again(self, planned: Planned, row: models.Link) -> Planned:
        """Return the next step of an item after its link's row has changed."""
        return self._planned(replace(planned, row=row))

    def _planned(self, item: Planned) -> Planned:
        elsewhere = not self.at_home if item.row is None else self._is_elsewhere(item.row)
        if elsewhere:
            return replace(item, step=Nothing(Why.ANOTHER_CALENDAR), ours=False)
        link = None if item.row is None else rows.link_of(item.row)
        if item.row is not None and self._is_left_behind(item.row, item.wanted):
            step: Step = Note(put_back(rows.link_of(item.row)), Why.ANOTHER_CALENDAR)
        else:
            step = self._decided(item, link)
        if isinstance(step, Note) and step.link is not None:
            following = self._decided(item, step.link)
            if isinstance(following, Create | Update | Remove):
                step = following  # a plan shows what would be written, not the word before it
        return replace(item, step=step)

    def _decided(self, item: Planned, link: Link | None) -> Step:
        return decide(
            item=Item(self.pushing.practitioner.uuid, item.appointment),
            wanted=item.wanted,
            link=link,
            policy=self.policy,
            now=self.now,
        )

    def _changes(self, appointment_ids: list[int]) -> dict[int, list[int]]:
        found = Change.objects.filter(
            practitioner=self.pushing.practitioner, appointment__in=appointment_ids
        )
        changes: dict[int, list[int]] = {}
        for pk, appointment_id in found.values_list("pk", "appointment_id"):
            changes.setdefault(appointment_id, []).append(pk)
        return changes

    def _normalised(self, wanted: Wanted) -> Wanted:
        if wanted.content is None:
            return wanted
        content: Content = self.provider.normalise(wanted.content)
        return replace(wanted, content=content)

    def _is_elsewhere(self, row: models.Link) -> bool:
        if row.state in WITHOUT_EVENT:
            return not self.at_home
        if row.target.account_id == self.account_id:
            return False
        return not (self.at_home and self._is_abandoned(row))

    def _is_left_behind(self, row: models.Link, wanted: Wanted) -> bool:
        """Say whether the event stands where nobody can take it away, and is wanted elsewhere.

        Its account was disconnected for this practitioner, or its calendar is gone: another
        event is made where it is wanted now.
        """
        if row.state in WITHOUT_EVENT or not isinstance(wanted, Stand):
            return False
        if wanted.calendar_id == str(row.target_id):
            return False
        return self._is_abandoned(row) or row.target.state == models.ExternalCalendar.State.GONE

    def _is_abandoned(self, row: models.Link) -> bool:
        connected = models.Connection.objects.filter(
            account=row.target.account_id, practitioner=row.practitioner_id
        )
        return row.target.account_id != self.account_id and not connected.exists()

    def _all_links(self) -> QuerySet[models.Link]:
        return models.Link.objects.select_related("practitioner", "appointment", "target").filter(
            practitioner=self.pushing.practitioner, original_start__isnull=True
        )

    def _links(self) -> QuerySet[models.Link]:
        return self._all_links().filter(target__account=self.account_id)


def planner_for(
    connection: models.Connection, provider: CalendarProvider, now: datetime
) -> Planner | None:
    """Return the planner of a connection; None where its practitioner pushes to no calendar."""
    choice = (
        models.CalendarChoice.objects.select_related(
            "calendar", "connection", "connection__practitioner"
        )
        .filter(practitioner=connection.practitioner, push=True)
        .first()
    )
    if choice is None:
        return None
    pushing = pushing_of(choice.connection, choice.calendar, now)
    policy = Policy(
        installation=installation(),
        on_deletion=pushing.settings.external_deletion,
        hold=timedelta(seconds=pushing.settings.hold_seconds),
    )
    at_home = choice.calendar.account_id == connection.account_id
    return Planner(
        connection, connection.account_id, pushing, policy, provider, now, at_home=at_home
    )


def leaving_planner(
    connection: models.Connection, provider: CalendarProvider, now: datetime
) -> Planner:
    """Return the planner of a connection that ends: it wants nothing any more."""
    calendar = connection.account.calendars.order_by("pk").first()
    if calendar is None:
        raise LookupError("An account without calendars holds no events.")
    pushing = pushing_of(connection, calendar, now)
    policy = Policy(installation=installation())
    return Planner(connection, connection.account_id, pushing, policy, provider, now, at_home=True)


def installation() -> UUID:
    """Return the name of this installation, made at the first call."""
    row, _ = models.Installation.objects.get_or_create(only=True)
    return row.uuid


def steps_by_kind(planned: Iterable[Planned]) -> Mapping[str, int]:
    """Return how many steps of each kind a plan has, by the words of the interface."""
    counts: dict[str, int] = {}
    for item in planned:
        action = action_of(item.step)
        if action:
            counts[action] = counts.get(action, 0) + 1
    return counts


def action_of(step: Step) -> str:
    """Return the interface's word for a step; empty for one that nobody has to see."""
    match step:
        case Create():
            return "create"
        case Update(why=Why.MOVED_OUTSIDE):
            return "restore"
        case Update():
            return "update"
        case Remove():
            return "delete"
        case Signal():
            return "cancel"
        case _:
            return ""


def _order(planned: Planned) -> tuple[int, str, int]:
    match planned.wanted:
        case Stand(content=content):
            return (1, content.when.start.isoformat(), planned.appointment_id)
        case _:
            return (0, "", planned.appointment_id)
