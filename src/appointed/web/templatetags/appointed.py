"""What templates of the pages may use beside Django's own tags."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from appointed.web.assets import asset_url

register = template.Library()


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
