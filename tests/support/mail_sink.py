"""A real SMTP server on loopback that keeps what it takes, or behaves as a test wants."""

from __future__ import annotations

import socket
from asyncio import AbstractServer
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(slots=True)
class MailSink:
    """What arrived; `answer_recipient` and `answer_text` may refuse (`"550 no"`)."""

    answer_recipient: str = ""
    answer_text: str = ""
    hang_up_after_text: bool = False
    on_text: Callable[[], None] = lambda: None
    port: int = 0
    envelopes: list[Envelope] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_of(envelope) for envelope in self.envelopes]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[Any]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answer_recipient or "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        self.on_text()
        if self.answer_text:
            return self.answer_text
        self.envelopes.append(envelope)
        if self.hang_up_after_text and server.transport is not None:
            server.transport.abort()
        return "250 OK"


def message_of(envelope: Envelope) -> EmailMessage:
    assert isinstance(envelope.content, bytes)
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


@contextmanager
def mail_sink(sink: MailSink | None = None) -> Iterator[MailSink]:
    """Run a sink on a free port of 127.0.0.1 for the block."""
    kept = sink or MailSink()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept.port = listener.getsockname()[1]
        controller = _Listening(kept, listener)
        controller.start()
        try:
            yield kept
        finally:
            controller.stop(no_assert=True)


class _Listening(Controller):
    """A controller on a socket that listens already: so the port can be a free one."""

    def __init__(self, sink: MailSink, listener: socket.socket) -> None:
        super().__init__(sink, hostname="127.0.0.1", port=sink.port)
        self._listener = listener

    def _create_server(self) -> Coroutine[Any, Any, AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._listener)
