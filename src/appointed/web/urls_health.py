"""The addresses of probes and graphs."""

from __future__ import annotations

from django.urls import path

from appointed.web.views.health import healthz, metrics, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
