"""Where the built static files lie: `frontend/build.py` names the folder of the current ones."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django.templatetags.static import static

BUILT = Path(__file__).parent / "static" / "built"
UNBUILT = "unbuilt"


@cache
def built_folder() -> str:
    """Return the folder of the current files, as it stood when this process began."""
    try:
        named = json.loads((BUILT / "current.json").read_text())
    except FileNotFoundError:
        return UNBUILT
    return str(named["folder"])


def asset_url(name: str) -> str:
    """Return the address of a built file; it changes whenever its content may have changed."""
    return static(f"built/{built_folder()}/{name}")
