"""For probes and graphs: is it up, is it ready, how much is there to do."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from appointed.sync.selectors_health import Health, look_at_health

HELP = {
    "workers": "Workers that were heard of lately.",
    "wake_ups_waiting": "Looks at accounts that wait for a worker.",
    "changes_waiting": "Changes in the book that no calendar was told yet.",
    "accounts": "Accounts at providers, by state.",
    "notices": "Mails, by state.",
    "seconds_since_last_success": "Age of the oldest last success among the accounts in order.",
}


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer: then this process is up."""
    return HttpResponse("up\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when database and worker answer, else 503 with what is missing."""
    missing = list(look_at_health().missing)
    return JsonResponse({"ready": not missing, "missing": missing}, status=503 if missing else 200)


@never_cache
@require_safe
def metrics(_request: HttpRequest) -> HttpResponse:
    """Answer the numbers as Prometheus reads them; none of them names anybody."""
    text = prometheus_text(look_at_health())
    return HttpResponse(text, content_type="text/plain; version=0.0.4")


def prometheus_text(health: Health) -> str:
    """Return the numbers in Prometheus' text format."""
    lines = [
        "# HELP appointed_database_up 1 when the database answers.",
        "# TYPE appointed_database_up gauge",
        f"appointed_database_up {int(health.database)}",
    ]
    for name, help_text in HELP.items():
        lines += [f"# HELP appointed_{name} {help_text}", f"# TYPE appointed_{name} gauge"]
        lines += [
            f"appointed_{name}{_label(label)} {number}"
            for (number_of, label), number in sorted(health.numbers.items())
            if number_of == name
        ]
    return "\n".join(lines) + "\n"


def _label(label: str) -> str:
    return f'{{state="{label}"}}' if label else ""
