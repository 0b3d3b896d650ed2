"""A mail server on loopback that keeps what it gets; a program of its own.

`python -m appointed_standins.phone.sink --fd N --folder D` serves an open listening socket until
it is told to end.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
from datetime import UTC, datetime
from pathlib import Path

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


async def serve(listener: socket.socket, folder: Path) -> None:
    """Keep mails until SIGTERM or Ctrl-C."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    server = await loop.create_server(lambda: SMTP(Keeper(folder), loop=loop), sock=listener)
    await told.wait()
    server.close()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="A mail server that keeps what it gets.")
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    told = parser.parse_args()
    asyncio.run(serve(socket.socket(fileno=told.fd), told.folder))


if __name__ == "__main__":
    main()
