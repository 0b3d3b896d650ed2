"""The pages that stand in the repository."""

import json
import re
from pathlib import Path

import pytest
import run

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FOLDERS = ("docs", "changes", "src")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
PAGES += sorted(page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md"))
FRAGMENT = re.compile(r"\d+(\.\d+)?\.(added|changed|fixed|removed|security)\.md")


def links(page):
    """Return where the page's links lead inside the repository: file and heading."""
    for words in LINK.findall(re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)):
        target = "".join(words)
        if "://" not in target and not target.startswith("mailto:"):
            file, _, heading = target.partition("#")
            yield (page.parent / file).resolve() if file else page, heading


def headings(page):
    """Return the page's headings as a forge makes links of them."""
    found = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    broken = [
        f"{file}#{heading}"
        for file, heading in links(page)
        if not file.exists() or (heading and heading not in headings(file))
    ]

    assert broken == []


def test_every_page_of_the_documentation_is_reached_from_its_index():
    reached, waiting = set(), [ROOT / "docs" / "index.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        waiting += [file for file, _ in links(page) if file.suffix == ".md" and file not in reached]

    assert set((ROOT / "docs").rglob("*.md")) - reached == set()


def test_the_readme_names_the_two_commands_that_exist():
    readme = (ROOT / "README.md").read_text()

    named = set(re.findall(r"python3 run\.py (\w+)", readme))

    assert {"demo", "test"} <= named <= set(run.COMMANDS)


def test_every_command_of_a_clone_is_in_its_help():
    told = set(re.findall(r"\b[a-z]+\b", run.USAGE))

    assert set(run.COMMANDS) <= told


def test_every_dependency_is_explained_and_nothing_else():
    explained = re.findall(
        r"^\| `([^`]+)`", (ROOT / "docs/explanation/libraries.md").read_text(), re.MULTILINE
    )
    wanted = [
        re.split(r"[\[<>=]", line)[0]
        for file in (ROOT / "requirements").glob("*.in")
        for line in file.read_text().splitlines()
        if line[:1].isalpha()
    ]
    package = json.loads((ROOT / "frontend" / "package.json").read_text())
    wanted += [*package["dependencies"], *package["devDependencies"]]

    assert sorted(explained) == sorted(wanted)


def test_changes_are_told_in_files_named_by_issue_and_kind():
    strange = [
        file.name
        for file in (ROOT / "changes").iterdir()
        if file.name != "README.md" and not FRAGMENT.fullmatch(file.name)
    ]

    assert strange == []
