"""What a person fills in on the phone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from appointed_standins.phone.caldav import RemoteCalendar
from appointed_standins.phone.events import Entry

REPEATS = [("", "Never"), ("DAILY", "Every day"), ("WEEKLY", "Every week")]
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class _DayInput(forms.DateInput):
    input_type = "date"


class _TimeInput(forms.TimeInput):
    input_type = "time"


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, widget=_DayInput(format="%Y-%m-%d"))


def _time(label: str) -> forms.TimeField:
    return forms.TimeField(label=label, required=False, widget=_TimeInput(format="%H:%M"))


class EntryForm(forms.Form):
    """An event: title, when, and what else a phone asks."""

    title = forms.CharField(max_length=500)
    start_day = _day("From")
    start_time = _time("at")
    end_day = _day("To")
    end_time = _time("until")
    all_day = forms.BooleanField(label="All day", required=False)
    place = forms.CharField(max_length=500, required=False)
    notes = forms.CharField(
        max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    free = forms.BooleanField(label="Show me as free", required=False)
    private = forms.BooleanField(label="Private", required=False)
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, zone: ZoneInfo, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._zone = zone

    def clean(self) -> dict[str, Any]:
        """Hold start and end against each other."""
        given = super().clean() or {}
        if not given.get("all_day"):
            for name in ("start_time", "end_time"):
                if given.get(name) is None and name not in self.errors:
                    self.add_error(name, "Say the time, or tick “All day”.")
        if not self.errors and self.entry().length < timedelta():
            self.add_error("end_day", "The end lies before the start.")
        return given

    def entry(self) -> Entry:
        """Return what was filled in; the last of its whole days is part of an event."""
        given = self.cleaned_data
        start: date = given["start_day"]
        end: date = given["end_day"] + _DAY
        if not given["all_day"]:
            start = datetime.combine(given["start_day"], given["start_time"], self._zone)
            end = datetime.combine(given["end_day"], given["end_time"], self._zone)
        return Entry(
            title=given["title"],
            start=start,
            end=end,
            place=given["place"],
            notes=given["notes"].replace("\r\n", "\n"),
            free=given["free"],
            private=given["private"],
            repeats=given.get("repeats", ""),
        )


class NewEntryForm(EntryForm):
    """A new event also says where it goes and whether it repeats."""

    calendar = forms.ChoiceField()
    repeats = forms.ChoiceField(choices=REPEATS, required=False)
    field_order = ("title", "calendar")

    def __init__(
        self, *arguments: Any, calendars: tuple[RemoteCalendar, ...], **named: Any
    ) -> None:
        super().__init__(*arguments, **named)
        choice = self.fields["calendar"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101 – tells the type checker
        choice.choices = [(calendar.slug, calendar.name) for calendar in calendars]


class ShiftForm(forms.Form):
    """How far an event is moved: by dragging, by a key or by a button."""

    days = forms.IntegerField(min_value=-400, max_value=400, initial=0)
    minutes = forms.IntegerField(min_value=-1440, max_value=1440, initial=0)
    version = forms.CharField()

    def start(self, entry: Entry) -> datetime | date:
        """Return the new start of `entry`; one that takes whole days keeps to them."""
        days = timedelta(days=self.cleaned_data["days"])
        if not isinstance(entry.start, datetime):
            return entry.start + days
        return entry.start + days + timedelta(minutes=self.cleaned_data["minutes"])


class CopyForm(forms.Form):
    """Where the copy of an event goes; without a time it keeps that of the first."""

    day = _day("Day")
    time = _time("Time")

    def start(self, entry: Entry, zone: ZoneInfo) -> datetime | date:
        """Return the start of the copy."""
        day: date = self.cleaned_data["day"]
        if not isinstance(entry.start, datetime):
            return day
        at: time = self.cleaned_data["time"] or entry.start.time()
        return datetime.combine(day, at, zone)


def filled_in(entry: Entry) -> dict[str, Any]:
    """Return what the fields of an `EntryForm` hold for `entry`."""
    held: dict[str, Any] = {
        "title": entry.title,
        "place": entry.place,
        "notes": entry.notes,
        "free": entry.free,
        "private": entry.private,
        "repeats": entry.repeats,
        "all_day": entry.all_day,
        "start_day": entry.start,
        "end_day": entry.end if isinstance(entry.end, datetime) else entry.end - _DAY,
    }
    if isinstance(entry.start, datetime) and isinstance(entry.end, datetime):
        held |= {"start_time": entry.start.time(), "end_time": entry.end.time()}
    return held


def fresh_entry(day: date, at: time, zone: ZoneInfo) -> Entry:
    """Return what a new event holds before anybody typed: an hour from `at`."""
    start = datetime.combine(day, at, zone)
    return Entry(title="", start=start, end=start + _HOUR)
