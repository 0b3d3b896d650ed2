"""Looking: what changed in a calendar, or everything that is in it, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from appointed.core.events import RemoteEvent
from appointed.core.windows import Window
from appointed.ical.reading import NoEvent, Unreadable
from appointed.providers.caldav import xml
from appointed.providers.caldav.client import GONE, MULTISTATUS, DavClient
from appointed.providers.caldav.mapping import canonical_path, is_inside, series_window, to_event
from appointed.providers.caldav.xml import BadXml, Response
from appointed.providers.http import REDIRECTS, Answer
from appointed.providers.port import (
    CalendarGone,
    Page,
    ProviderUnavailable,
    SyncTokenExpired,
    Tombstone,
)

BATCH = 50
MOST_PARTS = 1000
TOMBSTONES = frozenset({404, 410, 418})
TRY_LATER = frozenset({502, 503, 504})
INSUFFICIENT = 507
OK = 200
FIRST_ERROR = 400
FIRST_SERVER_ERROR = 500
DATA = f"{{{xml.CALDAV}}}calendar-data"
ETAG = "{DAV:}getetag"
TYPE = "{DAV:}resourcetype"
RESTARTING_ETAG = '"gcs'


@dataclass(slots=True)
class _Report:
    """What a report named: members by canonical path, with href as listed and version."""

    members: dict[str, tuple[str, str]] = field(default_factory=dict)
    gone: dict[str, None] = field(default_factory=dict)
    unread: dict[str, None] = field(default_factory=dict)
    token: str | None = None

    def add(self, path: str, response: Response) -> None:
        """Take in what a response says of a member; what is said later counts."""
        for kind in (self.members, self.gone, self.unread):
            kind.pop(path, None)
        if response.status in TOMBSTONES:
            self.gone[path] = None
        elif response.status >= FIRST_ERROR or (response.refused and not response.props):
            self.unread[path] = None
        else:
            self.members[path] = (response.href, response.text(ETAG))


class _ReportRefused(Exception):
    """The server has no use for this report or its token."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


def changes(
    client: DavClient,
    calendar: str,
    token: str | None,
    window: Window,
    known: Mapping[str, str],
) -> Iterator[Page]:
    """Yield what the port's `changes` promises.

    The token comes from the report itself, never from a property: between two requests
    something may have been written.
    """
    report = _everything(client, calendar) if token is None else _since(client, calendar, token)
    same = {path for path, (_, etag) in report.members.items() if _holds(known, path, etag)}
    wanted = [(path, href) for path, (href, _) in report.members.items() if path not in same]
    series = series_window(window, datetime.now(UTC))
    versions = {path: etag for path, (_, etag) in report.members.items()}
    for start in range(0, len(wanted), BATCH):
        loader = _Loader(client, calendar, versions, window, series)
        loader.load(wanted[start : start + BATCH])
        yield loader.page()
    whole = token is None
    yield Page(
        tombstones=() if whole else tuple(Tombstone(path) for path in report.gone),
        unread=tuple(report.unread),
        listed=frozenset((*report.members, *report.unread) if whole else same),
        complete=whole,
        next_token=report.token,
    )


def _holds(known: Mapping[str, str], path: str, etag: str) -> bool:
    """Say whether the caller has this very version; SOGo's counters start anew after a deletion."""
    return bool(etag) and known.get(path) == etag and not etag.startswith(RESTARTING_ETAG)


# ── reports ──────────────────────────────────────────────────────────────────────────────


def _since(client: DavClient, calendar: str, token: str) -> _Report:
    try:
        report = _collect(client, calendar, token)
    except _ReportRefused as refused:
        _check_calendar(client, calendar, refused.status)
        raise SyncTokenExpired("The server no longer knows what we saw last.") from None
    _check_rights(client, calendar, report)
    return report


def _everything(client: DavClient, calendar: str) -> _Report:
    try:
        report = _collect(client, calendar, "")
    except _ReportRefused as refused:
        _check_calendar(client, calendar, refused.status)
        report = _listing(client, calendar)
    _check_rights(client, calendar, report)
    if not report.members and _listing(client, calendar).members:
        raise ProviderUnavailable("The server listed nothing and then something.")
    return report


def _collect(client: DavClient, calendar: str, token: str) -> _Report:
    """Return what sync-collection says since `token`, through all parts of a cut answer."""
    report = _Report()
    for _ in range(MOST_PARTS):
        answer = client.report(calendar, xml.sync_collection(token))
        if answer.status != MULTISTATUS:
            raise _ReportRefused(answer.status)
        multistatus = client.multistatus(answer)
        cut = _take_in(client, calendar, report, answer, multistatus.responses)
        if not multistatus.sync_token or (cut and multistatus.sync_token == token):
            raise _ReportRefused(answer.status)
        token = report.token = multistatus.sync_token
        if not cut:
            return report
    raise _ReportRefused(INSUFFICIENT)


def _take_in(
    client: DavClient,
    calendar: str,
    report: _Report,
    answer: Answer,
    responses: Sequence[Response],
) -> bool:
    """Add what was said; return whether the server cut its answer short."""
    cut = False
    own = client.path_of(calendar)
    for response in responses:
        path = canonical_path(response.href, answer.url)
        if response.status == INSUFFICIENT:
            cut = True
        elif is_inside(path, own):
            report.add(path, response)
        elif path.rstrip("/") == own.rstrip("/") and response.status in GONE | {403}:
            raise _gone()
    return cut


def _listing(client: DavClient, calendar: str) -> _Report:
    """Return all members by PROPFIND; the calendar itself must be among them."""
    answer = client.propfind(calendar, ("D:getetag", "D:resourcetype"), depth="1")
    report, own, present = _Report(), client.path_of(calendar), False
    for response in client.multistatus(answer).responses:
        path = canonical_path(response.href, answer.url)
        kinds = response.props.get(TYPE)
        tags = kinds.tags() if kinds is not None else frozenset()
        if path.rstrip("/") == own.rstrip("/"):
            present = f"{{{xml.CALDAV}}}calendar" in tags
        elif is_inside(path, own) and "{DAV:}collection" not in tags:
            report.add(path, response)
    if not present:
        raise ProviderUnavailable("The server listed a calendar without the calendar.")
    return report


def _check_calendar(client: DavClient, calendar: str, status: int) -> None:
    """Raise what a refused report means, unless the calendar is there and well."""
    if status in TRY_LATER:
        raise ProviderUnavailable(f"The server answered {status}.")
    if status in REDIRECTS or client.collection(calendar) is None:
        raise _gone()


def _check_rights(client: DavClient, calendar: str, report: _Report) -> None:
    """Raise where everything is listed and nothing may be read: a share was withdrawn."""
    if report.unread and not report.members and client.collection(calendar) is None:
        raise _gone()


def _gone() -> CalendarGone:
    return CalendarGone("The calendar is not there, or no longer ours to see.")


# ── events ───────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Loader:
    """Loads events: those of a batch at once, and those that spoil a batch one by one.

    `unread` holds what could not be read, with the server's last word on it.
    """

    client: DavClient
    calendar: str
    versions: Mapping[str, str]
    window: Window
    series: Window
    events: list[RemoteEvent] = field(default_factory=list)
    unread: dict[str, int] = field(default_factory=dict)

    def page(self) -> Page:
        """Return what was loaded.

        Raises: `ProviderUnavailable` where the server failed for every single one.
        """
        failed = self.unread and all(s >= FIRST_SERVER_ERROR for s in self.unread.values())
        if failed and not self.events:
            raise ProviderUnavailable("The server lists events and hands out none.")
        return Page(upserts=tuple(self.events), unread=tuple(self.unread))

    def load(self, batch: Sequence[tuple[str, str]]) -> None:
        """Load a batch; one that fails as a whole is halved until the bad event stands alone."""
        responses = self._multiget(batch)
        if responses is not None:
            for path, _ in batch:
                self._take(path, responses.get(path))
        elif len(batch) == 1:
            self._take_alone(batch[0][0])
        else:
            middle = len(batch) // 2
            self.load(batch[:middle])
            self.load(batch[middle:])

    def _multiget(self, batch: Sequence[tuple[str, str]]) -> Mapping[str, Response] | None:
        """Return the answers by path (hrefs go out as they were listed), or None for no answer."""
        question = xml.multiget(href for _, href in batch)
        try:
            answer = self.client.report(self.calendar, question, depth="1")
        except ProviderUnavailable as error:
            if error.code:
                raise
            return None  # larger than is read
        if answer.status != MULTISTATUS:
            if answer.status < FIRST_SERVER_ERROR:
                _check_calendar(self.client, self.calendar, answer.status)
            return None
        try:
            responses = xml.parse_multistatus(answer.body).responses
        except BadXml:
            return None
        return {canonical_path(response.href, answer.url): response for response in responses}

    def _take(self, path: str, response: Response | None) -> None:
        data = response.props.get(DATA) if response is not None else None
        if response is None or response.status in GONE:
            self.unread[path] = 404
        elif data is None:
            self._take_alone(path)
        else:
            self._read(path, response.text(ETAG), data.text.encode())

    def _take_alone(self, path: str) -> None:
        answer = self.client.get(path)
        if answer.status == OK:
            self._read(path, answer.headers.get("etag", ""), answer.body)
        else:
            self.unread[path] = answer.status

    def _read(self, path: str, version: str, body: bytes) -> None:
        told = version or self.versions[path]
        try:
            self.events.append(to_event(path, told, body, self.window, self.series))
        except NoEvent:
            return
        except Unreadable:
            self.unread[path] = OK
