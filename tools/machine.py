"""The machine: whether Appointed runs on it, and what of Debian is missing there."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tools.programs import Refused, quietly, say

VENV_PACKAGES = ("python3-venv",)
BROWSER_PACKAGES = ("chromium", "fonts-liberation", "libatomic1")
CYRUS_PACKAGES = ("cyrus-caldav", "cyrus-imapd", "sasl2-bin")


def unsupported(platform: str) -> str | None:
    """Return the sentence for a platform on which Appointed does not run, else None."""
    if platform in {"linux", "darwin"}:
        return None
    return (
        f"Appointed runs on Linux, and this is {platform}: "
        "use a Linux machine, a container or, on Windows, WSL."
    )


def install_command(packages: Sequence[str]) -> str:
    """Return the command that a person gives once as root to get `packages`."""
    return f"apt-get update && apt-get install -y {' '.join(packages)}"


def lacking(wanted: Sequence[str], installed: str) -> list[str]:
    """Return which of `wanted` are absent from dpkg-query's lines of `status package`."""
    present = {line.split()[1] for line in installed.splitlines() if line.startswith("installed ")}
    return [package for package in wanted if package not in present]


def missing_packages(wanted: Sequence[str]) -> list[str]:
    """Return which Debian packages are not installed; on another system those without a program."""
    if shutil.which("dpkg-query") is None:
        programs = {"chromium": "chromium", "cyrus-imapd": "cyrmaster"}
        return [name for name in wanted if name in programs and not shutil.which(programs[name])]
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Package}\\n", *wanted]
    listing = subprocess.run(query, capture_output=True, text=True, check=False)
    return lacking(wanted, listing.stdout)


def can_install_packages() -> bool:
    """Say whether Debian packages may be installed here without asking anybody."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def need_packages(wanted: Sequence[str], *, purpose: str) -> None:
    """Install the Debian packages that are missing, or refuse with the command that does it."""
    missing = missing_packages(wanted)
    if not missing:
        return
    if not can_install_packages():
        raise Refused(
            f"{purpose} needs {', '.join(missing)}; give this command once as root and come back: "
            f"{install_command(missing)}"
        )
    say(f"installing {', '.join(missing)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
    quietly([*apt, "update"], environment=environment)
    quietly([*apt, "install", "--no-install-recommends", *missing], environment=environment)
    if "cyrus-imapd" in missing and Path("/run/systemd/system").is_dir():
        # Its package starts a server; the tests run one of their own.
        quietly(["systemctl", "disable", "--now", "cyrus-imapd"])
