"""Every address of the program: the HTTP API and the pages."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("appointed.web.urls_health")),
    path("", include("appointed.web.urls")),
]
