"""`appointed demo`: sets the environment of the whole demo, then runs it."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from django.utils.module_loading import import_string

from appointed.cli.demo.place import book_listener, open_place
from appointed.cli.main import prepare
from appointed.cli.parser import DEFAULT_PORT
from appointed.cli.web import address_of

POLL_SECONDS = 3


def demo(arguments: Namespace) -> None:
    """Run the demo until SIGTERM or Ctrl-C, then stop all of it in order.

    Raises: `CommandFailed`, `ServerProblem`, `ImproperlyConfigured`.
    """
    folder = arguments.data or _usual_folder()
    place = open_place(folder.absolute())
    with book_listener(arguments.host, arguments.port, usual=DEFAULT_PORT) as listener:
        public = os.environ.get("APPOINTED_PUBLIC_URL") or address_of(listener)
        os.environ |= _settings(place.folder, public=public)
        prepare()
        run = import_string("appointed.cli.demo.running.run")  # its rows exist only now
        run(place, listener=listener, host=arguments.host, public=public)


def _settings(folder: Path, *, public: str) -> dict[str, str]:
    """Return the embedded defaults, whatever an installation on this machine says."""
    return {
        "APPOINTED_DATA_DIR": str(folder),
        "APPOINTED_DATABASE_URL": "",
        "APPOINTED_PUBLIC_URL": public,
        "APPOINTED_ALLOWED_PRIVATE_HOSTS": "127.0.0.1",
        "APPOINTED_POLL_SECONDS": str(POLL_SECONDS),
    }


def _usual_folder() -> Path:
    """Return a place of the demo's own, apart from that of an installation."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "appointed-demo"
