import pytest

from support.api import Caller
from support.book import House


@pytest.fixture
def caller(house: House) -> Caller:
    """A program with a manager's key."""
    return Caller(house.key())


@pytest.fixture
def stranger() -> Caller:
    """A program without a key."""
    return Caller(None)
