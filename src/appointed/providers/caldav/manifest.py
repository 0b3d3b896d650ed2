"""What the CalDAV provider is: its fields, its presets by server, how it may be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

MINUTE = 60
DAY = 24 * 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the connect page; `secret` ones are never shown again."""

    name: str
    label: str
    placeholder: str = ""
    secret: bool = False
    required: bool = True


@dataclass(frozen=True, slots=True)
class Pace:
    """How a server likes to be asked: writers at once, seconds between looks and listings."""

    writers: int = 4
    look_every: int = 2 * MINUTE
    list_every: int = DAY


@dataclass(frozen=True, slots=True)
class Preset:
    """A server that people know by name; `{user}` and `{host}` in `url` stand for theirs."""

    name: str
    label: str
    url: str = ""
    help: str = ""
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A provider as the registry knows it."""

    name: str
    label: str
    needs: str
    fields: tuple[Field, ...]
    presets: tuple[Preset, ...] = ()
    help: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    makes_calendars: bool = True
    writable: bool = True


APP_PASSWORD = "Make an app password in the account's settings and use it here."  # noqa: S105 - a hint

PRESETS = (
    Preset(
        "nextcloud",
        "Nextcloud",
        "https://{host}/remote.php/dav/",
        f"{APP_PASSWORD} (Settings > Security.)",
    ),
    Preset("fastmail", "Fastmail", "https://caldav.fastmail.com/", APP_PASSWORD),
    Preset(
        "mailbox",
        "mailbox.org",
        "https://dav.mailbox.org/",
        "The user name is the whole mail address.",
        Pace(writers=1, look_every=2 * MINUTE),
    ),
    Preset(
        "posteo",
        "Posteo",
        "https://posteo.de:8443/",
        "The user name is the whole mail address.",
    ),
    Preset("zoho", "Zoho", "https://calendar.zoho.com/caldav/", APP_PASSWORD),
    Preset(
        "synology",
        "Synology",
        "https://{host}:5001/caldav/",
        "The address stands in Synology Calendar under Settings > CalDAV.",
        Pace(list_every=30 * MINUTE),
    ),
    Preset("radicale", "Radicale", "https://{host}/"),
    Preset("sogo", "SOGo", "https://{host}/SOGo/dav/{user}/", "", Pace(writers=2)),
    Preset("davical", "DAViCal", "https://{host}/caldav.php/", "", Pace(list_every=20 * MINUTE)),
    Preset("xandikos", "Xandikos", "https://{host}/", "", Pace(writers=1)),
    Preset("other", "Other"),
)

MARKS = {"/SOGo/": Pace(writers=2), "/caldav.php": Pace(list_every=20 * MINUTE)}

MANIFEST = Manifest(
    name="caldav",
    label="CalDAV",
    needs="Address, user and password of your calendar server.",
    fields=(
        Field("url", "Address", "https://calendar.example.com/"),
        Field("username", "User"),
        Field("password", "Password or app password", secret=True),
    ),
    presets=PRESETS,
)


def pace_of(url: str) -> Pace:
    """Return how the server at `url` likes to be asked, as far as its address tells."""
    host = urlsplit(url).hostname
    for preset in PRESETS:
        if preset.url and urlsplit(preset.url).hostname == host:
            return preset.pace
    marked = (pace for mark, pace in MARKS.items() if mark in url)
    return next(marked, Pace())
