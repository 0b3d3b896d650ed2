"""The server itself: threads on loopback, one account, everything it was asked kept."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import unquote

from appointed_standins.caldav.quirks import Quirks
from appointed_standins.caldav.responder import Reply, Request, Responder
from appointed_standins.caldav.store import Store

__all__ = ["QuirkyServer", "Request"]

LENGTH = re.compile(r"^\d+$")


@dataclass(slots=True)
class _Counts:
    in_flight: int = 0


class QuirkyServer:
    """A running server; use it in a `with` statement."""

    def __init__(self, quirks: Quirks | None = None) -> None:
        self.quirks = quirks or Quirks()
        self.store = Store()
        self.requests: list[Request] = []
        self.lock = threading.RLock()
        self.counts = _Counts()
        owner = self

        class Handler(_Handler):
            server_of = owner

        self._http = _Http(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def seen(self, *methods: str) -> list[Request]:
        """Return the requests that came in, of these methods or all."""
        with self.lock:
            return [r for r in self.requests if not methods or r.method in methods]

    def answer(self, request: Request) -> Reply:
        """Return what this server says to a request."""
        with self.lock:
            self.requests.append(request)
            self.counts.in_flight += request.is_write
            crowded = self.quirks.parallel_status and self.counts.in_flight > 1
        try:
            if request.is_write and self.quirks.parallel_status:
                threading.Event().wait(0.01)  # long enough that writers meet
                crowded = crowded or self.counts.in_flight > 1
            if request.is_write and crowded:
                return Reply(self.quirks.parallel_status)
            with self.lock:
                return Responder(self.quirks, self.store, self.url.rstrip("/")).reply(request)
        finally:
            with self.lock:
                self.counts.in_flight -= request.is_write


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server_of: QuirkyServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base names it
        """Nothing is logged."""

    def __getattr__(self, name: str) -> object:
        """Handle every method that there is."""
        if name.startswith("do_"):
            return self._handle
        raise AttributeError(name)

    def _handle(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        body = self.rfile.read(int(length)) if LENGTH.match(length) else b""
        if len(body) < int(length):
            self.close_connection = True  # a request cut short is stored by none
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = unquote(self.path)
        request = Request(self.command, path, headers, body, _login(headers))
        self._send(self.server_of.answer(request))

    def _send(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status not in {204, 304}:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)
        self.wfile.flush()


def _login(headers: Mapping[str, str]) -> tuple[str, str]:
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    user, _, password = base64.b64decode(secret).decode().partition(":")
    return user, password
