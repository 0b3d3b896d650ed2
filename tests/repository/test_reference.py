"""The generated pages say what the code says."""

import re
from pathlib import Path

import pytest
from tools import reference

from appointed.config import environment

NOT_SHOWN = {"APPOINTED_DEMO_URL"}
"""Set by `appointed demo` for its own programs."""


@pytest.mark.parametrize("page", reference.pages(), ids=lambda page: page.name)
def test_a_generated_page_is_current(page: Path):
    assert page.read_text() == reference.pages()[page], "run `python -m tools.reference`"


def test_every_setting_is_described():
    named = set(re.findall(r"APPOINTED_[A-Z_]+", Path(environment.__file__).read_text()))

    assert named - NOT_SHOWN == set(reference.SETTINGS)
