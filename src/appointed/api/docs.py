"""The OpenAPI document as a page that needs no script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from ninja import NinjaAPI


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: str
    required: bool
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    address: str
    summary: str
    text: str
    parameters: tuple[Field, ...]
    body: str
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    name: str
    text: str
    fields: tuple[Field, ...]


def show_docs(request: HttpRequest, api: NinjaAPI) -> HttpResponse:
    """Show every call and every shape of the API."""
    document = _document(api)
    return render(
        request,
        "api/docs.html",
        {
            "title": document["info"]["title"],
            "text": document["info"]["description"],
            "tags": _by_tag(document),
            "shapes": list(_shapes(document)),
        },
    )


def show_document(request: HttpRequest, api: NinjaAPI) -> HttpResponse:  # noqa: ARG001 - a view
    """Answer the OpenAPI document itself."""
    return JsonResponse(_document(api))


@cache
def _document(api: NinjaAPI) -> Mapping[str, Any]:
    """Return the document; making it takes half a second, and it never changes."""
    return api.get_openapi_schema()


def _by_tag(document: Mapping[str, Any]) -> dict[str, list[Call]]:
    tags: dict[str, list[Call]] = {}
    for address, methods in document["paths"].items():
        for method, call in methods.items():
            tag = (call.get("tags") or ["Other"])[0]
            tags.setdefault(tag, []).append(_call(method, address, call))
    return tags


def _call(method: str, address: str, call: Mapping[str, Any]) -> Call:
    content = call.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {}).get("schema", {})
    return Call(
        method=method.upper(),
        address=address,
        summary=call["summary"],
        text=call.get("description", ""),
        parameters=tuple(_parameter(p) for p in call.get("parameters", ())),
        body=kind_of(body) if body else "",
        answers=tuple((str(status), _answer(a)) for status, a in call["responses"].items()),
    )


def _parameter(parameter: Mapping[str, Any]) -> Field:
    return Field(
        name=f"{parameter['name']} ({parameter['in']})",
        kind=kind_of(parameter["schema"]),
        required=parameter["required"],
        text=parameter.get("description", parameter["schema"].get("description", "")),
    )


def _answer(answer: Mapping[str, Any]) -> str:
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    return kind_of(schema) if schema else "nothing"


def _shapes(document: Mapping[str, Any]) -> Iterator[Shape]:
    for name, schema in sorted(document["components"]["schemas"].items()):
        required = set(schema.get("required", ()))
        fields = tuple(
            Field(field, kind_of(inner), field in required, inner.get("description", ""))
            for field, inner in schema.get("properties", {}).items()
        )
        yield Shape(name, schema.get("description", ""), fields)


def kind_of(schema: Mapping[str, Any]) -> str:
    """Return in words what a schema allows."""
    match schema:
        case {"$ref": ref}:
            return str(ref).rsplit("/", 1)[-1]
        case {"anyOf": choices} if "type" not in schema:
            return " or ".join(kind_of(choice) for choice in choices)
        case {"enum": values}:
            return " · ".join(str(value) for value in values)
        case {"type": "array", "items": items}:
            return f"list of {kind_of(items)}"
        case {"type": kind, "format": form}:
            return f"{kind} ({form})"
        case {"type": kind}:
            return str(kind)
        case _:
            return "anything"
