"""Content lines: how RFC 5545 text is cut into lines, and put together again.

Work is done in bytes, because some servers fold inside a character.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

FOLD_AT = 75


@dataclass(frozen=True, slots=True)
class Line:
    """One content line: `raw` is as it stood (folds and all, without its end), `text` unfolded."""

    raw: bytes
    text: str

    @property
    def name(self) -> str:
        """Return the property's name in upper case."""
        cut = min((i for i in (self.text.find(":"), self.text.find(";")) if i >= 0), default=-1)
        return (self.text if cut < 0 else self.text[:cut]).strip().upper()

    @property
    def value(self) -> str:
        """Return what stands after the first colon outside quotes."""
        quoted = False
        for place, character in enumerate(self.text):
            if character == '"':
                quoted = not quoted
            elif character == ":" and not quoted:
                return self.text[place + 1 :]
        return ""


def parse_lines(body: bytes) -> list[Line]:
    """Return the content lines of `body`; nothing of a line is lost but its end."""
    groups: list[list[bytes]] = []
    for physical in body.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        kept = physical.removesuffix(b"\r")
        if kept[:1] in {b" ", b"\t"} and groups:
            groups[-1].append(kept)
        elif kept:
            groups.append([kept])
    return [_line(group) for group in groups]


def join_lines(lines: Iterable[Line]) -> bytes:
    """Return the text of the lines: each as it stood, ended by CRLF."""
    return b"".join(line.raw + b"\r\n" for line in lines)


def new_line(text: str) -> Line:
    """Return a line of ours, folded at 75 octets between characters."""
    return Line(b"\r\n ".join(_pieces(text)), text)


def escape(text: str) -> str:
    """Return `text` as a TEXT value (RFC 5545 3.3.11)."""
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\n", "\\n")


def _line(group: list[bytes]) -> Line:
    unfolded = group[0] + b"".join(part[1:] for part in group[1:])
    return Line(b"\r\n".join(group), unfolded.decode("utf-8", "surrogateescape"))


def _pieces(text: str) -> Iterator[bytes]:
    piece = b""
    room = FOLD_AT
    for character in text:
        octets = character.encode("utf-8", "surrogateescape")
        if len(piece) + len(octets) > room:
            yield piece
            piece, room = b"", FOLD_AT - 1
        piece += octets
    yield piece
