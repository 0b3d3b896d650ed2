"""The static files: built once for what the sources say, however often it is asked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from appointed.web.assets import BUILT

BUILD = Path(__file__).parents[2] / "frontend" / "build.py"
LOCK = BUILD.parent / "package-lock.json"


def build() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(BUILD)])  # noqa: S603 - our own program


def test_two_builds_at_once_leave_one_whole_result() -> None:
    both = [build(), build()]

    assert [one.wait(300) for one in both] == [0, 0]
    folder = BUILT / json.loads((BUILT / "current.json").read_text())["folder"]
    assert {"app.css", "fullcalendar.js", "htmx.js", "icons.svg"} <= {
        p.name for p in folder.iterdir()
    }


def test_a_second_build_touches_nothing() -> None:
    build().wait(300)
    before = (BUILT / "current.json").stat().st_mtime_ns

    build().wait(300)

    assert (BUILT / "current.json").stat().st_mtime_ns == before


def test_the_lock_file_names_no_host() -> None:
    packages = json.loads(LOCK.read_text())["packages"].values()

    assert not any("resolved" in package for package in packages)
