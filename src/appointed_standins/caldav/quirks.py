"""The knobs: what this server does as no specification says, each seen at a real one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Etags(StrEnum):
    """What a PUT is answered with, and what versions look like."""

    STRONG = "strong"
    NONE_ON_PUT = "none on put"
    WEAK_ON_PUT = "weak on put"
    UNQUOTED = "unquoted"
    COUNTER = "counter"
    """SOGo's `"gcs00000000"`: it starts anew when an event is deleted and made again."""


class BadToken(StrEnum):
    """How a token is answered that the server does not know."""

    FORBIDDEN = "403 valid-sync-token"
    PRECONDITION = "412"
    BAD_REQUEST = "400"
    SERVER_ERROR = "500"
    INSUFFICIENT = "507"
    TEAPOT = "418"
    EVERYTHING = "207 with everything"
    NOTHING = "207 with nothing"


class Hrefs(StrEnum):
    """How an href is written in answers."""

    PLAIN = "plain"
    ENCODED = "every letter that may be, in lower case"
    ABSOLUTE = "whole addresses"


class UidRule(StrEnum):
    """What a second event with a known UID is answered with."""

    NONE = "accepted"
    CONFLICT = "409 no-uid-conflict"
    CONFLICT_TEXT = "409 with free text"
    FORBIDDEN_HREF = "403 unique-scheduling-object-resource with href"
    PRECONDITION = "412"


class Discovery(StrEnum):
    """Where `current-user-principal` and `calendar-home-set` are told."""

    EVERYWHERE = "everywhere"
    REMOTE_PHP = "below /remote.php/dav/"
    USER_ONLY = "below /SOGo/dav/USER/"
    NOWHERE = "nowhere"


@dataclass(slots=True)
class Quirks:
    """A server of good manners unless told otherwise; knobs may be turned while it runs."""

    # signing in
    username: str = "alice"
    password: str = "secret-a"  # noqa: S105 - this server keeps nothing worth a secret
    challenge: bool = True
    discovery: Discovery = Discovery.EVERYWHERE
    well_known: str = ""
    principal_href: str = ""
    foreign_home: str = ""

    # writing
    etags: Etags = Etags.STRONG
    ignores_if_none_match: bool = False
    ignores_if_match: bool = False
    ignores_if_match_on_delete: bool = False
    update_creates_missing: bool = False
    missing_delete_status: int = 404
    rewrites: bool = False
    needs_dtend: bool = False
    uid_rule: UidRule = UidRule.NONE
    parallel_status: int = 0
    stale_etags: int = 0
    renames_calendars: bool = False
    makes_calendars: bool = True
    private_marks: bool = True

    # rights and calendars
    read_only: bool = False
    tells_privileges: bool = True
    withdrawn: bool = False
    gone_on_put: int = 409
    gone_on_read: int = 404
    moved_to: str = ""

    # reading
    syncs: bool = True
    sync_refusal: int = 403
    bad_token: BadToken = BadToken.FORBIDDEN
    cut_after: int = 0
    cut_without_progress: bool = False
    property_token: str = ""
    tombstone_status: int = 404
    tombstones_at_first: bool = False
    lists_itself: bool = False
    lists_nothing: bool = False
    lists_without_itself: bool = False
    tells_etags: bool = True
    second_propstat: bool = False
    hrefs: Hrefs = Hrefs.PLAIN
    multiget_status: int = 207
    zombies: set[str] = field(default_factory=set)
    poisoned: set[str] = field(default_factory=set)
    leaves_out_missing: bool = False
    foreign_answers: bool = False
    with_doctype: bool = False
    web_page: bool = False
    packs_etags: bool = False
