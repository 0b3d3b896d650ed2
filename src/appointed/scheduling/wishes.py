"""What is wanted of an appointment, checked as a whole before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypedDict, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from appointed.book.models import Appointment, Client, Practitioner, Service
from appointed.book.validation import Faults, checking
from appointed.core.clashes import Wanted, want
from appointed.core.events import AllDay, When
from appointed.scheduling.times import Moment, TimeWish, columns_of, instants_of, resolve, when_of

Kind = Appointment.Kind
TIME_FIELDS = {"start", "end", "all_day"}

Row = TypeVar("Row", bound=Model)


class AppointmentFields(TypedDict, total=False):
    """What an appointment is; a change names only what is different.

    `start` and `end`: an aware time fixes the instant, a naive one is a wall time as typed in
    `time_zone`, a date is a day (`all_day`, `end` exclusive). Without an end a service's
    length counts.
    """

    kind: str
    practitioners: Sequence[UUID]
    start: Moment
    end: Moment
    time_zone: str
    all_day: bool
    title: str
    client: UUID | None
    casual_name: str
    casual_phone: str
    service: UUID | None
    location: str
    notes: str
    status: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """An appointment as it is to stand: every part found and checked."""

    kind: str
    title: str
    client: Client | None
    casual_name: str
    casual_phone: str
    service: Service | None
    location: str
    notes: str
    practitioners: tuple[Practitioner, ...]
    zone: str
    when: When

    @property
    def practitioner_ids(self) -> frozenset[int]:
        return frozenset(p.pk for p in self.practitioners)

    def columns(self) -> dict[str, Any]:
        """Return the columns of the appointment's row."""
        return {
            "kind": self.kind,
            "title": self.title,
            "client_id": self.client.pk if self.client else None,
            "casual_name": self.casual_name,
            "casual_phone": self.casual_phone,
            "service_id": self.service.pk if self.service else None,
            "location": self.location,
            "notes": self.notes,
            **columns_of(self.when, self.zone),
        }

    def times(self) -> tuple[Wanted, ...]:
        """Return the times that it takes of each practitioner, with the service's buffers."""
        start, end = instants_of(self.when, self.zone)
        before = self.service.buffer_before if self.service else 0
        after = self.service.buffer_after if self.service else 0
        return tuple(
            want(p.pk, start, end=end, buffer_before=before, buffer_after=after)
            for p in self.practitioners
        )


def agreed_of(row: Appointment) -> Agreed:
    """Return what stands in the book."""
    return Agreed(
        kind=row.kind,
        title=row.title,
        client=row.client,
        casual_name=row.casual_name,
        casual_phone=row.casual_phone,
        service=row.service,
        location=row.location,
        notes=row.notes,
        practitioners=tuple(row.practitioners.order_by("pk")),
        zone=row.time_zone,
        when=when_of(row),
    )


def agree(practice_id: int, wish: AppointmentFields, *, standing: Agreed | None = None) -> Agreed:
    """Return the appointment that is wanted: `wish` laid over what stands.

    Raises: `Invalid`, naming every fault at once.
    """
    with checking() as faults:
        practitioners = _practitioners(practice_id, wish, standing, faults)
        services = Service.objects.filter(practice_id=practice_id)
        service = _found(services, wish.get("service"), "service", faults)
        clients = Client.objects.filter(practice_id=practice_id, erased_at=None)
        client = _found(clients, wish.get("client"), "client", faults)
        if standing is not None:
            service = service if "service" in wish else standing.service
            client = client if "client" in wish else standing.client
        zone = _zone(wish, standing, practitioners)
        when = _when(wish, standing, zone=zone, service=service, faults=faults)
        kind = _kind(wish, standing, faults)
        texts = _texts(wish, standing, faults)
        _check_parts(kind, client=client, texts=texts, people=practitioners, faults=faults)
    if when is None:
        raise AssertionError("a time that cannot be kept was noted as a fault")
    return Agreed(
        kind=kind,
        client=client,
        service=service,
        practitioners=practitioners,
        zone=zone,
        when=when,
        **texts,
    )


def _practitioners(
    practice_id: int, wish: AppointmentFields, standing: Agreed | None, faults: Faults
) -> tuple[Practitioner, ...]:
    if "practitioners" not in wish and standing is not None:
        return standing.practitioners
    uuids = set(wish.get("practitioners", ()))
    rows = Practitioner.objects.filter(practice_id=practice_id, uuid__in=uuids).order_by("pk")
    found = tuple(rows)
    if not uuids:
        faults.add("practitioner", "Say for whom.")
    elif len(found) < len(uuids):
        faults.add("practitioner", "There is no such practitioner here.")
    kept = standing.practitioner_ids if standing else frozenset()
    if any(not p.active and p.pk not in kept for p in found):
        faults.add("practitioner", "This practitioner no longer works here. Choose another.")
    return found


def _found(rows: QuerySet[Row, Row], uuid: UUID | None, field: str, faults: Faults) -> Row | None:
    row = None if uuid is None else rows.filter(uuid=uuid).first()
    if row is None and uuid is not None:
        faults.add(field, f"There is no such {field} here.")
    return row


def _kind(wish: AppointmentFields, standing: Agreed | None, faults: Faults) -> str:
    kind = wish.get("kind", standing.kind if standing else "")
    if kind not in Kind.values:
        faults.add("kind", f"Choose one of {', '.join(Kind.values)}.")
    return kind


def _zone(wish: AppointmentFields, standing: Agreed | None, people: Sequence[Practitioner]) -> str:
    if "time_zone" in wish:
        return wish["time_zone"]
    if standing is not None:
        return standing.zone
    return people[0].time_zone if people else "UTC"


def _when(
    wish: AppointmentFields,
    standing: Agreed | None,
    *,
    zone: str,
    service: Service | None,
    faults: Faults,
) -> When | None:
    if standing is not None and not TIME_FIELDS & set(wish):
        return _in_zone(standing.when, zone, faults)
    old = standing.when if standing else None
    start = wish.get("start", old.start if old else None)
    end = wish.get("end", old.end if old else None)
    if end is None and start is not None and service is not None:
        end = start + timedelta(minutes=service.minutes)
    all_day = wish.get("all_day", isinstance(old, AllDay))
    return resolve(TimeWish(start, end, all_day, zone), faults)


def _in_zone(when: When, zone: str, faults: Faults) -> When | None:
    return resolve(TimeWish(when.start, when.end, isinstance(when, AllDay), zone), faults)


def _texts(wish: AppointmentFields, standing: Agreed | None, faults: Faults) -> dict[str, str]:
    def line(field: str, limit: int = 500) -> str:
        if field in wish:
            return faults.line(field, str(wish.get(field)), limit=limit)
        return str(getattr(standing, field)) if standing else ""

    notes = standing.notes if standing else ""
    return {
        "title": line("title"),
        "casual_name": line("casual_name"),
        "casual_phone": line("casual_phone", 100),
        "location": line("location"),
        "notes": faults.lines("notes", wish["notes"]) if "notes" in wish else notes,
    }


def _check_parts(
    kind: str,
    *,
    client: Client | None,
    texts: dict[str, str],
    people: Sequence[Practitioner],
    faults: Faults,
) -> None:
    if kind == Kind.CLIENT and client is None:
        faults.add("client", "Say which client.")
    if kind != Kind.CLIENT and client is not None:
        faults.add("client", "Only a client appointment has a client.")
    if kind == Kind.CASUAL and not texts["casual_name"]:
        faults.add("casual_name", "Enter a name.")
    if kind != Kind.CASUAL and (texts["casual_name"] or texts["casual_phone"]):
        faults.add("casual_name", "Only a casual appointment has a name of its own.")
    if kind != Kind.MEETING and len(people) > 1:
        faults.add("practitioners", "Only a meeting has several practitioners.")
