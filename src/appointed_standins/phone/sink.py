"""A mail server on loopback that keeps what it gets; a program of its own.

`python -m appointed_standins.phone.sink --port N --folder D` runs until it is told to end.
"""

from __future__ import annotations

import argparse
import signal
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from appointed_standins.phone.mails import keep


class Keeper:
    """What aiosmtpd hands each mail to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(  # noqa: N802 – the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail, then say so: never the other way round."""
        keep(self._folder, envelope.original_content or b"", now=datetime.now(UTC))
        return "250 Kept"


def main() -> None:
    """Keep mails until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(description="A mail server that keeps what it gets.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    told = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    controller = Controller(Keeper(told.folder), hostname="127.0.0.1", port=told.port)
    controller.start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()


if __name__ == "__main__":
    main()
