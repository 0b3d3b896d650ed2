"""What the pages say in a demo, and nowhere else: that it is one, and where the other side is."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def demo_links(_request: HttpRequest) -> dict[str, str]:
    """Return the address of the other side for the templates; nothing outside a demo."""
    return {"demo_url": settings.APPOINTED_DEMO_URL} if settings.APPOINTED_DEMO_URL else {}
