"""The demo's CalDAV server: Radicale, another project's, on loopback, as a program of its own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from configparser import ConfigParser
from pathlib import Path


def prepare_calendar_server(folder: Path, *, port: int, passwords: Mapping[str, str]) -> list[str]:
    """Write what the server needs into `folder` and return the command that runs it.

    Everybody named in `passwords` has an account; what the accounts hold stays as it is.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    users = folder / "users"
    users.touch(mode=0o600)
    users.write_text("".join(f"{name}:{word}\n" for name, word in sorted(passwords.items())))
    configuration = ConfigParser(interpolation=None)
    configuration.read_dict(
        {
            "server": {"hosts": f"127.0.0.1:{port}", "max_connections": "20", "timeout": "30"},
            "auth": {
                "type": "htpasswd",
                "htpasswd_filename": str(users),
                "htpasswd_encryption": "plain",
                "delay": "0.5",
            },
            "rights": {"type": "owner_only"},
            "storage": {"filesystem_folder": str(folder / "collections")},
            "web": {"type": "none"},
            "logging": {"level": "warning"},
        }
    )
    told = folder / "radicale.ini"
    with told.open("w") as file:
        configuration.write(file)
    return [sys.executable, "-m", "radicale", "--config", str(told)]
