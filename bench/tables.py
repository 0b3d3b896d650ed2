"""Tables of figures, as text and as a page of the reference."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Table:
    """What was measured: a title, a sentence on how, and rows under headings."""

    title: str
    how: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def as_text(self) -> str:
        """Return the table in Markdown."""
        lines = [
            f"## {self.title}",
            "",
            self.how,
            "",
            "| " + " | ".join(self.headings) + " |",
            "|" + "---|" * len(self.headings),
            *("| " + " | ".join(row) + " |" for row in self.rows),
            "",
        ]
        return "\n".join(lines)


def write_page(page: Path, tables: Sequence[Table]) -> None:
    """Write the page of the reference anew."""
    intro = (
        "# Benchmarks\n\n"
        "Written by `python3 run.py bench`. Durations differ from machine to machine: compare "
        "a row with the other rows of its table, which were measured in the same run.\n\n"
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}.\n\n"
    )
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(intro + "\n".join(table.as_text() for table in tables))
