"""An HTTP proxy on loopback that spoils requests and answers, and counts all of them."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
WRITES = frozenset({"PUT", "DELETE", "MKCALENDAR", "MKCOL", "PROPPATCH", "MOVE", "COPY", "POST"})
READS = frozenset({"GET", "HEAD", "PROPFIND", "REPORT", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Drop:
    """The request does not arrive; the connection is closed."""


@dataclass(frozen=True, slots=True)
class LoseAnswer:
    """The request is carried out; the connection is closed without an answer."""


@dataclass(frozen=True, slots=True)
class CutRequest:
    """Half of the request's body arrives; then the connection is closed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The proxy answers; `executed` says whether the server carried the request out before."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    executed: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """The answer waits until `release` is called."""

    until: threading.Event


@dataclass(frozen=True, slots=True)
class Truncate:
    """The answer's body stops after `keep` bytes, though its length was promised."""

    keep: int


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The answer is what `change` makes of it."""

    change: Callable[[Reply], Reply]


@dataclass(frozen=True, slots=True)
class Repeat:
    """The server gets the request twice; the second answer is handed on."""


Effect = Drop | LoseAnswer | CutRequest | Answer | Hold | Truncate | Rewrite | Repeat


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer on its way."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """`effect` meets the next `times` requests with one of the methods and a path like this."""

    effect: Effect
    methods: frozenset[str]
    path: str = ""
    times: int = 1
    after: int = 0


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request as it came in, and the status that went out (0: none)."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int


class FaultProxy:
    """Stands before one server; `url` replaces the server's own origin."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "", parts.port or 80)
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self.exchanges: list[Exchange] = []
        self.in_flight = self.most_in_flight = 0
        self.open = self.most_open = self.connections = 0
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # ── planting and reading ─────────────────────────────────────────────────────────────

    def plant(
        self, effect: Effect, *methods: str, path: str = "", times: int = 1, after: int = 0
    ) -> None:
        """Have `effect` meet the next `times` requests, once `after` have passed unharmed."""
        with self._lock:
            self._faults.append(Fault(effect, frozenset(methods), path, times, after))

    def heal(self) -> None:
        with self._lock:
            self._faults.clear()

    def forget(self) -> None:
        """Start counting anew."""
        with self._lock:
            self.exchanges.clear()
            self.most_in_flight, self.most_open = self.in_flight, self.open
            self.connections = 0

    def seen(self, *methods: str) -> list[Exchange]:
        with self._lock:
            return [e for e in self.exchanges if not methods or e.method in methods]

    @property
    def writes(self) -> list[Exchange]:
        return self.seen(*WRITES)

    # ── carrying out ─────────────────────────────────────────────────────────────────────

    def take(self, method: str, path: str) -> Effect | None:
        with self._lock:
            for place, fault in enumerate(self._faults):
                if (fault.methods and method not in fault.methods) or fault.path not in path:
                    continue
                if fault.after > 0:
                    self._faults[place] = replace(fault, after=fault.after - 1)
                    return None
                if fault.times > 1:
                    self._faults[place] = replace(fault, times=fault.times - 1)
                else:
                    del self._faults[place]
                return fault.effect
        return None

    def forward(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Hand a request on, over a connection of its own."""
        connection = self.upstream()
        try:
            return self.forward_over(connection, method, path, headers, body)
        finally:
            connection.close()

    def upstream(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(*self._upstream, timeout=60)

    def forward_over(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Reply:
        """Hand a request on; a kept connection that the server closed is opened once more."""
        for again in (connection.sock is not None, False):
            try:
                connection.request(method, path, body=body or None, headers=dict(headers))
                response = connection.getresponse()
                return Reply(response.status, _kept(dict(response.getheaders())), response.read())
            except (ConnectionError, http.client.RemoteDisconnected):
                connection.close()
                if not again:
                    raise
        raise AssertionError

    def forward_half(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        connection = http.client.HTTPConnection(*self._upstream, timeout=60)
        with contextlib.suppress(OSError):
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body[: len(body) // 2])
        connection.close()

    def note(self, exchange: Exchange) -> None:
        with self._lock:
            self.exchanges.append(exchange)

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        with self._lock:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            yield
        finally:
            with self._lock:
                self.in_flight -= 1

    def connected(self, by: int) -> None:
        with self._lock:
            self.open += by
            self.connections += by > 0
            self.most_open = max(self.most_open, self.open)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    owner: FaultProxy

    def setup(self) -> None:
        super().setup()
        self.owner.connected(1)
        self.upstream = self.owner.upstream()

    def finish(self) -> None:
        self.owner.connected(-1)
        self.upstream.close()
        super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base names it
        pass

    def _handle(self) -> None:
        with self.owner.counted():
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = _kept(dict(self.headers.items()))
            reply = self._reply(headers, body)
            status = reply.status if reply is not None else 0
            self.owner.note(Exchange(self.command, self.path, headers, body, status))
            if reply is None:
                self.close_connection = True
            else:
                self._send(reply)

    def _reply(self, headers: Mapping[str, str], body: bytes) -> Reply | None:
        owner, command, path = self.owner, self.command, self.path
        effect = owner.take(command, path)
        match effect:
            case Drop():
                return None
            case CutRequest():
                owner.forward_half(command, path, headers, body)
                return None
            case Answer(status, added, content, executed):
                if executed:
                    owner.forward(command, path, headers, body)
                return Reply(status, added, content)
            case Repeat():
                owner.forward(command, path, headers, body)
            case _:
                pass
        reply = owner.forward_over(self.upstream, command, path, headers, body)
        match effect:
            case LoseAnswer():
                return None
            case Hold(until):
                until.wait(60)
            case Truncate(keep):
                promised = {**reply.headers, "X-Promised": str(len(reply.body))}
                return Reply(reply.status, promised, reply.body[:keep])
            case Rewrite(change):
                return change(reply)
            case _:
                pass
        return reply

    def _send(self, reply: Reply) -> None:
        headers = dict(reply.headers)
        length = headers.pop("X-Promised", str(len(reply.body)))
        self.send_response_only(reply.status)
        for name, value in headers.items():
            self.send_header(name, value)
        if reply.status not in {204, 304}:
            self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)
        self.wfile.flush()
        if length != str(len(reply.body)):
            self.close_connection = True

    def __getattr__(self, name: str) -> object:
        """Handle every method that there is."""
        if name.startswith("do_"):
            return self._handle
        raise AttributeError(name)


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}
