"""The rows of the catalogue and the tests that show them stay in agreement."""

from __future__ import annotations

import pytest

from scenarios.rows import LATER, due_rows, passed_before
from support.scenario_table import all_scenarios_collected, shown_rows


def test_every_row_due_is_shown_or_owed_for_a_reason():
    passed = {row for row, _ in passed_before()}

    assert set(due_rows()) == passed | set(LATER)
    assert not passed & set(LATER)


def test_a_row_that_was_passed_keeps_its_test(request: pytest.FixtureRequest):
    if not all_scenarios_collected(request.config):
        pytest.skip("only a part of the scenarios was collected")

    assert passed_before() <= shown_rows(request.config)
