"""Seconds of what `run.py torture` does for minutes."""

import pytest

from torture.postgres_kills import torture


@pytest.mark.slow
def test_no_acknowledged_commit_is_lost_under_kills():
    outcome = torture(20, seed=7)

    assert outcome.kills > 5
    assert outcome.acknowledged > 1000
    assert outcome.lost == 0
    assert outcome.findings == ""
