"""Making, showing, changing, moving and cancelling appointments."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointed.book.access import Action, Actor, may, require_for_somebody
from appointed.book.errors import BookError, Clash, Invalid, Stale
from appointed.book.facts import AppointmentFacts, PractitionerFacts
from appointed.book.selectors.appointments import appointment_of, list_history
from appointed.book.selectors.pages import Paging
from appointed.book.selectors.people import (
    client_of,
    list_practitioners,
    list_services,
    practice_of,
    practitioner_pk_of,
)
from appointed.book.services.clients import create_client
from appointed.core.clashes import Taken
from appointed.scheduling.appointments import (
    book_appointment,
    cancel_appointment,
    change_appointment,
)
from appointed.scheduling.wishes import AppointmentFields
from appointed.sync.selectors import sync_states
from appointed.web.forms.appointments import AppointmentForm, CancelForm, MoveForm, times_of
from appointed.web.forms.practice import chosen_uuid
from appointed.web.pages import done, enter_faults, show, staff
from appointed.web.sentences import clash_sentences, history_lines, stale_sentence, sync_lines
from appointed.web.when import local, read_day, read_moment, said_at, today

EVERYBODY = Paging(limit=1000)
AN_HOUR = timedelta(hours=1)
STATUSES_BY_HAND = ("booked", "confirmed", "arrived", "in_session", "done", "did_not_arrive")


@require_safe
@staff
def appointment(request: HttpRequest, actor: Actor, appointment: UUID) -> HttpResponse:
    found = appointment_of(actor, appointment)
    practice = practice_of(actor)
    client = client_of(actor, found.client.id) if found.client and found.client.name else None
    states = sync_states([found.appointment_pk]).get(found.appointment_pk, [])
    history = list_history(actor, appointment, Paging(limit=100)).items
    context = {
        "title": found.label or "Appointment",
        "found": found,
        "client": client,
        "changeable": _changeable(actor, found),
        "statuses": [one for one in STATUSES_BY_HAND if one != found.status],
        "sync": sync_lines(states, found),
        "history": history_lines(history, practice),
    }
    return show(request, actor, "web/book/appointment.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def new_appointment(request: HttpRequest, actor: Actor) -> HttpResponse:
    require_for_somebody(actor, Action.BOOK)
    form = _form(actor, request, initial=_start_of_new(request, actor))
    del form.fields["version"]
    clashes: tuple[Taken, ...] = ()
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            made = book_appointment(
                actor=actor,
                wish=form.wish(client=_client(actor, form)),
                allow_clash=request.POST.get("allow_clash") == "1",
                tell=typed["tell"],
            )
        except Invalid as fault:
            enter_faults(form, fault)
        except Clash as fault:
            clashes = fault.clashes
        else:
            return _done(request, actor, made, "Booked")
    return _show_form(request, actor, form, "New appointment", clashes=clashes)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def edit_appointment(request: HttpRequest, actor: Actor, appointment: UUID) -> HttpResponse:
    found = appointment_of(actor, appointment)
    form = _form(actor, request, initial=_start_of_edit(actor, found))
    form.fields["tell"].initial = False
    clashes: tuple[Taken, ...] = ()
    stale: Stale | None = None
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            kept = change_appointment(
                actor=actor,
                appointment=appointment,
                changes=form.wish(client=_client(actor, form)),
                version=_version(request, typed["version"]),
                allow_clash=request.POST.get("allow_clash") == "1",
                tell=typed["tell"],
            )
        except Invalid as fault:
            enter_faults(form, fault)
        except Clash as fault:
            clashes = fault.clashes
        except Stale as fault:
            stale = fault
        else:
            return _done(request, actor, kept, "Saved")
    title = f"Edit {found.label}"
    return _show_form(request, actor, form, title, clashes=clashes, stale=stale, found=found)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def move_appointment(request: HttpRequest, actor: Actor, appointment: UUID) -> HttpResponse:
    """Move without dragging: day, time, length, practitioner."""
    found = appointment_of(actor, appointment)
    practice = practice_of(actor)
    there = local(found.start, practice)
    length = (found.end - found.start) // timedelta(minutes=1)
    start = {
        "day": there.date(),
        "start": there.time(),
        "minutes": length,
        "practitioner": str(found.practitioner.id),
        "version": found.version,
    }
    form = MoveForm(request.POST or None, initial=start, people=_people(actor))
    clashes: tuple[Taken, ...] = ()
    stale: Stale | None = None
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        times = times_of(typed["day"], typed["start"], typed["minutes"] or length)
        changes = {
            **times,
            "time_zone": practice.time_zone,
            "practitioners": _handed(found, found.practitioner.id, UUID(typed["practitioner"])),
        }
        try:
            kept = change_appointment(
                actor=actor,
                appointment=appointment,
                changes=changes,  # type: ignore[arg-type]  # parts of one wish
                version=_version(request, typed["version"]),
                allow_clash=request.POST.get("allow_clash") == "1",
                tell=typed["tell"],
            )
        except Invalid as fault:
            enter_faults(form, fault)
        except Clash as fault:
            clashes = fault.clashes
        except Stale as fault:
            stale = fault
        else:
            return _done(request, actor, kept, "Moved", undo=_undo_move(found, kept))
    title = f"Move {found.label}"
    context = _context(actor, form, title, clashes=clashes, stale=stale, found=found)
    return show(request, actor, "web/book/move.html", context, status=_status(context, form))


@require_POST
@staff
def place_appointment(request: HttpRequest, actor: Actor, appointment: UUID) -> HttpResponse:
    """Take over what was dragged, pushed by keys or pasted."""
    found = appointment_of(actor, appointment)
    try:
        changes = _placed(request, actor, found)
        kept = change_appointment(
            actor=actor,
            appointment=appointment,
            changes=changes,
            version=_number(request.POST.get("version", "")),
            allow_clash=request.POST.get("allow_clash") == "1",
        )
    except (Invalid, Clash, Stale) as fault:
        return _told_fault(actor, appointment, fault)
    practice = practice_of(actor)
    say = f"Moved to {said_at(kept.start, practice)}."
    return JsonResponse({"say": say, "undo": _undo_move(found, kept), "version": kept.version})


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def cancel(request: HttpRequest, actor: Actor, appointment: UUID) -> HttpResponse:
    found = appointment_of(actor, appointment)
    form = CancelForm(request.POST or None, initial={"version": found.version})
    if found.client is None:
        del form.fields["tell"]
    stale: Stale | None = None
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        words = [part for part in (typed["reason"], typed["note"]) if part]
        try:
            kept = cancel_appointment(
                actor=actor,
                appointment=appointment,
                reason=": ".join(words),
                tell=typed.get("tell", False),
                version=_version(request, typed["version"]),
            )
        except Invalid as fault:
            enter_faults(form, fault)
        except Stale as fault:
            stale = fault
        else:
            undo = {
                "url": reverse("web:appointment-status", args=[kept.id]),
                "fields": {"status": "booked", "version": kept.version},
            }
            return _done(request, actor, kept, "Cancelled", undo=undo)
    context = _context(actor, form, f"Cancel {found.label}", stale=stale, found=found)
    return show(request, actor, "web/book/cancel.html", context, status=_status(context, form))


@require_POST
@staff
def status(request: HttpRequest, actor: Actor, appointment: UUID) -> HttpResponse:
    """Set the state: arrived, did not arrive, booked again after a cancellation."""
    found = appointment_of(actor, appointment)
    try:
        kept = change_appointment(
            actor=actor,
            appointment=appointment,
            changes={"status": request.POST.get("status", "")},
            version=_number(request.POST.get("version", "")),
        )
    except (Invalid, Clash, Stale) as fault:
        return _told_fault(actor, appointment, fault)
    undo = {
        "url": reverse("web:appointment-status", args=[kept.id]),
        "fields": {"status": found.status, "version": kept.version},
    }
    again = found.status == "cancelled"
    said = "Booked again" if again else kept.status.replace("_", " ").capitalize()
    return _done(request, actor, kept, said, undo=None if again else undo)


# ── the forms ─────────────────────────────────────────────────────────────────────────────


def _people(actor: Actor) -> list[PractitionerFacts]:
    people = list_practitioners(actor, EVERYBODY, active=True).items
    return [one for one in people if may(actor, Action.BOOK, practitioner_pk_of(actor, one.id))]


def _form(actor: Actor, request: HttpRequest, *, initial: dict[str, Any]) -> AppointmentForm:
    return AppointmentForm(
        request.POST or None,
        initial=initial,
        people=_people(actor),
        services=list_services(actor, EVERYBODY).items,
        zone=practice_of(actor).time_zone,
    )


def _start_of_new(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    practice = practice_of(actor)
    asked = request.GET
    offers = list_services(actor, Paging(limit=1)).items
    start: dict[str, Any] = {
        "kind": asked.get("kind", "client"),
        "service": str(offers[0].id) if offers else "",
    }
    if copied := chosen_uuid(asked.get("copy", "")):
        start = _start_of_edit(actor, appointment_of(actor, copied))
        start["day"] += timedelta(weeks=_number(asked.get("weeks", "")) or 0)
    elif person := asked.get("practitioner") or str(_self(actor) or ""):
        start |= {"practitioner": person, "practitioners": [person]}
    if client := chosen_uuid(asked.get("client", "")):
        start["client"] = client
    start.setdefault("day", read_day(asked.get("date", ""), today(practice)))
    return start | _asked_times(request, actor, start)


def _asked_times(request: HttpRequest, actor: Actor, start: dict[str, Any]) -> dict[str, Any]:
    practice = practice_of(actor)
    asked = request.GET
    if asked.get("all_day"):
        day = read_day(asked.get("start", ""), start["day"])
        last = read_day(asked.get("end", ""), day + timedelta(days=1)) - timedelta(days=1)
        return {"all_day": True, "day": day, "last_day": max(day, last)}
    begin = read_moment(asked.get("start", ""), practice)
    if begin is None:
        return {}
    there = local(begin, practice)
    found: dict[str, Any] = {"day": there.date(), "start": there.time()}
    end = read_moment(asked.get("end", ""), practice)
    if end is not None and end > begin:
        found["minutes"] = (end - begin) // timedelta(minutes=1)
    return found


def _start_of_edit(actor: Actor, found: AppointmentFacts) -> dict[str, Any]:
    practice = practice_of(actor)
    there = local(found.start, practice)
    start: dict[str, Any] = {
        "kind": found.kind,
        "client": found.client.id if found.client else None,
        "casual_name": found.casual_name,
        "casual_phone": found.casual_phone,
        "title": found.title,
        "service": str(found.service.id) if found.service else "",
        "practitioner": str(found.practitioner.id),
        "practitioners": [str(one.id) for one in found.practitioners],
        "location": found.location,
        "notes": found.notes,
        "version": found.version,
        "all_day": found.all_day,
        "day": there.date(),
    }
    if found.first_day is not None and found.end_day is not None:
        return start | {"day": found.first_day, "last_day": found.end_day - timedelta(days=1)}
    length = (found.end - found.start) // timedelta(minutes=1)
    return start | {"start": there.time(), "minutes": length}


def _self(actor: Actor) -> UUID | None:
    for one in list_practitioners(actor, EVERYBODY, active=True).items:
        if practitioner_pk_of(actor, one.id) == actor.practitioner_id:
            return one.id
    return None


def _client(actor: Actor, form: AppointmentForm) -> UUID | None:
    typed = form.cleaned_data
    if typed["kind"] != "client" or typed["client"] or not typed["new_name"]:
        return typed["client"] if isinstance(typed["client"], UUID) else None
    fields = {"name": typed["new_name"], "phone": typed["new_phone"], "email": typed["new_email"]}
    made = create_client(actor=actor, fields=fields)  # type: ignore[arg-type]  # the names are those of the service
    # Pressed again after a warning, it is the same client.
    form.data = {**form.data.dict(), "client": str(made.id), "new_name": ""}  # type: ignore[attr-defined]  # a QueryDict
    return made.id


def _show_form(
    request: HttpRequest,
    actor: Actor,
    form: AppointmentForm,
    title: str,
    *,
    clashes: tuple[Taken, ...] = (),
    stale: Stale | None = None,
    found: AppointmentFacts | None = None,
) -> HttpResponse:
    context = _context(actor, form, title, clashes=clashes, stale=stale, found=found)
    chosen = form["client"].value()
    if chosen:
        context["client"] = client_of(actor, UUID(str(chosen)))
    return show(request, actor, "web/book/form.html", context, status=_status(context, form))


def _context(
    actor: Actor,
    form: Any,
    title: str,
    *,
    clashes: tuple[Taken, ...] = (),
    stale: Stale | None = None,
    found: AppointmentFacts | None = None,
) -> dict[str, Any]:
    practice = practice_of(actor)
    context: dict[str, Any] = {"title": title, "form": form, "found": found}
    if clashes:
        context["clashes"] = clash_sentences(actor, clashes, practice)
    if stale is not None and isinstance(stale.current, AppointmentFacts):
        history = list_history(actor, stale.current.id, Paging(limit=100)).items
        context["stale"] = stale_sentence(history, practice)
        context["current_version"] = stale.current.version
    return context


def _status(context: dict[str, Any], form: Any) -> int:
    if context.get("clashes"):
        return 409
    if context.get("stale"):
        return 412
    return 422 if form.errors else 200


# ── moving ────────────────────────────────────────────────────────────────────────────────


def _placed(request: HttpRequest, actor: Actor, found: AppointmentFacts) -> AppointmentFields:
    asked = request.POST
    practice = practice_of(actor)
    changes: AppointmentFields = {}
    source, target = chosen(asked.get("practitioner")), chosen(asked.get("to"))
    if source and target and source != target:
        changes["practitioners"] = _handed(found, source, target)
    if asked.get("all_day"):
        day = _day(asked.get("start", ""))
        last = _day(asked.get("end", "")) if asked.get("end") else day + timedelta(days=1)
        return {**changes, "all_day": True, "start": day, "end": last}
    start = read_moment(asked.get("start", ""), practice)
    end = read_moment(asked.get("end", ""), practice)
    if start is None:
        raise Invalid({"start": "Say when it is to start."})
    return {**changes, "all_day": False, "start": start, "end": end or start + AN_HOUR}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError as fault:
        raise Invalid({"start": "Say which day is meant."}) from fault


def chosen(text: str | None) -> UUID | None:
    """Return an id that a script sent, or nothing where it is none."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _handed(found: AppointmentFacts, source: UUID, target: UUID) -> list[UUID]:
    people = [one.id for one in found.practitioners]
    return list(dict.fromkeys(target if one == source else one for one in people))


def _undo_move(before: AppointmentFacts, after: AppointmentFacts) -> dict[str, Any]:
    start: date | datetime = before.first_day or before.start
    end: date | datetime = before.end_day or before.end
    return {
        "url": reverse("web:place-appointment", args=[after.id]),
        "fields": {
            "version": after.version,
            "practitioner": str(after.practitioner.id),
            "to": str(before.practitioner.id),
            "start": start.isoformat(),
            "end": end.isoformat(),
            "all_day": "1" if before.all_day else "",
            "allow_clash": "1",
        },
    }


# ── the answers ───────────────────────────────────────────────────────────────────────────


def _done(
    request: HttpRequest,
    actor: Actor,
    kept: AppointmentFacts,
    what: str,
    *,
    undo: dict[str, Any] | None = None,
) -> HttpResponse:
    practice = practice_of(actor)
    day = kept.first_day or local(kept.start, practice).date()
    when = f"{day:%a} {day.day} {day:%b}" if kept.all_day else said_at(kept.start, practice)
    to = f"{reverse('web:book')}?date={day.isoformat()}"
    return done(request, f"{what}: {kept.label}, {when}.", to, undo=undo, day=day)


def _told_fault(actor: Actor, appointment: UUID, fault: BookError) -> JsonResponse:
    practice = practice_of(actor)
    match fault:
        case Clash():
            words = " ".join(clash_sentences(actor, fault.clashes, practice))
            return JsonResponse({"message": words}, status=409)
        case Stale(current=AppointmentFacts() as current):
            history = list_history(actor, appointment, Paging(limit=100)).items
            told = {"message": stale_sentence(history, practice), "version": current.version}
            return JsonResponse(told, status=412)
        case Invalid():
            words = " ".join(fault.fields.values()) or fault.message
            return JsonResponse({"message": words}, status=422)
        case _:
            return JsonResponse({"message": fault.message}, status=409)


def _changeable(actor: Actor, found: AppointmentFacts) -> bool:
    people = [practitioner_pk_of(actor, one.id) for one in found.practitioners]
    return all(may(actor, Action.BOOK, pk) for pk in people)


def _version(request: HttpRequest, version: int | None) -> int | None:
    return _number(request.POST.get("on_top", "")) or version


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < len("1000000000") else None
