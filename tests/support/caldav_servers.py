"""Real CalDAV servers on loopback, each a process of its own: Radicale, Xandikos, Cyrus.

Cyrus needs root and Debian's packages; where it cannot run it is left out and said so.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

START_CYRUS = Path(__file__).parent.parent / "shared" / "caldav" / "start-cyrus.sh"
CYRUS_NEEDS = ("/usr/lib/cyrus/bin/master", "/usr/lib/cyrus/bin/httpd", "/usr/sbin/saslpasswd2")
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it is, where calendars are kept, and who may sign in."""

    name: str
    url: str
    home: str
    username: str
    password: str


class NotHere(Exception):
    """This server cannot run on this machine; the text says why."""


@contextlib.contextmanager
def radicale() -> Iterator[Server]:
    with _folder() as folder:
        port = free_port()
        (folder / "users").write_text("alice:secret-a\nbob:secret-b\n")
        (folder / "rights").write_text(_RIGHTS)
        (folder / "config").write_text(
            f"[server]\nhosts = 127.0.0.1:{port}\nmax_connections = 40\n"
            f"[auth]\ntype = htpasswd\nhtpasswd_filename = {folder}/users\n"
            "htpasswd_encryption = plain\ndelay = 0\n"
            f"[storage]\nfilesystem_folder = {folder}/data\n"
            f"[rights]\ntype = from_file\nfile = {folder}/rights\n"
            "[logging]\nlevel = error\n"
        )
        command = [sys.executable, "-m", "radicale", "--config", str(folder / "config")]
        with _running(command, port, folder):
            yield Server("radicale", f"http://127.0.0.1:{port}/", "/alice/", "alice", "secret-a")


_RIGHTS = """
[root]
user: .+
collection:
permissions: R
[principal]
user: .+
collection: {user}
permissions: RW
[own]
user: .+
collection: {user}/(?!readonly)[^/]+
permissions: rw
[readonly]
user: .+
collection: {user}/readonly[^/]*
permissions: r
"""


@contextlib.contextmanager
def xandikos() -> Iterator[Server]:
    with _folder() as folder:
        port = free_port()
        command = [
            sys.executable, "-m", "xandikos", "serve", "--directory", str(folder / "data"),
            "--listen-address", "127.0.0.1", "--port", str(port), "--no-detect-systemd",
            "--current-user-principal", "/alice/", "--defaults",
        ]  # fmt: skip
        with _running(command, port, folder):
            yield Server("xandikos", f"http://127.0.0.1:{port}/", "/alice/calendars/", "", "")


@contextlib.contextmanager
def cyrus() -> Iterator[Server]:
    if os.geteuid() != 0:
        raise NotHere("Cyrus needs root")
    missing = [path for path in CYRUS_NEEDS if not Path(path).exists()]
    if missing:
        raise NotHere("Debian's cyrus-caldav, cyrus-imapd and sasl2-bin are not installed")
    with _folder() as folder:
        folder.chmod(0o755)
        http, imap = free_port(), free_port()
        command = ["bash", str(START_CYRUS), str(folder / "cyrus"), str(http), str(imap)]
        with _running(command, http, folder, ready="ready http"):
            url = f"http://127.0.0.1:{http}/dav/"
            yield Server("cyrus", url, "/dav/calendars/user/alice/", "alice", "secret-a")


SERVERS: dict[str, Callable[[], contextlib.AbstractContextManager[Server]]] = {
    "radicale": radicale,
    "xandikos": xandikos,
    "cyrus": cyrus,
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="caldav-", dir="/var/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _running(command: list[str], port: int, folder: Path, ready: str = "") -> Iterator[None]:
    log = folder / "output"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, cwd=folder
        )
    try:
        _wait_until_up(process, port, log, ready)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_until_up(process: subprocess.Popen[bytes], port: int, log: Path, ready: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if _answers(port) and (not ready or ready in log.read_text(errors="replace")):
            return
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
