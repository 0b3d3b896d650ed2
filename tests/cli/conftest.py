from collections.abc import Iterator
from pathlib import Path

import pytest

from support.database import temporary_data_dir


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with temporary_data_dir() as directory:
        yield directory
