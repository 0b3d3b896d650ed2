"""The half that answers browsers and programs."""

from __future__ import annotations

import os
import signal
import socket
from argparse import Namespace

import uvicorn
from django.conf import settings

from appointed.cli.problems import CommandFailed

APPLICATION = "appointed.config.asgi:application"
LAST_ANSWERS_SECONDS = 3
BACKLOG = 512


def web(arguments: Namespace) -> None:
    """Answer until SIGTERM or SIGINT; answers that are under way get a moment to end."""
    listener = (
        socket.socket(fileno=arguments.fd)
        if arguments.fd is not None
        else open_listener(arguments.host, arguments.port)
    )
    if not settings.APPOINTED_PUBLIC_URL:
        os.environ.setdefault("APPOINTED_PUBLIC_URL", address_of(listener))
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal again once it has ended: then this is what is called
        signal.signal(number, lambda *_: None)
    uvicorn.Server(configuration()).run(sockets=[listener])


def configuration() -> uvicorn.Config:
    """Return how uvicorn serves us: no access log (addresses hold secrets), no lifespan."""
    proxies = list(settings.APPOINTED_TRUSTED_PROXIES)
    return uvicorn.Config(
        APPLICATION,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        backlog=BACKLOG,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        timeout_graceful_shutdown=LAST_ANSWERS_SECONDS,
    )


def open_listener(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one.

    Raises: `CommandFailed`.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as fault:
        raise CommandFailed(
            f"{host}:{port} cannot be listened on ({fault.strerror}): "
            "choose another --port, or end what uses it."
        ) from fault


def address_of(listener: socket.socket) -> str:
    """Return the address under which a browser on this machine reaches the socket."""
    host, port, *_ = listener.getsockname()
    match host:
        case "0.0.0.0" | "::":  # noqa: S104 - compared, not bound
            return f"http://127.0.0.1:{port}"
        case _ if ":" in host:
            return f"http://[{host}]:{port}"
        case _:
            return f"http://{host}:{port}"
