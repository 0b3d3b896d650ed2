import pytest

from support.book import House, make_house


@pytest.fixture
def house(db) -> House:
    return make_house()


@pytest.fixture
def open_house(transactional_db) -> House:
    """A practice whose rows other threads and connections see."""
    return make_house()
