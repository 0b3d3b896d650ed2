from __future__ import annotations

import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from appointed_standins.phone.configuration import read_configuration
from appointed_standins.phone.events import entry_of
from demo.conftest import ZONE, all_times
from support.caldav_servers import free_port
from support.database import temporary_data_dir
from support.demo import PATIENCE, running_demo
from support.programs import answers
from support.supervisor import wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with temporary_data_dir() as data:
        yield data


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


def pushed(folder: Path, person: int = 0) -> list[str]:
    """Return the titles in the practitioner's calendar of appointments, as the phone reads it."""
    account = read_configuration(folder / "phone.json").people[person].account
    place = next(each for each in account.calendars() if each.slug == "appointments")
    return [entry_of(each.text, ZONE).title for each in account.events(place, *all_times())]


@pytest.fixture
def begun(folder: Path, port: int) -> Path:
    """Return the folder of a demo that ran before and was ended."""
    with running_demo(folder, port):
        wait_for(lambda: pushed(folder), seconds=PATIENCE)
    return folder


def test_a_demo_says_where_everything_is_and_ends_with_all_of_it(folder: Path, port: int) -> None:
    with running_demo(folder, port) as demo:
        pages = (demo.word("Appointment book"), demo.word("The other side"))
        for page in (*pages, demo.word("Mails")):
            with urllib.request.urlopen(page, timeout=60) as answer:  # noqa: S310 - our own
                assert answer.status == 200
        with urllib.request.urlopen(pages[0], timeout=60) as answer:  # noqa: S310 - our own
            assert f'<a href="{pages[1]}">The other side</a>' in answer.read().decode()
        wait_for(lambda: pushed(folder), seconds=PATIENCE)
        everything = demo.processes()
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(PATIENCE) == 0

    assert "every 3 seconds" in demo.text
    assert "20 seconds" in demo.text
    assert len(everything) > 6
    assert [pid for pid in everything if Path(f"/proc/{pid}").exists()] == []
    assert [port for port in demo.ports() if answers(port)] == []


def test_started_again_it_goes_on_where_it_stopped(begun: Path, port: int) -> None:
    keys = (begun / "demo.json").read_text()

    with running_demo(begun, port) as demo:
        standing = pushed(begun)

    assert standing
    assert (begun / "demo.json").read_text() == keys
    assert f"http://127.0.0.1:{port}/" in demo.text


def test_a_killed_demo_leaves_no_process(folder: Path, port: int) -> None:
    with running_demo(folder, port) as demo:
        everything = demo.processes()
        demo.process.kill()

        wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in everything[1:]))

    assert [port for port in demo.ports() if answers(port)] == []


def test_a_second_demo_on_the_same_data_says_who_has_it(folder: Path, port: int) -> None:
    with (
        running_demo(folder, port),
        pytest.raises(AssertionError, match="it ended"),
        running_demo(folder, free_port()),
    ):
        pass
