"""Faults of the configuration and of the machine, each with an id and a remedy."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from appointed import postgres
from appointed.cli.installation import database, embedded
from appointed.cli.problems import CommandFailed
from appointed.cli.schema import is_up_to_date
from appointed.notices.postman import MailUrlFault, parse_mail_url
from appointed.sync.selectors_health import look_at_health

LEAST_FREE_BYTES = 500_000_000
LARGEST_DRIFT_SECONDS = 5.0
OLDEST_POSTGRES = 150_000
LEAST_CONNECTIONS = 50
"""Twenty of web, ten of a worker, and room for commands and for a second worker."""
SHORTEST_SECRET = 32
OFTEN_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong and what to do; `serious` ones keep Appointed from working."""

    id: str
    what: str
    remedy: str
    serious: bool = True


@dataclass(frozen=True, slots=True)
class Machine:
    """What a check looks at beside the settings; tests put their own in its place."""

    data_dir: Path
    free_bytes: int
    clock: float


@dataclass(frozen=True, slots=True)
class Chosen:
    """The settings that are checked, as they are in force."""

    secret_key: str
    encryption_keys: tuple[str, ...]
    public_url: str
    email_url: str
    email_from: str
    allowed_private_hosts: tuple[str, ...]
    poll_seconds: int | None


def check(arguments: Namespace) -> int:
    """Print every fault; return 1 where a serious one is among them."""
    chosen = _chosen()
    faults = [*machine_faults(_machine()), *setting_faults(chosen), *_database_faults()]
    if arguments.json:
        print(json.dumps({"faults": [asdict(fault) for fault in faults]}, indent=2))
    else:
        for fault in faults:
            mark = "FAULT" if fault.serious else "note "
            print(f"{mark} {fault.id}: {fault.what} {fault.remedy}")
        print(_summary(faults), file=sys.stderr)
    return int(any(fault.serious for fault in faults))


def machine_faults(machine: Machine) -> Iterator[Fault]:
    """Yield what is wrong with the data directory, the disk and the clock."""
    if not os.access(machine.data_dir, os.W_OK | os.X_OK):
        yield Fault(
            "data-dir",
            f"{machine.data_dir} cannot be written to.",
            "Give it to the user who runs Appointed, or set APPOINTED_DATA_DIR.",
        )
    if machine.free_bytes < LEAST_FREE_BYTES:
        yield Fault(
            "disk",
            f"Only {machine.free_bytes // 1_000_000} MB are free where {machine.data_dir} lies.",
            "Free some space: PostgreSQL stops when the disk is full.",
        )
    if machine.clock < _newest_file_time():
        yield Fault(
            "clock",
            "The clock is behind: Appointed's own files are newer than now.",
            "Set the clock, best by a time service such as systemd-timesyncd.",
        )


def setting_faults(chosen: Chosen) -> Iterator[Fault]:
    """Yield what is wrong with the settings."""
    for rule in _RULES:
        fault = rule(chosen)
        if fault is not None:
            yield fault


def _secret_key(chosen: Chosen) -> Fault | None:
    if len(chosen.secret_key) >= SHORTEST_SECRET:
        return None
    return Fault(
        "secret-key",
        f"APPOINTED_SECRET_KEY is shorter than {SHORTEST_SECRET} characters.",
        "Unset it, so that one is made, or set a long random text.",
    )


def _encryption_keys(chosen: Chosen) -> Fault | None:
    for number, key in enumerate(chosen.encryption_keys, 1):
        try:
            Fernet(key)
        except ValueError:
            return Fault(
                "encryption-keys",
                f"Key {number} of APPOINTED_ENCRYPTION_KEYS is no key.",
                "Each is 32 bytes in URL-safe base64, parted by commas, the newest first.",
            )
    return None


def _public_url(chosen: Chosen) -> Fault | None:
    url = urlsplit(chosen.public_url)
    if not chosen.public_url:
        return Fault(
            "public-url",
            "APPOINTED_PUBLIC_URL is not set: only this machine reaches the pages.",
            "Set the https address under which people reach this server.",
            serious=False,
        )
    if url.scheme == "http" and not _is_loopback(url.hostname or ""):
        return Fault(
            "public-url-http",
            f"{chosen.public_url} is not encrypted: passwords travel readably.",
            "Put a proxy with TLS in front and set an https address.",
        )
    if url.path not in {"", "/"} or url.query:
        return Fault(
            "public-url-path",
            f"{chosen.public_url} has a path, and Appointed answers at the root only.",
            "Give it a host name of its own.",
        )
    return None


def _email(chosen: Chosen) -> Fault | None:
    if not chosen.email_url:
        return Fault(
            "email",
            "APPOINTED_EMAIL_URL is not set: mails are kept and shown, not sent.",
            "Set smtp://user:password@host:587 to have clients told.",
            serious=False,
        )
    try:
        parse_mail_url(chosen.email_url)
    except MailUrlFault as fault:
        return Fault("email-url", f"{fault}"[:300], "Then run `appointed check` again.")
    if "@" not in chosen.email_from:
        return Fault(
            "email-from",
            "APPOINTED_EMAIL_FROM is no address, and mail servers refuse mails without one.",
            "Set an address that accepts answers, such as Practice <book@example.org>.",
        )
    return None


def _allowed_hosts(chosen: Chosen) -> Fault | None:
    everything = {"*", "0.0.0.0/0", "::/0"}
    if not everything & set(chosen.allowed_private_hosts):
        return None
    return Fault(
        "allowed-private-hosts",
        "APPOINTED_ALLOWED_PRIVATE_HOSTS allows every address inside your network.",
        "Name the hosts of your own calendar servers only.",
    )


def _poll_seconds(chosen: Chosen) -> Fault | None:
    if chosen.poll_seconds is None or chosen.poll_seconds >= OFTEN_SECONDS:
        return None
    return Fault(
        "poll-seconds",
        f"Calendars are looked at every {chosen.poll_seconds} s; providers may refuse that.",
        "Unset APPOINTED_POLL_SECONDS, or choose 60 or more.",
        serious=False,
    )


_RULES: tuple[Callable[[Chosen], Fault | None], ...] = (
    _secret_key,
    _encryption_keys,
    _public_url,
    _email,
    _allowed_hosts,
    _poll_seconds,
)


def _database_faults() -> Iterator[Fault]:
    """Yield what is wrong with the database and with what works on it."""
    with ExitStack() as stack:
        try:
            stack.enter_context(database())
        except (postgres.ServerProblem, CommandFailed) as problem:
            yield Fault("database", f"{problem}", "Then run `appointed check` again.")
            return
        try:
            yield from _faults_inside()
        except (DatabaseError, InterfaceError) as fault:
            yield Fault(
                "database-answer",
                f"The database failed in the middle of an answer ({type(fault).__name__}).",
                "Read its log; with the embedded one it is postgres.log in the data directory.",
            )


def _faults_inside() -> Iterator[Fault]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::int, clock_timestamp(),"
            " current_setting('max_connections')::int"
        )
        version, now, most = cursor.fetchone()
    yield from server_faults(version=version, drift=_drift(now), connections=most)
    if not is_up_to_date():
        remedy = "Run `appointed migrate`, or `appointed serve`, which does it."
        yield Fault("schema", "The database's schema is older than this version.", remedy)
    elif not look_at_health().worker:
        yield Fault(
            "worker",
            "No worker is at work: no calendar is looked at and no mail goes out.",
            "Run `appointed serve`, or `appointed worker` beside `appointed web`.",
            serious=False,
        )


def server_faults(*, version: int, drift: float, connections: int) -> Iterator[Fault]:
    """Yield what is wrong with a database server of this version, clock and size."""
    if version < OLDEST_POSTGRES:
        yield Fault(
            "database-version",
            f"The database server is PostgreSQL {version // 10_000}.",
            f"Use {OLDEST_POSTGRES // 10_000} or newer.",
        )
    if drift > LARGEST_DRIFT_SECONDS:
        yield Fault(
            "database-clock",
            f"The database's clock and this machine's differ by {drift:.0f} s.",
            "Have both follow a time service.",
        )
    if connections < LEAST_CONNECTIONS:
        yield Fault(
            "database-connections",
            f"The database allows {connections} connections.",
            f"Set max_connections to {LEAST_CONNECTIONS} or more.",
        )


def _drift(database_now: datetime) -> float:
    return abs(database_now.timestamp() - time.time())


def _machine() -> Machine:
    data_dir = Path(settings.APPOINTED_DATA_DIR)
    return Machine(data_dir, shutil.disk_usage(data_dir).free, time.time())


def _chosen() -> Chosen:
    return Chosen(
        secret_key=settings.SECRET_KEY,
        encryption_keys=tuple(settings.APPOINTED_ENCRYPTION_KEYS),
        public_url=settings.APPOINTED_PUBLIC_URL,
        email_url=settings.APPOINTED_EMAIL_URL,
        email_from=settings.APPOINTED_EMAIL_FROM,
        allowed_private_hosts=tuple(settings.APPOINTED_ALLOWED_PRIVATE_HOSTS),
        poll_seconds=settings.APPOINTED_POLL_SECONDS,
    )


def _newest_file_time() -> float:
    return Path(__file__).stat().st_mtime


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _summary(faults: Sequence[Fault]) -> str:
    serious = sum(fault.serious for fault in faults)
    kind = "embedded database" if embedded() else "database of APPOINTED_DATABASE_URL"
    return f"{serious} faults, {len(faults) - serious} notes ({kind})."
