"""The mails that arrived, each a file: what a person's mail program would show."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

KEPT = 200
"""Of more than these the oldest go."""
_NAME = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{8}\Z")


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A part of a mail beside its text."""

    name: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it arrived."""

    name: str
    arrived: datetime
    sender: str
    recipient: str
    subject: str
    text: str
    page: str
    enclosed: tuple[Enclosed, ...]


def keep(folder: Path, content: bytes, *, now: datetime) -> Path:
    """Store a mail, whole or not at all, and let the oldest of too many go."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{now.astimezone(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}.eml"
    draft = path.with_suffix(".part")
    draft.write_bytes(content)
    draft.replace(path)
    for old in sorted(folder.glob("*.eml"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def read_all(folder: Path) -> list[Mail]:
    """Return the mails, the newest first."""
    return [_read(path) for path in sorted(folder.glob("*.eml"), reverse=True)]


def read(folder: Path, name: str) -> Mail | None:
    """Return one mail, or nothing where there is none of that name."""
    path = folder / f"{name}.eml"
    return _read(path) if _NAME.match(name) and path.exists() else None


def version_of(folder: Path) -> str:
    """Return a word that changes with each mail."""
    names = "\n".join(sorted(path.name for path in folder.glob("*.eml")))
    return hashlib.sha256(names.encode()).hexdigest()[:16]


def _read(path: Path) -> Mail:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    return Mail(
        name=path.stem,
        arrived=datetime.strptime(path.stem.partition("-")[0], "%Y%m%dT%H%M%S%f").replace(
            tzinfo=UTC
        ),
        sender=str(message.get("from", "")),
        recipient=str(message.get("to", "")),
        subject=str(message.get("subject", "")) or "(no subject)",
        text=_text(text) if isinstance(text, EmailMessage) else "",
        page=_text(page) if isinstance(page, EmailMessage) else "",
        enclosed=tuple(
            Enclosed(part.get_filename() or "calendar", part.get_content_type(), _text(part))
            for part in message.walk()
            if _is_enclosed(part)
        ),
    )


def _is_enclosed(part: EmailMessage) -> bool:
    own = part.get_content_type() in {"text/plain", "text/html"} and not part.is_attachment()
    return not part.is_multipart() and not own


def _text(part: EmailMessage) -> str:
    content = part.get_content()
    return content if isinstance(content, str) else bytes(content).decode(errors="replace")
