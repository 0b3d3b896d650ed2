"""The settings that come from outside, read from the environment once, with clear faults."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured


class SettingFault(ImproperlyConfigured):
    """A setting cannot be used: the message says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Every setting that is read from outside; empty means the default of the interface."""

    data_dir: Path
    database_url: str
    postgres_bin: str
    secret_key: str
    encryption_keys: tuple[str, ...]
    public_url: str
    trusted_proxies: tuple[str, ...]
    email_url: str
    email_from: str
    allowed_private_hosts: tuple[str, ...]
    poll_seconds: int | None
    demo_url: str
    """Where the demo's other side is; empty anywhere else."""


def read_environment() -> Environment:
    """Return the settings in force; a `.env` file in the data directory fills what is unset.

    Raises: `SettingFault`.
    """
    env = environ.Env()
    data_dir = Path(env.str("APPOINTED_DATA_DIR", default="") or default_data_dir())
    if (file := data_dir / ".env").is_file():
        env.read_env(file, overwrite=False)
    return Environment(
        data_dir=data_dir,
        database_url=_database_url(env.str("APPOINTED_DATABASE_URL", default="")),
        postgres_bin=env.str("APPOINTED_POSTGRES_BIN", default=""),
        secret_key=env.str("APPOINTED_SECRET_KEY", default=""),
        encryption_keys=_items(env.str("APPOINTED_ENCRYPTION_KEYS", default="")),
        public_url=_public_url(env.str("APPOINTED_PUBLIC_URL", default="")),
        trusted_proxies=_networks(env.str("APPOINTED_TRUSTED_PROXIES", default="")),
        email_url=env.str("APPOINTED_EMAIL_URL", default=""),
        email_from=env.str("APPOINTED_EMAIL_FROM", default=""),
        allowed_private_hosts=_items(env.str("APPOINTED_ALLOWED_PRIVATE_HOSTS", default="")),
        poll_seconds=_seconds(env.str("APPOINTED_POLL_SECONDS", default="")),
        demo_url=env.str("APPOINTED_DEMO_URL", default=""),
    )


def default_data_dir() -> Path:
    """Return where the platform keeps a program's data for this user."""
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "appointed"
    base = os.environ.get("XDG_DATA_HOME") or str(home / ".local" / "share")
    return Path(base) / "appointed"


def _items(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _database_url(text: str) -> str:
    if text and urlsplit(text).scheme not in {"postgresql", "postgres"}:
        raise SettingFault(
            "APPOINTED_DATABASE_URL does not begin with postgresql://. Appointed runs on "
            "PostgreSQL only; leave the setting empty for the embedded one."
        )
    return text


def _public_url(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise SettingFault(
            "APPOINTED_PUBLIC_URL is not an address such as https://book.example.org. "
            "Set the address under which people reach this server."
        )
    return text.rstrip("/")


def _networks(text: str) -> tuple[str, ...]:
    networks = _items(text)
    for network in networks:
        try:
            ip_network(network)
        except ValueError as fault:
            raise SettingFault(
                f"APPOINTED_TRUSTED_PROXIES holds {network!r}, which is no network. "
                "Write addresses such as 10.0.0.0/8, parted by commas."
            ) from fault
    return networks


def _seconds(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise SettingFault("APPOINTED_POLL_SECONDS must be a whole number of seconds from 1.")
    return int(text)
