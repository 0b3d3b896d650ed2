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
BY_VALUE = {tone.value: tone for tone in TONES}


def tone_of(colour: str, name: str) -> int:
    """Return the number of a practitioner's tone; without a known colour the name decides."""
    known = BY_VALUE.get(colour.lower())
    return known.number if known else crc32(name.encode()) % len(TONES) + 1
