"""A letter as a mail: plain text, HTML and the calendar part side by side."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from appointed.notices.letters import Letter


def compose(
    letter: Letter, *, key: str, sender: str, sender_name: str, now: datetime
) -> EmailMessage:
    """Return the mail; its Message-ID follows from `key`, so a copy shows that it is one."""
    message = EmailMessage()
    message["From"] = Address(sender_name, addr_spec=sender)
    message["To"] = Address(letter.to_name, addr_spec=letter.to_address)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(key, sender)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    if letter.calendar:
        message.add_alternative(
            letter.calendar.decode(), subtype="calendar", params={"method": str(letter.method)}
        )
        message.add_attachment(
            letter.calendar, maintype="application", subtype="ics", filename="appointment.ics"
        )
    return message


def message_id(key: str, sender: str) -> str:
    """Return the name of the one mail of this key."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:40]
    return f"<{digest}@{sender.rpartition('@')[2]}>"
