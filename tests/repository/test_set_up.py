"""`run.py` in a small clone of its own: a real environment, and a wheel from a folder."""

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETS = ("demo", "build", "dev", "uv")
PATIENCE = 120

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("set-up")]


def make_wheel(folder, version):
    """Write a wheel of the library `probe` and return the line that pins it."""
    about = f"probe-{version}.dist-info"
    files = {
        "probe.py": f'VERSION = "{version}"\n',
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: probe\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{name},sha256={_digest(text)},{len(text)}" for name, text in files.items()]
    files[f"{about}/RECORD"] = "\n".join([*rows, f"{about}/RECORD,,\n"])
    wheel = folder / f"probe-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)  # the same bytes each time
    return f"probe=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def _digest(text):
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


class SmallClone:
    """A clone whose only requirement is `probe` and whose product prints its version."""

    def __init__(self, root):
        self.root = root
        self.wheels = root.parent / "wheels"
        self.wheels.mkdir()
        root.mkdir()
        shutil.copytree(
            ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__")
        )
        shutil.copy(ROOT / "run.py", root)
        product = root / "src" / "appointed"
        product.mkdir(parents=True)
        (product / "cli.py").write_text("import probe, sys\nprint(probe.VERSION, *sys.argv[1:])\n")
        (root / "requirements").mkdir()
        self.pin("1.0", *SETS)

    def pin(self, version, *names):
        line = make_wheel(self.wheels, version)
        for name in names:
            (self.root / "requirements" / f"{name}.txt").write_text(line)

    def start(self, *arguments):
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PIP_", "UV_"))
        }
        settings = {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
        }
        return subprocess.Popen(  # noqa: S603 – this very Python
            [sys.executable, str(self.root / "run.py"), *arguments],
            env=inherited | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments):
        child = self.start(*arguments)
        output, told = child.communicate(timeout=PATIENCE)
        assert child.returncode == 0, told
        return output, told


@pytest.fixture(scope="module")
def bootstrapped(tmp_path_factory):
    """A clone that has fetched its installer: the slow part, wanted by every test below."""
    clone = SmallClone(tmp_path_factory.mktemp("first") / "clone")
    return clone, clone.run("appointed", "greet", "Ann")


@pytest.fixture
def clone(tmp_path, bootstrapped):
    fresh = SmallClone(tmp_path / "clone")
    kept = Path(".cache", "bootstrap")
    shutil.copytree(bootstrapped[0].root / kept, fresh.root / kept, symlinks=True)
    return fresh


def wait_until(condition):
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


def test_a_fresh_clone_sets_itself_up_once_and_goes_on(bootstrapped):
    clone, (first, told) = bootstrapped

    second, silence = clone.run("appointed", "greet", "Ann")

    assert first == second == "1.0 greet Ann\n"
    assert "installing the requirements" in told
    assert silence == ""


def test_changed_requirements_are_installed(clone):
    clone.run("appointed")
    clone.pin("2.0", "demo", "build")

    output, _ = clone.run("appointed")

    assert output == "2.0\n"


def test_a_run_that_was_killed_is_completed_by_the_next(clone):
    stamp = clone.root / ".venv" / "appointed.stamp"
    killed = clone.start("appointed")
    wait_until(lambda: stamp.exists() and stamp.read_text() == "unfinished")
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    (clone.root / ".venv" / "bin" / "python").unlink(missing_ok=True)

    output, _ = clone.run("appointed")

    assert output == "1.0\n"


def test_a_second_run_waits_for_the_orphans_of_a_killed_one(clone):
    stamp = clone.root / ".venv" / "appointed.stamp"
    killed = clone.start("appointed")
    wait_until(lambda: stamp.exists() and stamp.read_text() == "unfinished")
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()

    output, _ = clone.run("appointed")

    killed.communicate()
    assert output == "1.0\n"


def test_two_runs_at_once_set_up_once(clone):
    runs = [clone.start("appointed") for _ in range(2)]
    answers = [run.communicate(timeout=PATIENCE) for run in runs]

    assert [output for output, _ in answers] == ["1.0\n", "1.0\n"]
    assert sum("installing the requirements" in told for _, told in answers) == 1


def test_a_clone_that_was_moved_is_set_up_again(clone):
    clone.run("appointed")
    clone.root = clone.root.rename(clone.root.with_name("elsewhere"))

    output, told = clone.run("appointed")

    assert output == "1.0\n"
    assert "installing the requirements" in told


def test_a_hash_that_does_not_fit_is_refused(clone):
    (clone.root / "requirements" / "demo.txt").write_text(f"probe==1.0 --hash=sha256:{'0' * 64}\n")

    child = clone.start("appointed")
    _, told = child.communicate(timeout=PATIENCE)

    assert child.returncode == 1
    assert "failed; its last words stand above" in told


@pytest.mark.parametrize(("arguments", "status"), [((), 2), (("nonsense",), 2), (("--help",), 0)])
def test_wrong_usage_is_told_apart_from_failure(clone, arguments, status):
    child = clone.start(*arguments)

    child.communicate(timeout=PATIENCE)

    assert child.returncode == status


def test_a_part_that_is_not_built_yet_says_so(clone):
    child = clone.start("mutants")

    _, told = child.communicate(timeout=PATIENCE)

    assert child.returncode == 1
    assert "comes with a later issue" in told
