"""The network: DAV requests, and what their faults mean for whoever asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from appointed.providers.caldav import xml
from appointed.providers.caldav.mapping import canonical_path, canonical_url, origin_of
from appointed.providers.caldav.xml import BadXml, Multistatus, Response
from appointed.providers.http import (
    REDIRECTS,
    Answer,
    AnswerLost,
    AnswerTooLarge,
    CertificateRefused,
    HttpClient,
    HttpFault,
    NotSent,
    RedirectRefused,
)
from appointed.providers.port import (
    CredentialsRejected,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
)
from appointed.providers.texts import fault

XML = {"Content-Type": "application/xml; charset=utf-8"}
PAUSES = (0.1, 0.5)
GONE = frozenset({404, 410})
MULTISTATUS = 207

Pause = Callable[[float], None]

COLLECTION = (
    "D:resourcetype",
    "D:displayname",
    "D:current-user-privilege-set",
    "D:resource-id",
    "D:owner",
    "D:supported-report-set",
    "C:supported-calendar-component-set",
    "C:calendar-timezone",
    "A:calendar-color",
)
WRITING = frozenset(f"{{DAV:}}{name}" for name in ("write", "write-content", "bind", "all"))


@dataclass(frozen=True, slots=True)
class Voice:
    """How this provider words a refused sign-in: a code, and another once it has worked."""

    refused: str = "C245"
    refused_later: str = ""
    worked_until: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as a PROPFIND shows it; `writable` is None where the server does not say."""

    path: str
    response: Response = field(repr=False)

    @property
    def is_calendar(self) -> bool:
        """Say whether it is a calendar that holds events."""
        kinds = self.response.props.get("{DAV:}resourcetype")
        if kinds is None or f"{{{xml.CALDAV}}}calendar" not in kinds.tags():
            return False
        return self._holds_events

    @property
    def _holds_events(self) -> bool:
        node = self.response.props.get(f"{{{xml.CALDAV}}}supported-calendar-component-set")
        return node is None or not node.children or "VEVENT" in node.names()

    @property
    def writable(self) -> bool | None:
        """Say whether events may be written; None where the server does not tell."""
        node = self.response.props.get("{DAV:}current-user-privilege-set")
        return bool(WRITING & node.tags()) if node is not None and node.children else None

    @property
    def epoch(self) -> str:
        """Return what changes when a calendar of this address is made anew, or nothing."""
        node = self.response.props.get("{DAV:}resource-id")
        href = node.find("{DAV:}href") if node is not None else None
        return href.text.strip() if href is not None else ""


class DavClient:
    """Asks one server on behalf of one account; several threads may use it at once."""

    def __init__(self, http: HttpClient, voice: Voice, pause: Pause = time.sleep) -> None:
        self.http = http
        self.home = canonical_url(http.access.url)
        self.pause = pause
        self._voice = voice

    @property
    def host(self) -> str:
        """Return the host's name, for the page only."""
        return urlsplit(self.home).hostname or ""

    def url_of(self, path: str) -> str:
        """Return the address of a path of this account, or of an id on another server."""
        return path if "://" in path else origin_of(self.home) + path

    def at(self, calendar: str) -> DavClient:
        """Return a client for which paths are those of the calendar's own server."""
        if "://" not in calendar:
            return self
        there = copy(self)
        there.home = canonical_url(calendar)
        return there

    def path_of(self, path: str) -> str:
        """Return the canonical path of a calendar, ended by a slash."""
        own = canonical_path(urlsplit(self.url_of(path)).path)
        return own if own.endswith("/") else f"{own}/"

    # ── reading ──────────────────────────────────────────────────────────────────────────

    def get(self, path: str) -> Answer:
        """Return the answer to a GET, whatever its status, as long as it concerns that event.

        Raises: what concerns the account, or `ProviderUnavailable`.
        """
        # Unpacked, because Apache marks the ETag of a packed answer.
        headers = {"Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "identity"}
        return self._read("GET", self.url_of(path), headers, b"")

    def report(self, path: str, body: bytes, *, depth: str = "0") -> Answer:
        """Return the answer to a REPORT; a redirect is an answer (a calendar does not move).

        Raises: as `get`.
        """
        return self._read("REPORT", self.url_of(path), {**XML, "Depth": depth}, body)

    def propfind(
        self, path: str, names: Iterable[str], *, depth: str = "0", follow: bool = False
    ) -> Answer:
        """Return the answer to a PROPFIND; with `follow`, after redirects.

        Raises: as `get`.
        """
        headers = {**XML, "Depth": depth}
        url = self.url_of(path)
        return self._read("PROPFIND", url, headers, xml.propfind(names), follow=follow)

    def collection(self, path: str) -> Collection | None:
        """Return the calendar at `path`, or None where there is none that we may see.

        Raises: as `get`; `ProviderUnavailable` where the answer is no answer.
        """
        answer = self.propfind(path, COLLECTION)
        if answer.status in GONE | REDIRECTS | {403, 405, 409}:
            return None
        responses = self.multistatus(answer).responses
        own = canonical_path(urlsplit(self.url_of(path)).path)
        for response in responses:
            found = Collection(own, response)
            here = canonical_path(response.href, answer.url).rstrip("/") == own.rstrip("/")
            if (here or len(responses) == 1) and response.status < 400 and found.is_calendar:  # noqa: PLR2004 – statuses of HTTP
                return found
        return None

    def multistatus(self, answer: Answer) -> Multistatus:
        """Return the content of a 207.

        Raises: `ProviderUnavailable` where it is none (a web page, a half answer).
        """
        if answer.status != MULTISTATUS:
            raise ProviderUnavailable(f"The server answered {answer.status}.")
        try:
            return xml.parse_multistatus(answer.body)
        except BadXml:
            raise ProviderUnavailable("The server's answer is not readable.") from None

    def _read(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        follow: bool = False,
    ) -> Answer:
        ask = self.http.follow if follow else self.http.send
        for pause in (*PAUSES, None):
            try:
                return self.settled(ask(method, url, headers=headers, content=body))
            except HttpFault as error:
                if pause is None or not _passes(error):
                    raise self.unavailable(error) from None
                self.pause(pause)
        raise AssertionError  # pragma: no cover - the last round returns or raises

    # ── writing ──────────────────────────────────────────────────────────────────────────

    def write(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return the answer to a request that changes something; sent once.

        Raises: `AnswerLost` where nobody knows, `AnswerTooLarge` (it was carried out);
        otherwise as `get`, and then nothing was changed.
        """
        for pause in (*PAUSES, None):
            try:
                answer = self.http.send(method, self.url_of(path), headers=headers, content=body)
                return self.settled(answer)
            except NotSent as error:
                if pause is None or not _passes(error):
                    raise self.unavailable(error) from None
                self.pause(pause)
            except RedirectRefused as error:
                raise self.unavailable(error) from None
        raise AssertionError  # pragma: no cover - the last round returns or raises

    # ── faults ───────────────────────────────────────────────────────────────────────────

    def settled(self, answer: Answer) -> Answer:
        """Return the answer unless it concerns the whole account.

        Raises: `CredentialsRejected`, `RateLimited`.
        """
        wait = _retry_after(answer)
        if answer.status == 401:  # noqa: PLR2004 - HTTP's own number
            raise self.refused()
        if answer.status == 429 or (answer.status == 503 and wait is not None):  # noqa: PLR2004 – statuses of HTTP
            limited = fault(RateLimited, "C292", provider=self.host)
            limited.retry_after = wait
            raise limited
        return answer

    def refused(self) -> CredentialsRejected:
        """Return the error for a refused sign-in, as this provider words it."""
        voice = self._voice
        code = voice.refused_later if voice.refused_later and voice.worked_until else voice.refused
        return fault(CredentialsRejected, code, host=self.host, date=voice.worked_until)

    def unavailable(self, error: HttpFault) -> ProviderError:
        """Return the port's error for a fault of the network."""
        match error:
            case CertificateRefused(reason=reason):
                return fault(ProviderUnavailable, "C246", host=self.host, reason=reason)
            case RedirectRefused():
                return ProviderUnavailable("The server sends us to another place.")
            case AnswerTooLarge():
                return ProviderUnavailable("The server's answer is larger than is read.")
            case _:
                return fault(ProviderUnavailable, "C291", provider=self._voice.label or self.host)


def _passes(error: HttpFault) -> bool:
    """Say whether the fault may be gone a moment later: a reset, not a silence of 20 s."""
    match error:
        case CertificateRefused() | AnswerTooLarge() | RedirectRefused():
            return False
        case AnswerLost() | NotSent():
            return "Timeout" not in str(error) and "slow" not in str(error)
        case _:
            return False


def _retry_after(answer: Answer) -> float | None:
    """Return how long to wait, by the server's own clock where it names a time."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        then = parsedate_to_datetime(text)
        now = parsedate_to_datetime(answer.headers.get("date", ""))
        return max(0.0, (then - now).total_seconds())
    except (TypeError, ValueError):
        return None
