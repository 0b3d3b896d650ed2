"""Exit statuses and the one line on standard error."""

from pathlib import Path

import pytest

from appointed.cli.main import main
from support.commands import run_command

WRONG = {
    "no command": (),
    "unknown command": ("fly",),
    "unknown option": ("migrate", "--fast"),
    "a shortened option": ("serve", "--po", "80"),
    "a port that is none": ("serve", "--port", "99999"),
    "a day that is none": ("export-ical", "--practitioner", "x"),
    "an unknown role": ("api-key", "create", "--name", "x", "--role", "king"),
}


@pytest.mark.parametrize("words", WRONG.values(), ids=WRONG)
def test_wrong_usage_is_status_two(words, capsys):
    assert main(words) == 2
    assert "usage: appointed" in capsys.readouterr().err


def test_help_is_status_zero(capsys):
    assert main(["--help"]) == 0
    assert "create-owner" in capsys.readouterr().out


def test_a_setting_that_cannot_be_used_is_named(data_dir: Path):
    refused = run_command(data_dir, "migrate", APPOINTED_POLL_SECONDS="soon")

    assert refused.returncode == 1
    assert refused.stderr == (
        "appointed migrate: APPOINTED_POLL_SECONDS must be a whole number of seconds from 1.\n"
    )


def test_a_database_elsewhere_that_does_not_answer_is_named(data_dir: Path):
    url = "postgresql://nobody:secret@127.0.0.1:9/appointed"

    refused = run_command(data_dir, "migrate", APPOINTED_DATABASE_URL=url)

    assert refused.returncode == 1
    assert "does not answer" in refused.stderr
    assert "secret" not in refused.stderr
