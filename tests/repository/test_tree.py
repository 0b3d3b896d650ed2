"""What may stand in the repository."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REGISTRIES = re.compile(
    "|".join(("npm" + r"js\.", "py" + r"pi\.org", "python" + "hosted", r"deb\.deb" + "ian"))
)
OWN_FOLDERS = re.compile(r"(?<![\w.])/(?:work|farm|root|home/[a-z]+)/\w")
PATH_OF_THE_PROOF = "tests/repository/bare_debian.sh"  # makes a machine of its own
LONGEST = 600  # 500 is the aim; whether a few lines more are one room is for a reader to say
WRITTEN_BY_OTHERS = ("/migrations/", "package-lock.json", "LICENSE")
SILENCED = re.compile(r"#\s*(?:noqa|type:\s*ignore)(?P<rest>.*)")
GROWN = {"src/appointed/core/planning.py", "frontend/css/book.css"}  # none may join them
EXPLAINED = re.compile(r"(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|\[[\w, -]+\])\s+\S+\s+[`\w]+")


def tracked(*patterns):
    """Return the texts of the files that git knows, by name."""
    listing = subprocess.run(  # noqa: S603 – git is what tells a clone's own files
        ["git", "ls-files", "-z", "--", *patterns],  # noqa: S607 – wherever it lies
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [ROOT / name for name in listing.stdout.split("\0") if name]
    texts = {}
    for file in files:
        if file.is_file() and b"\0" not in (content := file.read_bytes()):
            texts[str(file.relative_to(ROOT))] = content.decode()
    return texts


def lines(*patterns):
    for name, text in tracked(*patterns).items():
        for number, line in enumerate(text.splitlines(), start=1):
            yield name, number, line


def test_no_registry_is_named():
    named = [f"{name}:{number}" for name, number, line in lines() if REGISTRIES.search(line)]

    assert named == []


def test_no_path_of_a_machine_is_named():
    named = [
        f"{name}:{number}: {line.strip()}"
        for name, number, line in lines()
        if OWN_FOLDERS.search(line) and name != PATH_OF_THE_PROOF
    ]

    assert named == []


def test_no_file_is_longer_than_a_room():
    long = {
        name
        for name, text in tracked("*.py", "*.js", "*.css", "*.html", "*.sh").items()
        if len(text.splitlines()) > LONGEST and not any(part in name for part in WRITTEN_BY_OTHERS)
    }

    assert long <= GROWN


def test_whoever_silences_a_checker_says_which_rule_and_why():
    silent = [
        f"{name}:{number}: {line.strip()}"
        for name, number, line in lines("*.py")
        if (found := SILENCED.search(line))
        and not EXPLAINED.match(found["rest"])
        and "SILENCED" not in line
    ]

    assert silent == []


@pytest.mark.parametrize("name", ["base", "demo", "build", "dev", "uv"])
def test_requirements_are_pinned_and_hashed_and_name_no_address(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text()

    wanted = re.split(r"\n(?=[a-z])", text.replace("\\\n", ""), flags=re.IGNORECASE)

    assert all("==" in line and "--hash=sha256:" in line for line in wanted if line[:1] != "#")
    assert "://" not in text
    assert "index" not in re.sub(r"#.*", "", text)


def test_each_smaller_set_of_requirements_is_part_of_the_larger_one():
    base, demo, build, dev = (
        set(
            re.findall(
                r"^[a-z0-9][^ ]*==[^ ;]*",
                (ROOT / "requirements" / f"{name}.txt").read_text(),
                re.MULTILINE,
            )
        )
        for name in ("base", "demo", "build", "dev")
    )

    assert base < demo
    assert demo < dev
    assert build < dev


def test_nothing_is_skipped_without_a_reason():
    skipped = [
        f"{name}:{number}"
        for name, number, line in lines("tests/*.py")
        if re.search(r"pytest\.mark\.(skip|xfail)\b(?!.*reason=)", line) and "re.search" not in line
    ]

    assert skipped == []
