"""Connecting a calendar and saying what goes which way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django import forms

from appointed.book.facts import PractitionerFacts
from appointed.core.choices import SyncSettings
from appointed.providers.registry import ENTRIES, manifest_of
from appointed.web.forms.fields import PageForm

MODES = (("automatic", "Automatic"), ("manual", "Manual: I press Sync now"))
MOVES = (
    ("restore_and_ask", "Put it back and ask me"),
    ("restore", "Put it back"),
    ("accept", "Take over the new time and tell the client"),
)
DELETIONS = (
    ("cancel", "Cancel the appointment, after a hold"),
    ("ask", "Ask me"),
    ("put_back", "Put it back"),
)
NAME_LEVELS = (
    ("code", "A code"),
    ("initials", "Initials"),
    ("first_name", "First name"),
    ("full", "Full name"),
    ("none", 'Nothing ("Appointment")'),
)


def provider_choices() -> list[tuple[str, str]]:
    """Return the kinds of calendar that can be connected."""
    return [(name, entry.manifest.label) for name, entry in sorted(ENTRIES.items())]


class ConnectForm(PageForm):
    """The fields of one provider's manifest, and for whom."""

    practitioner = forms.ChoiceField(label="For")

    def __init__(
        self, *args: Any, provider: str, people: Sequence[PractitionerFacts], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        person = self.fields["practitioner"]
        if isinstance(person, forms.ChoiceField):
            person.choices = [(str(one.id), one.name) for one in people]
        self.manifest = manifest_of(provider)
        for field in self.manifest.fields:
            widget = forms.PasswordInput if field.secret else forms.TextInput
            attributes = {
                "class": "entry",
                "placeholder": field.placeholder,
                "autocomplete": "new-password" if field.secret else "off",
                "spellcheck": "false",
            }
            self.fields[field.name] = forms.CharField(
                label=field.label,
                max_length=1000,
                strip=not field.secret,
                required=field.required,
                widget=widget(attrs=attributes),
                error_messages={"required": f"Enter: {field.label}."},
            )

    def credentials(self) -> dict[str, str]:
        """Return what was typed, by the names of the manifest."""
        return {field.name: self.cleaned_data[field.name] for field in self.manifest.fields}


class PasswordForm(PageForm):
    password = forms.CharField(
        label="New password or app password",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Enter the new password."},
    )


def _switch(label: str, **kwargs: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, **kwargs)


def _number(label: str, low: int, high: int, **kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=low, max_value=high, **kwargs)


class SettingsForm(PageForm):
    """The settings of a connection; a name with two underscores lies one level deeper."""

    push__enabled = _switch("Push: add bookings to the calendar")
    push__mode = forms.ChoiceField(label="Push runs", choices=MODES)
    pull__enabled = _switch("Pull: show the calendar's events in the book")
    pull__mode = forms.ChoiceField(label="Pull runs", choices=MODES)
    check_conflicts = _switch("Check for conflicts")
    cancellation_notification = _switch(
        "Mail the client when I delete the appointment in my calendar"
    )
    external_move = forms.ChoiceField(
        label="When I move an appointment in my calendar", choices=MOVES
    )
    external_deletion = forms.ChoiceField(label="When I delete one", choices=DELETIONS)
    hold_seconds = _number("Hold a deletion for, seconds", 0, 3600)
    days_in_arrears = _number(
        "Days in arrears", 0, 3650, required=False, help_text="Empty: no limit."
    )
    days_in_advance = _number(
        "Days in advance", 0, 3650, required=False, help_text="Empty: no limit."
    )
    include__client = _switch("Client appointments")
    include__casual = _switch("Casual appointments")
    include__meeting = _switch("Meetings")
    include__recurring = _switch("Recurring meetings")
    include__unavailable = _switch("Unavailable times")
    include__cancelled = forms.ChoiceField(
        label="Cancelled appointments",
        choices=(("remove", "Remove"), ("mark", 'Keep, marked "Cancelled"')),
    )
    title_template = forms.CharField(
        label="Title",
        max_length=500,
        help_text="{service} {service_short} {client} {kind} {place} are filled in.",
    )
    name_level = forms.ChoiceField(label="Name of the client", choices=NAME_LEVELS)
    details__phone = _switch("Phone")
    details__notes = _switch("Notes (others who see the calendar can read them)")
    details__service = _switch("Service")
    details__place = _switch("Place")
    details__book_link = _switch("Link to the book")
    details__private = _switch("Mark as private")
    titles = forms.ChoiceField(
        label="Who sees the title of my own events",
        choices=(("nobody", "Nobody: titles are not stored"), ("owner", "Only me")),
    )
    busy__tentative = _switch("Tentative events count as busy")
    busy__out_of_office = _switch("Out of office counts as busy")
    busy__working_elsewhere = _switch("Working elsewhere counts as busy")
    unreadable__after_seconds = _number("Unreadable after, seconds", 30, 900)
    unreadable__then = forms.ChoiceField(
        label="Then online booking",
        choices=(
            ("close", "Closes these times"),
            ("call", "Asks people to call"),
            ("offer", "Goes on offering (risk of double booking)"),
        ),
    )
    threshold__changes = _number("Ask me above, changes", 1, 10_000)
    threshold__percent = _number("or above, percent", 1, 100)
    threshold__deletions = _number("or above, deletions", 1, 10_000)

    SECTIONS = (
        (
            "Directions",
            (
                "push__enabled",
                "push__mode",
                "pull__enabled",
                "pull__mode",
                "check_conflicts",
                "cancellation_notification",
                "external_move",
                "external_deletion",
                "hold_seconds",
            ),
        ),
        ("Period", ("days_in_arrears", "days_in_advance")),
        (
            "Entries to include",
            tuple(
                f"include__{name}"
                for name in (
                    "client",
                    "casual",
                    "meeting",
                    "recurring",
                    "unavailable",
                    "cancelled",
                )
            ),
        ),
        (
            "Details to include",
            (
                "title_template",
                "name_level",
                "details__service",
                "details__place",
                "details__book_link",
                "details__phone",
                "details__notes",
                "details__private",
            ),
        ),
        (
            "Pulling",
            ("busy__tentative", "busy__out_of_office", "busy__working_elsewhere", "titles"),
        ),
        (
            "Safety",
            (
                "threshold__changes",
                "threshold__percent",
                "threshold__deletions",
                "unreadable__after_seconds",
                "unreadable__then",
            ),
        ),
    )

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields by the headings of the page."""
        return [(title, [self[name] for name in names]) for title, names in self.SECTIONS]

    def changes(self) -> dict[str, Any]:
        """Return what was typed as the engine stores it."""
        changes: dict[str, Any] = {}
        for name, value in self.cleaned_data.items():
            *outer, last = name.split("__")
            place = changes.setdefault(outer[0], {}) if outer else changes
            place[last] = value
        return changes


def typed_from(settings: SyncSettings) -> dict[str, Any]:
    """Return the settings as the form's first values."""
    found: dict[str, Any] = {}
    for name, value in asdict(settings).items():
        if isinstance(value, dict):
            found |= {f"{name}__{inner}": deep for inner, deep in value.items()}
        else:
            found[name] = value
    return found
