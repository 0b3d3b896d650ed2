"""HTTP towards providers: where it may go, how long, how much; what became of a request.

Nothing is followed, retried or decoded that is not asked for here. Credentials go to the
origins that the client was made for and to no other.
"""

from __future__ import annotations

import base64
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import httpcore2
import httpx2

from appointed.providers.addresses import AddressGuard, NoSuchHost
from appointed.providers.port import AddressRefused

MEGABYTE = 1024 * 1024
MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
AGENT = "Appointed/0.1 (calendar sync)"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how large: `silence` between two bytes, `whole` for the whole exchange."""

    silence: float = 20.0
    whole: float = 120.0
    answer: int = 32 * MEGABYTE
    connections: int = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered, whole and unpacked."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class HttpFault(Exception):
    """No usable answer came."""


class NotSent(HttpFault):
    """The server was not reached: nothing can have been carried out."""


class CertificateRefused(NotSent):
    """The server's certificate is not trusted; `reason` says why, in OpenSSL's words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AnswerLost(HttpFault):
    """The request went out, wholly or in part, and no whole answer came back."""


class AnswerTooLarge(HttpFault):
    """The answer is larger than is read; the request was carried out."""


class RedirectRefused(HttpFault):
    """The server sends us to a place where we do not follow."""


# ── connections to checked addresses ─────────────────────────────────────────────────────


class _Exchange(threading.local):
    """What the connection below has to know of the request above it."""

    deadline: float = float("inf")
    plain: bool = False


class _TimedStream(httpcore2.NetworkStream):
    """A stream on which no exchange takes longer than it may, however slowly bytes drip."""

    def __init__(self, inner: httpcore2.NetworkStream, exchange: _Exchange) -> None:
        self._inner = inner
        self._exchange = exchange

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._exchange, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._exchange, timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        limit = _left(self._exchange, timeout)
        inner = self._inner.start_tls(ssl_context, server_hostname, limit)
        return _TimedStream(inner, self._exchange)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _CheckedBackend(httpcore2.NetworkBackend):
    """Connects to addresses that the guard has checked, and to no other."""

    def __init__(self, guard: AddressGuard, exchange: _Exchange) -> None:
        self._guard = guard
        self._exchange = exchange
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            addresses = self._guard.checked(host, port, plain=self._exchange.plain)
        except NoSuchHost as error:
            raise httpcore2.ConnectError("no such host") from error
        failure: Exception = httpcore2.ConnectError("no address")
        for address in addresses:
            try:
                stream = self._inner.connect_tcp(
                    address,
                    port,
                    _left(self._exchange, timeout),
                    local_address,
                    socket_options,
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream, self._exchange)
        raise failure


def _left(exchange: _Exchange, timeout: float | None) -> float:
    left = max(exchange.deadline - time.monotonic(), 0.001)
    return left if timeout is None else min(left, timeout)


class _Transport(httpx2.HTTPTransport):
    """httpx2's transport over a pool whose connections are checked."""

    def __init__(
        self, guard: AddressGuard, limits: Limits, certificates: str, exchange: _Exchange
    ) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=trust(certificates),
            max_connections=limits.connections,
            max_keepalive_connections=limits.connections,
            keepalive_expiry=30.0,
            network_backend=_CheckedBackend(guard, exchange),
        )


@lru_cache(maxsize=16)
def trust(certificates: str = "") -> ssl.SSLContext:
    """Return a context that trusts the usual authorities and `certificates` (PEM)."""
    context = httpx2.create_ssl_context()
    if certificates:
        context.load_verify_locations(cadata=certificates)
    return context


# ── the client ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Access:
    """Whom the credentials are for: the origin of `url`, and hosts named by the provider.

    `hosts` are host names; one that begins with a dot stands for all below it.
    """

    url: str
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    hosts: tuple[str, ...] = ()

    def covers(self, url: str) -> bool:
        """Say whether credentials may be sent to `url`."""
        target, home = _parts(url), _parts(self.url)
        if target is None or home is None or target.hostname is None:
            return False
        if _origin(target) == _origin(home):
            return True
        if target.scheme != "https":
            return False
        if target.hostname == home.hostname and home.scheme == "http":
            return _port(target) == 443  # noqa: PLR2004 - the same host, now with TLS
        return _port(target) == 443 and any(  # noqa: PLR2004 - likewise
            target.hostname.endswith(host) if host.startswith(".") else target.hostname == host
            for host in self.hosts
        )


class HttpClient:
    """One account's connections; several threads may use it at once."""

    def __init__(
        self,
        access: Access,
        *,
        guard: AddressGuard,
        limits: Limits | None = None,
        certificates: str = "",
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.access = access
        self.limits = limits or Limits()
        self._guard = guard
        self._exchange = _Exchange()
        self._client = httpx2.Client(
            transport=transport or _Transport(guard, self.limits, certificates, self._exchange),
            timeout=httpx2.Timeout(self.limits.silence, pool=self.limits.whole),
            headers={"User-Agent": AGENT, "Accept-Encoding": "gzip"},
            trust_env=False,
        )
        secret = f"{access.username}:{access.password}".encode()
        self._authorization = f"Basic {base64.b64encode(secret).decode()}"

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def follow(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b""
    ) -> Answer:
        """Return the answer to a request that changes nothing, after redirects (five at most).

        Raises: as `send`, and `RedirectRefused`.
        """
        for _ in range(MOST_REDIRECTS + 1):
            answer = self.send(method, url, headers=headers, content=content)
            place = answer.headers.get("location", "")
            if answer.status not in REDIRECTS or not place:
                return answer
            url = self.safe(urljoin(url, place))
            if not self.access.covers(url):
                raise self._refused(url)
        raise RedirectRefused

    def _refused(self, url: str) -> Exception:
        """Return why `url` is not followed: an address inside this network has its own reason."""
        parts = urlsplit(url)
        try:
            self._guard.checked(parts.hostname or "", _port(parts), plain=False)
        except AddressRefused as error:
            return error
        except NoSuchHost:
            pass
        return RedirectRefused()

    def safe(self, url: str) -> str:
        """Return `url` with TLS wherever the setting does not allow to go without.

        Raises: `AddressRefused` for what is no address of a web server.
        """
        parts = _parts(url)
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise AddressRefused("That is not the address of a server.")
        if parts.scheme == "http" and not self._guard.allows_plain(parts.hostname, _port(parts)):
            host = parts.netloc.rpartition("@")[2]
            return parts._replace(scheme="https", netloc=host.removesuffix(":80")).geturl()
        return url

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b""
    ) -> Answer:
        """Return the answer to one request; a redirect is an answer like any other.

        Raises: `AddressRefused`, `NotSent`, `CertificateRefused`, `AnswerLost`,
        `AnswerTooLarge`, `RedirectRefused` (credentials are not for that place).
        """
        if not self.access.covers(url):
            raise RedirectRefused
        self._exchange.deadline = time.monotonic() + self.limits.whole
        self._exchange.plain = urlsplit(url).scheme == "http"
        sent = {**headers, "Authorization": self._authorization} if self._has_login() else headers
        try:
            with self._client.stream(method, url, headers=sent, content=content) as response:
                body = b"".join(self._unpacked(response))
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise _not_sent(error) from None
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError):
            raise AddressRefused("That is not the address of a server.") from None
        except httpx2.HTTPError as error:
            raise AnswerLost(type(error).__name__) from None
        return Answer(url, response.status_code, dict(response.headers), body)

    def _has_login(self) -> bool:
        return bool(self.access.username or self.access.password)

    def _unpacked(self, response: httpx2.Response) -> Iterator[bytes]:
        unpack = _unpacker(response.headers.get("content-encoding", ""))
        read = 0
        for packed in response.iter_raw():
            if time.monotonic() > self._exchange.deadline:
                raise AnswerLost("too slow")
            for piece in unpack(packed):
                read += len(piece)
                if read > self.limits.answer:
                    raise AnswerTooLarge
                yield piece


def _unpacker(encoding: str) -> Callable[[bytes], Iterator[bytes]]:
    """Return what unpacks an answer bit by bit, never more than a megabyte at once."""
    if encoding.strip().lower() not in {"gzip", "x-gzip", "deflate"}:
        return lambda packed: iter((packed,))
    engine = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def unpack(packed: bytes) -> Iterator[bytes]:
        while packed:
            try:
                piece = engine.decompress(packed, MEGABYTE)
            except zlib.error:
                raise AnswerLost("broken compression") from None
            packed = engine.unconsumed_tail
            if piece:
                yield piece

    return unpack


def _not_sent(error: Exception) -> HttpFault:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return CertificateRefused(cause.verify_message or "not trusted")
        if isinstance(cause, ssl.SSLError):
            return CertificateRefused((cause.reason or "no TLS").replace("_", " ").lower())
        cause = cause.__cause__ or cause.__context__
    return NotSent(type(error).__name__)


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _port(parts)
    except ValueError:
        return None
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _origin(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, _port(parts)
