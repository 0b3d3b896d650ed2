"""The table at the end of a run: rows of the catalogue × providers, passed and owed."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from scenarios.rows import LATER, PASSED, due_rows, passed_before

SHOWN = pytest.StashKey[set[tuple[str, str]]]()
FILES = pytest.StashKey[set[str]]()
NAME = "scenario"
WRITE = "--write-passed"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a whole run store which rows it passed."""
    parser.addoption(WRITE, action="store_true", help="store the passed rows of the catalogue")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note what each test shows, before anything is deselected."""
    config.stash[SHOWN] = {shown for item in items for shown in _shown_by(item)}
    config.stash[FILES] = {item.path.name for item in items if item.path.parent == PASSED.parent}
    for item in items:
        item.user_properties += [(NAME, f"{row} {where}") for row, where in _shown_by(item)]


def shown_rows(config: pytest.Config) -> set[tuple[str, str]]:
    """Return the rows and providers that the collected tests show."""
    return config.stash.get(SHOWN, set())


def all_scenarios_collected(config: pytest.Config) -> bool:
    """Say whether every file of scenarios that there is was collected."""
    there = {path.name for path in PASSED.parent.glob("test_*.py")}
    return there <= config.stash.get(FILES, set())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print which rows were passed on which providers, and which are owed."""
    passed, failed = _met(terminalreporter, "passed"), _met(terminalreporter, "failed", "error")
    if not passed | failed:
        return
    done = passed - failed
    terminalreporter.section("scenarios")
    for line in _table(done, failed):
        terminalreporter.write_line(line)
    if terminalreporter.config.getoption(WRITE):
        PASSED.write_text("".join(f"{line}\n" for line in _lines(done)))


def _shown_by(item: pytest.Item) -> list[tuple[str, str]]:
    call = getattr(item, "callspec", None)
    where = call.params.get("outside") if call is not None else None
    return [(m.args[0], where or m.args[1]) for m in item.iter_markers(NAME) if where or m.args[1:]]


def _met(reporter: pytest.TerminalReporter, *outcomes: str) -> set[tuple[str, str]]:
    reports = (r for outcome in outcomes for r in reporter.stats.get(outcome, []))
    return {
        (row, where)
        for report in reports
        if getattr(report, "when", "call") == "call" or "passed" not in outcomes
        for name, value in getattr(report, "user_properties", [])
        if name == NAME
        for row, where in [value.split()]
    }


def _table(done: set[tuple[str, str]], failed: set[tuple[str, str]]) -> Iterable[str]:
    yield from _lines(done)
    for row, where in sorted(failed):
        yield f"{row} FAILED on {where}"
    missing = sorted(passed_before() - done - failed)
    if missing:
        yield f"not run now: {len(missing)} rows × providers that were passed before"
    for row, reason in sorted(LATER.items()):
        yield f"{row} owed: {reason}"
    rows = {row for row, _ in done}
    yield f"{len(rows)} of {len(due_rows())} rows, {len(done)} rows × providers passed"


def _lines(done: set[tuple[str, str]]) -> list[str]:
    rows = sorted({row for row, _ in done})
    return [" ".join((row, *sorted(where for r, where in done if r == row))) for row in rows]
