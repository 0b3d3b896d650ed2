"""One mail to one address by SMTP, with an answer that says what became of it."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

TIMEOUT_SECONDS = 20.0
PERMANENT = 500


class Tls(StrEnum):
    NONE = "none"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


PORTS = {Tls.NONE: 25, Tls.STARTTLS: 587, Tls.IMPLICIT: 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """A server that takes mails, as `APPOINTED_EMAIL_URL` names it."""

    host: str
    port: int
    tls: Tls
    user: str = ""
    password: str = field(default="", repr=False)


class MailUrlFault(ValueError):
    """The setting is no mail server; the text says why and what to write."""


class NotSent(Exception):
    """The mail was certainly not taken; `again` says whether a later try may help."""

    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again


class PerhapsSent(Exception):
    """The line broke after the text went out and before the answer came."""


def parse_mail_url(url: str) -> MailServer:
    """Return the server that `smtp://user:password@host:587?tls=starttls` names.

    Without `tls`: none to loopback, implicit on 465, else STARTTLS. Raises: `MailUrlFault`.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as fault:
        raise MailUrlFault(_should_be("its port is no number")) from fault
    if parts.scheme != "smtp" or not parts.hostname:
        raise MailUrlFault(_should_be("it does not begin with smtp://HOST"))
    tls = _tls(parse_qs(parts.query).get("tls", [""])[-1], host=parts.hostname, port=port)
    return MailServer(
        host=parts.hostname,
        port=port or PORTS[tls],
        tls=tls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def deliver(server: MailServer, message: EmailMessage, *, sender: str, recipient: str) -> None:
    """Hand one mail over to the server.

    Raises:
        NotSent: it was certainly not taken.
        PerhapsSent: nobody knows whether it was.
    """
    text = message.as_bytes(policy=policy.SMTP)
    with _session(server, sender) as session:
        with _before_the_text():
            _insist(session.mail(sender), "the sender")
            _insist(session.rcpt(recipient), "the address")
        try:
            code, _ = session.data(text)
        except smtplib.SMTPDataError as fault:
            raise _refusal(fault.smtp_code, "the text") from fault
        except (OSError, smtplib.SMTPException) as fault:
            raise PerhapsSent from fault
        _insist((code, b""), "the text")


def check_server(server: MailServer, *, sender: str) -> None:
    """Sign in and leave again. Raises: `NotSent`."""
    with _session(server, sender):
        return


@contextmanager
def _session(server: MailServer, sender: str) -> Iterator[smtplib.SMTP]:
    with _before_the_text():
        session = _signed_in(server, sender)
    try:
        yield session
    finally:
        try:
            session.quit()
        except (OSError, smtplib.SMTPException):
            session.close()


def _signed_in(server: MailServer, sender: str) -> smtplib.SMTP:
    name = sender.rpartition("@")[2] or "localhost"  # else smtplib asks the name service
    context = ssl.create_default_context()
    if server.tls is Tls.IMPLICIT:
        session: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, name, timeout=TIMEOUT_SECONDS, context=context
        )
    else:
        session = smtplib.SMTP(server.host, server.port, name, timeout=TIMEOUT_SECONDS)
    try:
        if server.tls is Tls.STARTTLS:
            session.starttls(context=context)
        if server.user:
            session.login(server.user, server.password)
        session.ehlo_or_helo_if_needed()
    except BaseException:
        session.close()
        raise
    return session


@contextmanager
def _before_the_text() -> Iterator[None]:
    """Turn faults into `NotSent`: nothing of the mail has gone out yet."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as fault:
        reason = f"The mail server refused the sign-in ({fault.smtp_code})."
        raise NotSent(reason, again=True) from fault
    except smtplib.SMTPNotSupportedError as fault:
        raise NotSent("The mail server offers no STARTTLS or no sign-in.", again=True) from fault
    except smtplib.SMTPResponseException as fault:
        reason = f"The mail server does not want to talk now ({fault.smtp_code})."
        raise NotSent(reason, again=True) from fault
    except ssl.SSLCertVerificationError as fault:
        reason = f"The mail server's certificate is not trusted: {fault.verify_message}."
        raise NotSent(reason, again=True) from fault
    except (OSError, smtplib.SMTPException) as fault:
        reason = f"The mail server does not answer ({type(fault).__name__})."
        raise NotSent(reason, again=True) from fault
    except UnicodeError as fault:
        raise NotSent("The address cannot be written to.", again=False) from fault


def _insist(answer: tuple[int, bytes], what: str) -> None:
    code = answer[0]
    if code not in {250, 251}:
        raise _refusal(code, what)


def _refusal(code: int, what: str) -> NotSent:
    reason = f"The mail server refused {what} ({code})."
    return NotSent(reason, again=code < PERMANENT)


def _tls(text: str, *, host: str, port: int | None) -> Tls:
    if text:
        try:
            return Tls(text)
        except ValueError as fault:
            raise MailUrlFault(_should_be(f"tls={text} is not known")) from fault
    if _is_loopback(host):
        return Tls.NONE
    return Tls.IMPLICIT if port == PORTS[Tls.IMPLICIT] else Tls.STARTTLS


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _should_be(fault: str) -> str:
    return (
        f"APPOINTED_EMAIL_URL is no mail server ({fault}): write "
        "smtp://user:password@mail.example.org:587?tls=starttls "
        "with tls none, starttls or implicit."
    )
