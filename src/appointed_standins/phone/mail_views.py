"""The mails of everybody in the demo on a page; nothing here was sent anywhere."""

from __future__ import annotations

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from appointed_standins.phone.configuration import configuration
from appointed_standins.phone.mails import Mail, read, read_all, version_of


@require_GET
def mails(request: HttpRequest) -> HttpResponse:
    """List the mails, the newest first; `part=list` only the list."""
    folder = configuration().mails
    context = {"version": version_of(folder), "mails": read_all(folder), "in_mails": True}
    part = request.GET.get("part") == "list"
    return render(request, "phone/mail_list.html" if part else "phone/mails.html", context)


@require_GET
def version(_request: HttpRequest) -> HttpResponse:
    """Say in a word whether a mail arrived."""
    return JsonResponse({"version": version_of(configuration().mails)})


@require_GET
def mail(request: HttpRequest, name: str) -> HttpResponse:
    """Show a mail."""
    return render(request, "phone/mail.html", {"mail": _find(name), "in_mails": True})


@require_GET
@xframe_options_sameorigin
@csp_replace(  # type: ignore[arg-type]  # django-csp types views without arguments
    {
        "default-src": ["'none'"],
        "style-src": ["'unsafe-inline'"],
        "img-src": ["data:"],
        "frame-ancestors": ["'self'"],
        "sandbox": [],
    }
)
def page(_request: HttpRequest, name: str) -> HttpResponse:
    """Answer a mail's HTML as its reader sees it; it may colour itself and nothing else."""
    return HttpResponse(_find(name).page)


def _find(name: str) -> Mail:
    found = read(configuration().mails, name)
    if found is None:
        raise Http404
    return found
