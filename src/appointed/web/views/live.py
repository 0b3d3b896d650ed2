"""What keeps open windows in agreement: the stream of versions, and the same as a question."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from appointed.book.access import Actor
from appointed.book.selectors.people import actor_of_user
from appointed.web.live import version_stream
from appointed.web.versions import practice_version


async def live(request: HttpRequest) -> HttpResponseBase:
    """Stream the practice's versions; a request that accepts JSON only is told the present one."""
    actor = await sync_to_async(_actor)(request)
    if actor is None:
        return HttpResponse(status=403)
    if request.headers.get("Accept") == "application/json":
        version = await sync_to_async(practice_version)(actor.practice_id)
        return JsonResponse({"version": version})
    known = _known(request)
    await sync_to_async(_give_back)()  # the stream lives long; the pool is small
    answer = StreamingHttpResponse(
        version_stream(actor.practice_id, known=known), content_type="text/event-stream"
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


def _actor(request: HttpRequest) -> Actor | None:
    return actor_of_user(request.user.pk) if request.user.is_authenticated else None


def _give_back() -> None:
    connection.close()  # looked up in the thread that holds it


def _known(request: HttpRequest) -> int:
    text = request.headers.get("Last-Event-ID") or request.GET.get("version", "")
    return int(text) if text.isdecimal() else -1
