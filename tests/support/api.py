"""A caller of the API whose every answer is held against the OpenAPI document."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from django.test import Client
from jsonschema import (  # type: ignore[import-untyped]  # it ships no types
    Draft202012Validator,
    FormatChecker,
)

from appointed.api.app import api

ROOT = "/api/v1"


class Caller:
    """Calls as a program does, with a key; `last` is the last answer."""

    def __init__(self, key: str | None) -> None:
        self._client = Client(raise_request_exception=True)
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def get(self, path: str, **query: Any) -> Answer:
        return self._call("GET", path, query=query)

    def post(self, path: str, body: Any = None, *, headers: dict[str, str] | None = None) -> Answer:
        return self._call("POST", path, body=body, headers=headers)

    def patch(self, path: str, body: Any, *, version: object = None) -> Answer:
        return self._call("PATCH", path, body=body, headers=_if_match(version))

    def delete(self, path: str, *, version: object = None) -> Answer:
        return self._call("DELETE", path, headers=_if_match(version))

    def call(self, method: str, path: str, **how: Any) -> Answer:
        return self._call(method, path, **how)

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        response = self._client.generic(
            method,
            ROOT + path,
            data="" if body is None else data,
            content_type="application/json",
            query_params=query or None,
            headers={**self._headers, **(headers or {})},
        )
        validate(method, path.partition("?")[0], response)
        return Answer(response)


class Answer:
    """An answer, which agrees with the document."""

    def __init__(self, response: Any) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.json: Any = json.loads(response.content) if response.content else None

    @property
    def fields(self) -> dict[str, str]:
        """Return what was wrong, by field."""
        fields: dict[str, str] = self.json["error"]["fields"]
        return fields

    @property
    def code(self) -> str:
        """Return the code of the error."""
        return str(self.json["error"]["code"])


def validate(method: str, path: str, response: Any) -> None:
    """Fail where an answer is not as the OpenAPI document says."""
    call = _calls().get(method, {})
    operation = next((op for pattern, op in call.items() if pattern.fullmatch(path)), None)
    if operation is None:
        _check({"$ref": "#/components/schemas/ErrorAnswer"}, response)
        return
    status = str(response.status_code)
    assert status in operation["responses"], f"{method} {path} answered {status}, undocumented"
    content = operation["responses"][status].get("content")
    if content is None:
        assert not response.content
        return
    _check(content["application/json"]["schema"], response)


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document as callers get it."""
    found: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix="")))
    return found


@cache
def _calls() -> dict[str, dict[re.Pattern[str], dict[str, Any]]]:
    calls: dict[str, dict[re.Pattern[str], dict[str, Any]]] = {}
    for path, methods in document()["paths"].items():
        pattern = re.compile(re.sub(r"\{[^}]+\}", "[0-9a-f-]{36}", path))
        for method, operation in methods.items():
            calls.setdefault(method.upper(), {})[pattern] = operation
    return calls


def _check(schema: dict[str, Any], response: Any) -> None:
    whole = {**schema, "components": document()["components"]}
    checker = Draft202012Validator(whole, format_checker=FormatChecker())
    checker.validate(json.loads(response.content))


def _if_match(version: object) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}
