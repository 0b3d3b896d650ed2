"""The virtual environment in the clone, kept at what `requirements/` pins.

Everything lands in `.venv` and `.cache`. A stamp says what stands there, so nothing is done twice;
a lock lets one run at a time do it; killed anywhere, the next run completes it.
"""

from __future__ import annotations

import ast
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tools.machine import VENV_PACKAGES, need_packages
from tools.programs import ROOT, Refused, quietly, replace_text, say

CACHE = ROOT / ".cache"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "appointed.stamp"
REQUIREMENTS = ROOT / "requirements"

SETS = {"demo": ("demo.txt", "build.txt"), "dev": ("dev.txt",)}  # dev contains demo
UNFINISHED = "unfinished"


def digest(*files: Path) -> str:
    """Return a digest of the files' contents and of the interpreter that reads what they pin."""
    parts = [os.path.realpath(base_python()).encode(), *(file.read_bytes() for file in files)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def base_python() -> str:
    """Return the interpreter outside any virtual environment."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    outside = Path(sys.base_prefix, "bin", version)
    inside = sys.prefix != sys.base_prefix
    return str(outside) if inside and outside.exists() else sys.executable


def larger(asked: str, stamp: str) -> str:
    """Return the set to install: never a smaller one than already stands in the clone."""
    return "dev" if "dev" in {asked, stamp.partition(" ")[0]} else asked


def stamp_of(name: str) -> str:
    """Return the stamp of a finished installation of the set `name` in this very place."""
    return f"{name} {digest(*(REQUIREMENTS / file for file in SETS[name]))} {ROOT}"


def read_stamp() -> str:
    """Return what the stamp in the clone says, or nothing."""
    try:
        return STAMP.read_text()
    except OSError:
        return ""


def is_set_up(asked: str) -> bool:
    """Say whether the clone holds the set `asked` as the requirements pin it today."""
    stamp = read_stamp()
    return PYTHON.exists() and stamp == stamp_of(larger(asked, stamp))


@contextlib.contextmanager
def only_one() -> Iterator[int]:
    """Let one run at a time set up this clone; the kernel frees the lock of a killed one."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "setup.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another run.py is setting up this clone; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def set_up(asked: str) -> None:
    """Bring `.venv` to the pinned requirements; killed anywhere, the next call completes it."""
    if is_set_up(asked):
        return
    with only_one() as lock:
        if is_set_up(asked):
            return
        if importlib.util.find_spec("ensurepip") is None:
            need_packages(VENV_PACKAGES, purpose="A virtual environment")
        name = larger(asked, read_stamp())
        make_environment(lock)
        install(SETS[name], lock=lock)
        library = PYTHON.parent.parent / "lib" / f"python{python_version()}" / "site-packages"
        (library / "appointed.pth").write_text(f"{ROOT / 'src'}\n")
        replace_text(STAMP, stamp_of(name))


def python_version() -> str:
    """Return the version that names the environment's library folder."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def make_environment(lock: int) -> None:
    """Leave a virtual environment marked as unfinished; one broken by a kill is made anew."""
    interpreter = os.path.realpath(base_python())
    sound = PYTHON.exists() and os.path.realpath(PYTHON) == interpreter
    if sound and read_stamp() != UNFINISHED:
        replace_text(STAMP, UNFINISHED)
        return
    discard(VENV)
    VENV.mkdir()
    replace_text(STAMP, UNFINISHED)
    quietly([base_python(), "-m", "venv", "--without-pip", str(VENV)], keep=lock)


def install(files: Sequence[str], *, lock: int) -> None:
    """Install pinned and hashed requirements into `.venv`, by uv where it works, else by pip."""
    pip = [str(bootstrap(lock) / "python"), "-m", "pip"]
    options = ["install", "--quiet", "--no-deps", "--require-hashes"]
    options += [f"--requirement={REQUIREMENTS / file}" for file in files]
    uv = Path(pip[0]).with_name("uv")
    say(f"installing the requirements {', '.join(files)}")
    if uv.exists():
        listing = subprocess.run(
            [*pip, "config", "list"], capture_output=True, text=True, check=False
        )
        environment = os.environ | uv_environment(listing.stdout, os.environ)
        command = [str(uv), "pip", *options, "--python", str(PYTHON)]
        if subprocess.run(command, env=environment, pass_fds=[lock], check=False).returncode == 0:
            return
        say("uv could not do it; pip tries")
    quietly([*pip, "--python", str(PYTHON), *options], keep=lock)


def bootstrap(lock: int) -> Path:
    """Return the folder of programs that holds pip and, where it could be fetched, uv.

    uv installs the requirements of the demo in 1 s where pip takes 12 (bare Debian 12,
    November 2026); they stay outside `.venv`, which holds what the product and its tests need.
    """
    home = CACHE / "bootstrap"
    pins = REQUIREMENTS / "uv.txt"
    stamp, wanted = home / "appointed.stamp", digest(pins)
    if stamp.exists() and stamp.read_text() == wanted:
        return home / "bin"
    say("fetching the installer")
    discard(home)
    quietly([base_python(), "-m", "venv", str(home)], keep=lock)
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    with contextlib.suppress(Refused):  # then pip does it all
        quietly([*pip, "--no-deps", "--require-hashes", "-r", str(pins)], keep=lock)
        replace_text(stamp, wanted)
    return home / "bin"


def uv_environment(pip_settings: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that make uv ask where pip is configured to ask.

    `pip_settings` is the answer of `pip config list`. Variables of uv that are set already win.
    """
    found: dict[str, str] = {}
    for scope in ("global.", "install.", ":env:."):  # from the weakest to the strongest
        for line in pip_settings.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(scope):
                found[name.removeprefix(scope)] = str(ast.literal_eval(value))
    words = {
        "UV_DEFAULT_INDEX": found.get("index-url", "").split(),
        "UV_INDEX": found.get("extra-index-url", "").split(),
        "UV_FIND_LINKS": [",".join(found.get("find-links", "").split())],
        "UV_INSECURE_HOST": found.get("trusted-host", "").split(),
        "UV_NO_INDEX": ["1"] if found.get("no-index", "").lower() in {"1", "true", "yes"} else [],
        "ALL_PROXY": found.get("proxy", "").split(),
        "SSL_CERT_FILE": found.get("cert", "").split(),
        "UV_INDEX_STRATEGY": ["unsafe-best-match"],  # as pip does; the hashes say what is right
        "UV_SYSTEM_CERTS": ["1"],
        "UV_CACHE_DIR": [str(CACHE / "uv")],
    }
    joined = {name: " ".join(value) for name, value in words.items()}
    return {name: value for name, value in joined.items() if value and name not in environment}


def build_assets() -> None:
    """Build the static files; the builder itself leaves alone what is up to date."""
    builder = ROOT / "frontend" / "build.py"
    if builder.exists():
        with only_one():
            quietly([str(PYTHON), str(builder)])


def discard(folder: Path) -> None:
    """Take a folder away at once, then delete it; a kill in between leaves no half of it."""
    away = CACHE / f"discarded-{folder.name}"
    shutil.rmtree(away, ignore_errors=True)
    if folder.exists():
        folder.rename(away)
        shutil.rmtree(away, ignore_errors=True)
