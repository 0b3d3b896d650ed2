"""`python -m appointed_standins.phone --port N` serves the pages."""

from __future__ import annotations

import argparse
import os
import signal
import socket

import uvicorn
from django.core.asgi import get_asgi_application


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(description="A phone's calendar, for a demo.")
    parser.add_argument("--port", type=int)
    parser.add_argument("--fd", type=int, help="an open listening socket to use instead")
    told = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "appointed_standins.phone.settings"
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal again once it has ended: then this is what is called
        signal.signal(number, lambda *_: None)
    listener = (
        socket.create_server(("127.0.0.1", told.port))
        if told.fd is None
        else socket.socket(fileno=told.fd)
    )
    configuration = uvicorn.Config(
        get_asgi_application(),
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=3,
    )
    uvicorn.Server(configuration).run(sockets=[listener])


if __name__ == "__main__":
    main()
