"""Appointments: the form of all four kinds, moving, cancelling."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms

from appointed.book.facts import PractitionerFacts, ServiceFacts
from appointed.scheduling.wishes import AppointmentFields
from appointed.web.forms.fields import PageForm
from appointed.web.words import CANCEL_REASONS, KINDS

LONGEST = 24 * 60


def _date(label: str, **kwargs: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Enter a day.", "invalid": "Enter a day."},
        **kwargs,
    )


def _time(label: str, **kwargs: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        widget=forms.TimeInput(attrs={"type": "time", "step": "300"}, format="%H:%M"),
        error_messages={"invalid": "Enter a time such as 9:00."},
        **kwargs,
    )


def _length(**kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label="Length in minutes", min_value=1, max_value=LONGEST, required=False, **kwargs
    )


class AppointmentForm(PageForm):
    kind = forms.ChoiceField(
        label="Kind", choices=list(KINDS.items()), widget=forms.RadioSelect, initial="client"
    )
    client = forms.UUIDField(label="Client", required=False, widget=forms.HiddenInput)
    new_name = forms.CharField(label="Name", required=False, max_length=500)
    new_phone = forms.CharField(
        label="Phone",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    new_email = forms.EmailField(label="E-mail", required=False, max_length=254)
    casual_name = forms.CharField(label="Name", required=False, max_length=500)
    casual_phone = forms.CharField(
        label="Phone",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    title = forms.CharField(label="Title", required=False, max_length=500)
    service = forms.ChoiceField(label="Service", required=False)
    practitioner = forms.ChoiceField(label="Practitioner", required=False)
    practitioners = forms.MultipleChoiceField(
        label="Who takes part", required=False, widget=forms.CheckboxSelectMultiple
    )
    all_day = forms.BooleanField(label="All day", required=False)
    day = _date("Day")
    start = _time("Start", required=False)
    minutes = _length(help_text="Empty: the length of the service.")
    last_day = _date("Last day", required=False)
    location = forms.CharField(label="Where", required=False, max_length=500)
    notes = forms.CharField(
        label="Notes", required=False, max_length=20000, widget=forms.Textarea(attrs={"rows": 3})
    )
    tell = forms.BooleanField(label="Tell the client by mail", required=False, initial=True)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        people: Sequence[PractitionerFacts],
        services: Sequence[ServiceFacts],
        zone: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._zone = zone
        names = [(str(one.id), one.name) for one in people]
        offers = [(str(one.id), f"{one.name} ({one.minutes} min)") for one in services]
        _offer(self.fields["practitioner"], names)
        _offer(self.fields["practitioners"], names)
        _offer(self.fields["service"], [("", "None"), *offers])

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if not typed.get("all_day") and typed.get("start") is None and "start" not in self.errors:
            self.add_error("start", "Enter a time such as 9:00.")
        if not typed.get("all_day") and not typed.get("minutes") and not self._has_length(typed):
            self.add_error("minutes", "Enter a length in minutes.")
        return typed

    def _has_length(self, typed: dict[str, Any]) -> bool:
        serves = typed.get("kind") in {"client", "casual"} and bool(typed.get("service"))
        return serves or "minutes" in self.errors

    def wish(self, *, client: UUID | None) -> AppointmentFields:
        """Return what was typed as the use case wants it; wants `is_valid` first."""
        typed = self.cleaned_data
        kind = typed["kind"]
        serves = kind in {"client", "casual"}
        wish: AppointmentFields = {
            "kind": kind,
            "practitioners": self._people(),
            "client": client if kind == "client" else None,
            "casual_name": typed["casual_name"] if kind == "casual" else "",
            "casual_phone": typed["casual_phone"] if kind == "casual" else "",
            "title": typed["title"] if not serves else "",
            "service": UUID(typed["service"]) if serves and typed["service"] else None,
            "location": typed["location"],
            "notes": typed["notes"],
            "time_zone": self._zone,
        }
        return wish | self._times()  # type: ignore[return-value]  # both are parts of one wish

    def _people(self) -> list[UUID]:
        typed = self.cleaned_data
        one = [typed["practitioner"]] if typed["practitioner"] else []
        chosen = typed["practitioners"] or one if typed["kind"] == "meeting" else one
        return [UUID(text) for text in chosen]

    def _times(self) -> dict[str, Any]:
        typed = self.cleaned_data
        if typed["all_day"]:
            last = max(typed["last_day"] or typed["day"], typed["day"])
            return {"all_day": True, "start": typed["day"], "end": last + timedelta(days=1)}
        return times_of(typed["day"], typed["start"], typed["minutes"])


def times_of(day: date, start: time, minutes: int | None) -> dict[str, Any]:
    """Return a timed wish: wall times, and no end where a service's length is to count."""
    begin = datetime.combine(day, start)
    wish: dict[str, Any] = {"all_day": False, "start": begin}
    if minutes:
        wish["end"] = begin + timedelta(minutes=minutes)
    return wish


class MoveForm(PageForm):
    day = _date("Day")
    start = _time("Start")
    minutes = _length()
    practitioner = forms.ChoiceField(label="Practitioner")
    tell = forms.BooleanField(label="Tell the client by mail", required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, people: Sequence[PractitionerFacts], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self.fields["practitioner"], [(str(one.id), one.name) for one in people])


class CancelForm(PageForm):
    reason = forms.ChoiceField(
        label="Reason",
        required=False,
        choices=[("", "Not said"), *((word, word) for word in CANCEL_REASONS)],
    )
    note = forms.CharField(label="Note", required=False, max_length=400)
    tell = forms.BooleanField(label="Tell the client by mail", required=False, initial=True)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


def _offer(field: forms.Field, choices: Sequence[tuple[str, str]]) -> None:
    if isinstance(field, forms.ChoiceField):
        field.choices = choices
