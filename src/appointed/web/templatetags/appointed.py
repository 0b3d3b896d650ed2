"""What templates of the pages may use beside Django's own tags."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from appointed.book.facts import PracticeFacts
from appointed.sync.selectors import SyncState
from appointed.web.assets import asset_url
from appointed.web.forms.practice import ROLES
from appointed.web.when import clock, said_at
from appointed.web.words import STATUSES, SYNC_WORDS

register = template.Library()
ROLE_WORDS = dict(ROLES)


@register.simple_tag
def asset(name: str) -> str:
    """Return the address of a built file."""
    return asset_url(name)


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return an icon that says nothing to a screen reader; the words stand beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        asset_url("icons.svg"),
        name,
    )


@register.filter(name="clock")
def clock_filter(moment: datetime, practice: PracticeFacts) -> str:
    """Return the time of day as the practice reads it."""
    return clock(moment, practice)


@register.filter(name="said_at")
def said_at_filter(moment: datetime, practice: PracticeFacts) -> str:
    """Return day and time as the practice reads them."""
    return said_at(moment, practice)


@register.simple_tag
def status_pill(status: str) -> SafeString:
    """Return the state of an appointment as icon and words."""
    words, name, tone = STATUSES.get(status, (status, "circle", ""))
    return format_html('<span class="pill" data-tone="{}">{} {}</span>', tone, icon(name), words)


@register.simple_tag
def role_words(role: str) -> str:
    """Return a role as people call it."""
    return ROLE_WORDS.get(role, role)


@register.simple_tag
def status_words(status: str) -> str:
    """Return a state in words."""
    return STATUSES.get(status, (status, "", ""))[0]


@register.simple_tag
def sync_pill(mark: SyncState) -> SafeString:
    """Return where an entry stands in the calendar, as icon and words."""
    words, name, tone = SYNC_WORDS.get(mark.state, (mark.state, "circle", ""))
    return format_html('<span class="pill" data-tone="{}">{} {}</span>', tone, icon(name), words)
