"""The HTTP API as a whole; every resource has a module of its own."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from ninja import NinjaAPI

from appointed.api import (
    appointments,
    audit,
    busy,
    clients,
    connections,
    practitioners,
    services,
)
from appointed.api.auth import Key
from appointed.api.docs import show_docs, show_document
from appointed.api.errors import handle_errors, in_envelope, no_such_address

api = NinjaAPI(
    title="Appointed",
    version="1",
    description="The appointment book and its calendars. Errors, lists and versions look the "
    "same everywhere: see the schemas ErrorAnswer, ConflictAnswer and StaleAnswer.",
    docs_url=None,
    openapi_url=None,
    auth=Key(),
    urls_namespace="api",
)
handle_errors(api)
api.add_router("/practitioners", practitioners.router)
api.add_router("/clients", clients.router)
api.add_router("/services", services.router)
api.add_router("/appointments", appointments.router)
api.add_router("/busy", busy.router)
api.add_router("/audit", audit.router)
api.add_router("/connections", connections.router)
api.add_router("/runs", connections.runs)


def addresses() -> tuple[list[URLPattern | URLResolver], str, str]:
    """Return everything under `/api/v1/`: call it once, when every router is in."""
    patterns, app_name, namespace = api.urls
    for pattern in patterns:
        if isinstance(pattern, URLPattern) and pattern.callback is not None:
            pattern.callback = in_envelope(pattern.callback)
    own: list[URLPattern | URLResolver] = [
        path("", no_such_address),
        path("openapi.json", show_document, {"api": api}, name="openapi-json"),
        path("docs", show_docs, {"api": api}, name="docs"),
        *patterns,
        path("<path:rest>", no_such_address),
    ]
    return own, app_name, namespace
