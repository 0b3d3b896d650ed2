"""What a demo keeps between its starts: passwords and ports, in its data directory."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from appointed.cli.problems import CommandFailed
from appointed.cli.web import open_listener

FILE_NAME = "demo.json"
LOOPBACK = "127.0.0.1"
EPHEMERAL = 32_768
"""From here on systems take ports for outgoing lines, so that a free one does not stay free."""
CALM = 18_000
WORDS = (
    *("amber", "apple", "birch", "cedar", "cherry", "clover", "copper", "coral", "daisy"),
    *("ember", "fern", "hazel", "heron", "indigo", "ivory", "jasper", "lemon", "linden"),
    *("maple", "meadow", "olive", "opal", "otter", "pebble", "pepper", "plum", "poppy"),
    *("quartz", "raven", "robin", "saffron", "sorrel", "sparrow", "thistle", "tulip", "willow"),
)


@dataclass(frozen=True, slots=True, repr=False)
class DemoPlace:
    """A demo's data directory; a port of 0 is not chosen yet."""

    folder: Path
    password: str
    calendar_password: str
    phone_secret: str
    phone_port: int = 0
    calendar_port: int = 0
    mail_port: int = 0
    settled: bool = False
    """Whether everything was made and connected; what a visitor then removes stays removed."""

    @property
    def calendars(self) -> Path:
        """Where the CalDAV server keeps what it holds."""
        return self.folder / "calendars"

    @property
    def mails(self) -> Path:
        """Where the mails end."""
        return self.folder / "mails"

    @property
    def phone_file(self) -> Path:
        """What the phone is told."""
        return self.folder / "phone.json"


def open_place(folder: Path) -> DemoPlace:
    """Return the demo of this directory, a new one where there is none."""
    path = folder / FILE_NAME
    if path.exists():
        return DemoPlace(folder=folder, **json.loads(path.read_text()))
    place = DemoPlace(
        folder=folder,
        password=_passphrase(),
        calendar_password=_passphrase(),
        phone_secret=secrets.token_urlsafe(50),
    )
    keep(place)
    return place


def keep(place: DemoPlace) -> None:
    """Write down what stands, whole or not at all, for this user alone."""
    place.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    facts = {name: value for name, value in asdict(place).items() if name != "folder"}
    draft = place.folder / f".{FILE_NAME}.new"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(facts, indent=2))
    draft.replace(place.folder / FILE_NAME)


def with_ports(place: DemoPlace, *, near: int) -> DemoPlace:
    """Return the place with ports that are free now: those of the last time, else some near.

    The calendars' port is part of their address, so it stays for good.

    Raises: `CommandFailed`.
    """
    if place.calendar_port and not _is_free(place.calendar_port):
        raise CommandFailed(
            f"port {place.calendar_port}, where the calendars of this demo are, is taken: "
            "end what listens there, or begin another demo with --data."
        )
    taken: set[int] = {near}

    def choose(last: int) -> int:
        port = next(p for p in _candidates(last, near) if p not in taken and _is_free(p))
        taken.add(port)
        return port

    chosen = replace(
        place,
        calendar_port=choose(place.calendar_port),
        phone_port=choose(place.phone_port),
        mail_port=choose(place.mail_port),
    )
    keep(chosen)
    return chosen


def book_listener(host: str, port: int | None, *, usual: int) -> socket.socket:
    """Return the book's listening socket: on `port`, or unless said on the first free one.

    Raises: `CommandFailed`.
    """
    if port is not None:
        return open_listener(host, port)
    for attempt in range(usual, usual + 50, 10):
        try:
            return open_listener(host, attempt)
        except CommandFailed:
            continue
    return open_listener(host, 0)


def _candidates(last: int, near: int) -> Iterable[int]:
    if last:
        yield last
    first = near if near < EPHEMERAL else CALM + near % 10_000
    yield from range(first + 1, first + 40)
    while True:
        with socket.create_server((LOOPBACK, 0)) as free:
            port = free.getsockname()[1]
        yield port


def _is_free(port: int) -> bool:
    try:
        socket.create_server((LOOPBACK, port)).close()
    except OSError:
        return False
    return True


def _passphrase() -> str:
    return "-".join(secrets.choice(WORDS) for _ in range(4))
