"""Finding the calendars of an account from the address that a person typed (RFC 6764)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urljoin, urlsplit

from appointed.ical.zones import known_zone
from appointed.providers.caldav import xml
from appointed.providers.caldav.client import COLLECTION, MULTISTATUS, Collection, DavClient
from appointed.providers.caldav.mapping import (
    calendar_id_of,
    canonical_path,
    canonical_url,
    origin_of,
)
from appointed.providers.caldav.xml import Response
from appointed.providers.http import Answer
from appointed.providers.port import (
    AccountFacts,
    AddressRefused,
    CalendarFacts,
    CalendarGone,
    ProviderUnavailable,
)
from appointed.providers.texts import fault

HOME_SET = f"{{{xml.CALDAV}}}calendar-home-set"
DEFAULT = f"{{{xml.CALDAV}}}schedule-default-calendar-URL"
INBOX = f"{{{xml.CALDAV}}}schedule-inbox-URL"
PRINCIPAL = "{DAV:}current-user-principal"
ASKED = ("D:current-user-principal", "D:resourcetype", "D:displayname", "C:calendar-home-set")
OF_PRINCIPAL = (
    "D:displayname",
    "D:principal-URL",
    "C:calendar-home-set",
    "C:calendar-user-address-set",
    "C:schedule-inbox-URL",
)
COLOUR_LENGTH = 7


@dataclass(frozen=True, slots=True)
class Account:
    """What discovery found: whole addresses throughout.

    `calendars` is not empty only where the address was that of a calendar and nothing leads
    further.
    """

    principal: str
    name: str
    homes: tuple[str, ...] = ()
    inbox: str = ""
    calendars: tuple[str, ...] = field(default=())

    def facts(self, username: str) -> AccountFacts:
        """Return who signed in; the principal's address is who it is for ever."""
        return AccountFacts(subject=self.principal, label=username or self.name)


def discover(client: DavClient, username: str) -> Account:
    """Return the account behind the client's address.

    Raises: `AddressRefused` (C241) where something answers that is no CalDAV; what concerns
    the account.
    """
    silence: ProviderUnavailable | None = None
    answered = False
    for url in dict.fromkeys(_candidates(client.home, username)):
        try:
            answer = client.propfind(url, ASKED, follow=True)
        except ProviderUnavailable as error:
            if error.code and not answered:
                raise  # nobody there, or not to be trusted: the same for every path
            silence = error
            continue
        answered = True
        if (account := _account_at(client, answer)) is not None:
            return account
    if silence is not None and silence.code:
        raise silence
    raise fault(AddressRefused, "C241", host=client.host)


def _candidates(home: str, username: str) -> Iterator[str]:
    """Yield where to ask, the address given first; some well-known ones lead to a dead end."""
    origin = origin_of(home)
    yield home
    yield f"{origin}/.well-known/caldav"
    yield f"{origin}/"
    yield f"{origin}/dav/"
    yield f"{origin}/remote.php/dav/"
    yield f"{origin}/SOGo/dav/{quote(username)}/"


def _account_at(client: DavClient, answer: Answer) -> Account | None:
    response = _only(client, answer)
    if response is None:
        return None
    if (principal := _href(response.props.get(PRINCIPAL))) is not None:
        url = urljoin(answer.url, principal)
        account = _of_principal(client, url)
        if account is not None:
            return account
    homes = _homes(response, answer.url)
    if homes:
        return Account(canonical_url(answer.url), response.text("{DAV:}displayname"), homes)
    here = Collection(canonical_path(urlsplit(answer.url).path), response)
    if here.is_calendar:
        url = canonical_url(answer.url)
        return Account(url, response.text("{DAV:}displayname"), calendars=(url,))
    return None


def _of_principal(client: DavClient, url: str) -> Account | None:
    answer = client.propfind(url, OF_PRINCIPAL, follow=True)
    response = _only(client, answer)
    homes = _homes(response, answer.url) if response is not None else ()
    if response is None or not homes:
        return None
    inbox = _href(response.props.get(INBOX))
    return Account(
        principal=canonical_url(answer.url),
        name=response.text("{DAV:}displayname"),
        homes=homes,
        inbox=canonical_url(urljoin(answer.url, inbox)) if inbox else "",
    )


def _only(client: DavClient, answer: Answer) -> Response | None:
    """Return the one response of a Depth 0 answer, whatever its href (iCloud gets it wrong)."""
    if answer.status != MULTISTATUS:
        return None
    try:
        responses = client.multistatus(answer).responses
    except ProviderUnavailable:
        return None
    return responses[0] if responses else None


def _homes(response: Response, base: str) -> tuple[str, ...]:
    node = response.props.get(HOME_SET)
    hrefs = node.all("{DAV:}href") if node is not None else ()
    urls = (canonical_url(urljoin(base, href.text.strip())) for href in hrefs if href.text.strip())
    return tuple(dict.fromkeys(url if url.endswith("/") else f"{url}/" for url in urls))


def _href(node: xml.Node | None) -> str | None:
    href = node.find("{DAV:}href") if node is not None else None
    return href.text.strip() or None if href is not None else None


# ── the calendars ────────────────────────────────────────────────────────────────────────


def list_calendars(client: DavClient, account: Account) -> tuple[CalendarFacts, ...]:
    """Return the event calendars of the account, sorted as the server lists them.

    Raises: `CalendarGone` (C247) where there is none.
    """
    listings = [(url, "1") for url in account.homes] + [(url, "0") for url in account.calendars]
    found = {
        facts.calendar_id: facts
        for url, depth in listings
        for facts in _listed(client, account, url, depth)
    }
    if not found:
        raise fault(CalendarGone, "C247", host=client.host)
    primary = next(iter(found)) if len(found) == 1 else _default(client, account)
    return tuple(_marked(facts, primary) for facts in found.values())


def _marked(facts: CalendarFacts, primary: str | None) -> CalendarFacts:
    return replace(facts, primary=facts.calendar_id == primary)


def _listed(client: DavClient, account: Account, url: str, depth: str) -> Iterator[CalendarFacts]:
    answer = client.propfind(url, COLLECTION, depth=depth, follow=True)
    for response in client.multistatus(answer).responses:
        place = canonical_url(urljoin(answer.url, response.href))
        collection = Collection(canonical_path(urlsplit(place).path), response)
        if collection.is_calendar and response.status < 400:  # noqa: PLR2004 - HTTP's number
            yield _facts(client, account, place, collection)


def _facts(
    client: DavClient, account: Account, place: str, collection: Collection
) -> CalendarFacts:
    response = collection.response
    owner = _href(response.props.get("{DAV:}owner"))
    return CalendarFacts(
        calendar_id=calendar_id_of(place, client.home),
        name=response.text("{DAV:}displayname") or _last_part(place),
        colour=_colour(response.text(f"{{{xml.APPLE}}}calendar-color")),
        writable=collection.writable is not False,
        own=owner is None or _same_place(urljoin(place, owner), account.principal),
        epoch=collection.epoch,
        time_zone=_zone(response.text(f"{{{xml.CALDAV}}}calendar-timezone")),
    )


def _default(client: DavClient, account: Account) -> str | None:
    if not account.inbox:
        return None
    answer = client.propfind(account.inbox, ("C:schedule-default-calendar-URL",))
    response = _only(client, answer)
    href = _href(response.props.get(DEFAULT)) if response is not None else None
    return calendar_id_of(urljoin(answer.url, href), client.home) if href else None


def _same_place(one: str, other: str) -> bool:
    return canonical_url(one).rstrip("/") == canonical_url(other).rstrip("/")


def _last_part(url: str) -> str:
    return canonical_path(url).rstrip("/").rpartition("/")[2]


def _colour(text: str) -> str:
    """Return `#rrggbb`; iCloud and Apple's clients add the opacity."""
    return text[:COLOUR_LENGTH].lower() if text.startswith("#") else ""


def _zone(text: str) -> str:
    lines = (line.partition(":") for line in text.splitlines())
    named = next((value for name, _, value in lines if name == "TZID"), "")
    zone = known_zone(named)
    return zone.name if zone is not None else ""
