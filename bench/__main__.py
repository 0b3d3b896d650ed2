"""Run all measurements, or the named ones, and write the table into the reference."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reference" / "benchmarks.md"


def main(names: list[str]) -> int:
    """Measure; print and write what was found."""
    for folder in (ROOT / "src", ROOT / "tests"):
        sys.path.insert(0, str(folder))
    os.environ["DJANGO_SETTINGS_MODULE"] = "appointed.config.test_settings"
    import django  # noqa: PLC0415 - it reads the settings just named

    django.setup()
    from bench import database, day_page, first_push, no_news  # noqa: PLC0415 - settings first
    from bench.tables import write_page  # noqa: PLC0415 – after Django is set up

    measurements = {"first_push": first_push, "no_news": no_news, "day_page": day_page}
    chosen = names or list(measurements)
    if unknown := [name for name in chosen if name not in measurements]:
        print(f"There is no measurement {unknown[0]}. There are: {', '.join(measurements)}.")
        return 2
    tables = []
    with database.ready():
        for name in chosen:
            print(f"measuring {name} …", flush=True)
            table = measurements[name].measure()
            print(table.as_text(), flush=True)
            tables.append(table)
    if not names:
        write_page(PAGE, tables)
        print(f"written: {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
