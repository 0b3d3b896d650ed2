"""The colours of practitioners: a palette whose contrast is known, each with a name."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32


@dataclass(frozen=True, slots=True)
class Tone:
    """`value` is stored; the pages draw by `number` (`tone-N` in book.css)."""

    number: int
    value: str
    name: str


TONES = (
    Tone(1, "#0f766e", "Teal"),
    Tone(2, "#3d5a9e", "Blue"),
    Tone(3, "#8a4baf", "Violet"),
    Tone(4, "#b0413e", "Red"),
    Tone(5, "#a25a12", "Amber"),
    Tone(6, "#4b7a1f", "Green"),
    Tone(7, "#a33b78", "Pink"),
    Tone(8, "#51606b", "Grey"),
)


def tone_of(colour: str, name: str) -> int:
    """Return the number of the tone nearest to a colour; without a colour the name decides."""
    if not colour:
        return crc32(name.encode()) % len(TONES) + 1
    wanted = _parts(colour)
    return min(TONES, key=lambda tone: _distance(_parts(tone.value), wanted)).number


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _distance(one: tuple[int, int, int], other: tuple[int, int, int]) -> int:
    return sum((here - there) ** 2 for here, there in zip(one, other, strict=True))
