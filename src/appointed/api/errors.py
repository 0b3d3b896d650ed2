"""How every refusal of the API looks, whatever refused."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from appointed.api.outputs import clash_out, current_out
from appointed.book.errors import BookError, Clash, Invalid, KeyReused, Missing, Refused, Stale
from appointed.sync.errors import NotConnected

logger = logging.getLogger(__name__)

SENTENCES = {
    "missing": "Enter it.",
    "extra_forbidden": "There is no such field here.",
}
FORBIDDEN, NOT_FOUND, CONFLICT, STALE, UNPROCESSABLE = 403, 404, 409, 412, 422


def answer_error(
    status: int,
    code: str,
    message: str,
    *,
    fields: Mapping[str, str] | None = None,
    beside: Mapping[str, Any] | None = None,
    text: str = "",
) -> HttpResponse:
    """Return the error envelope of the interface; `beside` stands next to `error`.

    `text` is the code of the sentence, where the product's texts have one.
    """
    error = {"code": code, "message": message, "fields": dict(fields or {})}
    if text:
        error["text"] = text
    return JsonResponse({"error": error, **(beside or {})}, status=status)


def handle_errors(api: NinjaAPI) -> None:
    """Have this API answer every error in the envelope."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        BookError: _book_error,
        ValidationError: _validation_error,
        HttpError: _http_error,
        AuthenticationError: _unauthorized,
        Http404: _not_found,
        Exception: _failure,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def no_such_address(request: HttpRequest, rest: str = "") -> HttpResponse:  # noqa: ARG001 - a view
    """Answer every address under the API that leads nowhere."""
    return answer_error(NOT_FOUND, "not_found", "There is nothing at this address.")


def in_envelope(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Put a view's bare "method not allowed" into the envelope."""

    @wraps(view)
    def enveloped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = view(request, *args, **kwargs)
        if answer.status_code != 405:  # noqa: PLR2004 - method not allowed
            return answer
        refused = answer_error(405, "method_not_allowed", "This address knows no such method.")
        refused["Allow"] = answer["Allow"]
        return refused

    return enveloped


def _book_error(request: HttpRequest, fault: BookError) -> HttpResponse:
    match fault:
        case Invalid():
            return answer_error(UNPROCESSABLE, fault.code, fault.message, fields=fault.fields)
        case KeyReused():
            return answer_error(UNPROCESSABLE, fault.code, fault.message)
        case NotConnected():
            return answer_error(UNPROCESSABLE, fault.code, fault.message, text=fault.text)
        case Refused():
            return answer_error(FORBIDDEN, fault.code, fault.message)
        case Missing():
            return answer_error(NOT_FOUND, fault.code, fault.message)
        case Stale():
            current = {"current": current_out(fault.current)}
            return answer_error(STALE, fault.code, fault.message, beside=current)
        case Clash():
            clashes = {"clashes": [clash_out(request.auth, c) for c in fault.clashes]}  # type: ignore[attr-defined]  # ninja sets it
            return answer_error(CONFLICT, fault.code, fault.message, beside=clashes)
        case _:
            return answer_error(CONFLICT, fault.code, fault.message)


def _validation_error(_request: HttpRequest, fault: ValidationError) -> HttpResponse:
    fields: dict[str, str] = {}
    for error in fault.errors:
        fields.setdefault(_field(error["loc"]), _sentence(error))
    wrong = Invalid(fields)
    return answer_error(UNPROCESSABLE, wrong.code, wrong.message, fields=fields)


def _field(loc: Sequence[Any]) -> str:
    """Return the field's own name: ninja puts where it comes from in front of it."""
    inner = [str(part) for part in loc if not isinstance(part, int)]
    if inner and inner[0] in {"body", "query", "path", "header"}:
        inner = inner[1:]
    if inner and inner[0] in {"body", "page"}:
        inner = inner[1:]
    return inner[0] if inner else "body"


def _sentence(error: Mapping[str, Any]) -> str:
    return SENTENCES.get(error["type"]) or f"{error['msg']}."


def _http_error(_request: HttpRequest, fault: HttpError) -> HttpResponse:
    if fault.status_code == 400:  # noqa: PLR2004 - bad request
        message = "The body is not JSON. Send a JSON object."
        return answer_error(400, "not_json", message)
    return answer_error(fault.status_code, "refused", str(fault))


def _unauthorized(_request: HttpRequest, _fault: AuthenticationError) -> HttpResponse:
    message = "Send a valid key: `Authorization: Bearer KEY`. `appointed api-key create` makes one."
    answer = answer_error(401, "unauthorized", message)
    answer["WWW-Authenticate"] = "Bearer"
    return answer


def _not_found(_request: HttpRequest, _fault: Http404) -> HttpResponse:
    return answer_error(NOT_FOUND, "not_found", "There is nothing at this address.")


def _failure(request: HttpRequest, fault: Exception) -> HttpResponse:
    """Answer a fault of ours; the log names the place, never what was in the values."""
    place = "".join(traceback.format_tb(fault.__traceback__))
    logger.error("%s %s failed: %s\n%s", request.method, request.path, type(fault).__name__, place)
    return answer_error(500, "failure", "This server failed. The log of the server says where.")
