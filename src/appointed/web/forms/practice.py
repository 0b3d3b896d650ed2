"""The practice itself: its settings, people, hours, services and keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import time
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django import forms

from appointed.book.facts import Hours, PractitionerFacts
from appointed.web.forms.fields import PageForm
from appointed.web.tones import TONES

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ROLES = (
    ("practitioner", "Practitioner"),
    ("reception", "Reception"),
    ("manager", "Manager"),
    ("owner", "Owner"),
    ("read_only", "Read only"),
)
CLIENT_WORDS = ("client", "patient", "customer")
ZONE_FAULT = (
    "Choose a time zone by city, for example Australia/Brisbane. "
    "Abbreviations such as EST mean different places."
)


def zone_names() -> list[str]:
    """Return the time zones that name a place."""
    return sorted(name for name in available_timezones() if "/" in name and name[:3] != "Etc")


class ZoneField(forms.CharField):
    """A time zone, found by typing its city."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"list": "zones", "autocomplete": "off", "data-guess": "zone"}
        kwargs.setdefault("label", "Time zone")
        kwargs.setdefault("help_text", "Type a city, for example Brisbane, and choose it.")
        super().__init__(
            max_length=64,
            widget=forms.TextInput(attrs=attributes),
            error_messages={"required": ZONE_FAULT},
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        typed = str(super().clean(value)).strip().replace(" ", "_")
        known = {name.lower(): name for name in zone_names()} | {"utc": "UTC"}
        by_city = {name.rsplit("/", 1)[1].lower(): name for name in zone_names()}
        found = known.get(typed.lower()) or by_city.get(typed.lower())
        if found is None:
            raise forms.ValidationError(ZONE_FAULT)
        return found


class PracticeForm(PageForm):
    name = forms.CharField(
        label="Practice name",
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
        error_messages={"required": "Enter the name of the practice."},
    )
    country = forms.CharField(
        label="Country",
        max_length=2,
        required=False,
        help_text="Two letters, for example AU or DE.",
        widget=forms.TextInput(attrs={"class": "entry-short", "data-guess": "country"}),
    )
    time_zone = ZoneField()
    week_start = forms.TypedChoiceField(
        label="Week starts on", coerce=int, choices=[(n, WEEKDAYS[n]) for n in (0, 6, 5)]
    )
    time_format = forms.ChoiceField(
        label="Time format", choices=[("24", "24 hours (14:30)"), ("12", "12 hours (2:30 pm)")]
    )
    client_word = forms.CharField(
        label="Your word for client",
        max_length=50,
        help_text="For example client, patient or customer.",
        widget=forms.TextInput(attrs={"list": "client-words"}),
    )
    practitioners_book_for_others = forms.BooleanField(
        label="Practitioners may book for one another", required=False
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class PersonForm(PageForm):
    name = forms.CharField(
        label="Name", max_length=500, error_messages={"required": "Enter a name."}
    )
    email = forms.EmailField(
        label="E-mail",
        required=False,
        help_text="Needed to sign in.",
        error_messages={"invalid": "Enter an e-mail address such as name@example.com."},
    )
    role = forms.ChoiceField(label="Role", choices=ROLES, initial=ROLES[0][0])
    bookable = forms.BooleanField(
        label="Sees clients (has a column in the book)", required=False, initial=True
    )
    colour = forms.ChoiceField(
        label="Colour",
        choices=[(tone.value, tone.name) for tone in TONES],
        initial=TONES[0].value,
        required=False,
    )


class PractitionerForm(PageForm):
    name = forms.CharField(
        label="Name", max_length=500, error_messages={"required": "Enter a name."}
    )
    email = forms.EmailField(label="E-mail", required=False)
    time_zone = ZoneField()
    colour = forms.ChoiceField(label="Colour", choices=[(tone.value, tone.name) for tone in TONES])
    bookable = forms.BooleanField(label="Bookable by clients", required=False)
    active = forms.BooleanField(label="Works here", required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class MemberForm(PageForm):
    name = forms.CharField(label="Name", max_length=500)
    email = forms.EmailField(
        label="E-mail",
        error_messages={"invalid": "Enter an e-mail address such as name@example.com."},
    )
    role = forms.ChoiceField(label="Role", choices=ROLES)
    practitioner = forms.ChoiceField(
        label="Is the practitioner", required=False, help_text="Whose column is theirs."
    )

    def __init__(self, *args: Any, people: Iterable[PractitionerFacts], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "None"), *((str(one.id), one.name) for one in people)]
        self.fields["practitioner"] = _choice(self.fields["practitioner"], choices)


class ServiceForm(PageForm):
    name = forms.CharField(
        label="Name", max_length=500, error_messages={"required": "Enter a name."}
    )
    short_name = forms.CharField(
        label="Short name", max_length=50, required=False, help_text="For narrow places."
    )
    minutes = forms.IntegerField(label="Length in minutes", min_value=1, max_value=1440, initial=45)
    buffer_before = forms.IntegerField(
        label="Buffer before, minutes", min_value=0, max_value=240, initial=0
    )
    buffer_after = forms.IntegerField(
        label="Buffer after, minutes", min_value=0, max_value=240, initial=15
    )
    place = forms.CharField(label="Where", max_length=500, required=False)
    bookable = forms.BooleanField(label="Bookable by clients", required=False, initial=True)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class KeyForm(PageForm):
    name = forms.CharField(
        label="Name",
        max_length=500,
        help_text="What will use it, for example 'Phone system'.",
        error_messages={"required": "Say what will use the key."},
    )
    role = forms.ChoiceField(label="May do what this role may", choices=ROLES, initial="manager")
    practitioner = forms.ChoiceField(
        label="Stands for", required=False, help_text="Needed for the role Practitioner."
    )

    def __init__(self, *args: Any, people: Iterable[PractitionerFacts], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Nobody in particular"), *((str(one.id), one.name) for one in people)]
        self.fields["practitioner"] = _choice(self.fields["practitioner"], choices)


def _choice(field: forms.Field, choices: Sequence[tuple[str, str]]) -> forms.Field:
    if isinstance(field, forms.ChoiceField):
        field.choices = choices
    return field


def chosen_uuid(text: str) -> UUID | None:
    """Return the id of a choice that may be left open."""
    return UUID(text) if text else None


PARTS = ("first", "second")
USUAL = {"first": (time(9), time(12, 30)), "second": (time(13), time(17))}
LAST_USUAL_DAY = 4


class HoursForm(PageForm):
    """Two stretches a weekday; an empty one is none."""

    def __init__(self, *args: Any, hours: Sequence[Hours] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for weekday in range(7):
            stretches = _stretches_of(weekday, hours)
            for part in PARTS:
                for end, which in enumerate(("from", "to")):
                    self.fields[f"d{weekday}_{part}_{which}"] = forms.TimeField(
                        label=f"{WEEKDAYS[weekday]}, {part} stretch, {which}",
                        required=False,
                        initial=stretches[part][end] if part in stretches else None,
                        widget=forms.TimeInput(
                            attrs={"type": "time", "class": "entry"}, format="%H:%M"
                        ),
                        error_messages={"invalid": "Enter a time such as 9:00."},
                    )

    def rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields of each weekday, as the page lays them out."""
        return [
            (
                WEEKDAYS[weekday],
                [self[f"d{weekday}_{part}_{which}"] for part in PARTS for which in ("from", "to")],
            )
            for weekday in range(7)
        ]

    def hours(self) -> tuple[Hours, ...]:
        """Return what was typed; wants `is_valid` first."""
        typed = self.cleaned_data
        found = []
        for weekday in range(7):
            for part in PARTS:
                start = typed.get(f"d{weekday}_{part}_from")
                end = typed.get(f"d{weekday}_{part}_to")
                if start is not None and end is not None:
                    found.append(Hours(weekday, start, end))
        return tuple(found)

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        for weekday in range(7):
            for part in PARTS:
                start = typed.get(f"d{weekday}_{part}_from")
                end = typed.get(f"d{weekday}_{part}_to")
                fault = _fault_of(WEEKDAYS[weekday], start, end)
                if fault:
                    self.add_error(f"d{weekday}_{part}_to", fault)
        return typed


def _stretches_of(weekday: int, hours: Sequence[Hours] | None) -> dict[str, tuple[time, time]]:
    if hours is None:
        return USUAL if weekday <= LAST_USUAL_DAY else {}
    ours = [(one.start, one.end) for one in hours if one.weekday == weekday]
    return dict(zip(PARTS, ours, strict=False))


def _fault_of(day: str, start: time | None, end: time | None) -> str:
    if (start is None) != (end is None):
        return f"{day}: enter both times, or none."
    if start is not None and end is not None and end != time(0) and end <= start:
        return f"{day}: {start:%H:%M}-{end:%H:%M} ends before it starts."
    return ""
