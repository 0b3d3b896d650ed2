"""Texts that people enter: what may be kept, and how they are compared."""

from __future__ import annotations

import unicodedata

NAME_LIMIT = 500
NOTES_LIMIT = 20_000


def tidy_line(text: str) -> str:
    """Return one line of text as it is kept: composed (NFC), without blanks around it."""
    return unicodedata.normalize("NFC", text).strip()


def tidy_lines(text: str) -> str:
    r"""Return text of several lines as it is kept: composed (NFC), lines parted by `\n`."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def fault_of_line(text: str, *, limit: int = NAME_LIMIT) -> str:
    """Return what is wrong with one line of text, or nothing."""
    return _fault(text, limit, allowed="")


def fault_of_lines(text: str, *, limit: int = NOTES_LIMIT) -> str:
    """Return what is wrong with text of several lines (breaks and tabs allowed), or nothing."""
    return _fault(text, limit, allowed="\n\t")


def folded(text: str) -> str:
    """Return `text` as searches and orders compare it: no case, no accents, single blanks."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in parts if not unicodedata.combining(c))
    return " ".join(plain.split())


def digits_of(phone: str) -> str:
    """Return the digits of a phone number, which is how numbers are compared."""
    return "".join(c for c in phone if c.isdecimal() and c.isascii())


def _fault(text: str, limit: int, *, allowed: str) -> str:
    if len(text) > limit:
        return f"This is longer than {limit:,} characters. Shorten it."
    if any(c not in allowed and unicodedata.category(c) in {"Cc", "Cs"} for c in text):
        return "This holds a control character. Remove it."
    return ""
