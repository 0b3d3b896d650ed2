"""Every address of the program: the HTTP API and the pages."""

from __future__ import annotations

from django.urls import include, path

from appointed.api.app import addresses

urlpatterns = [
    path("api/v1/", addresses()),
    path("", include("appointed.web.urls_health")),
    path("", include("appointed.web.urls")),
]
