"""Django's settings in tests: a throw-away database of this very run, cheap passwords."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def _test_dir() -> Path:
    """Return the directory of this run; the first process makes it, the others inherit it."""
    if "APPOINTED_TEST_DIR" not in os.environ:
        made = Path(tempfile.mkdtemp(prefix="appointed-test-"))
        made.chmod(0o755)  # as root, the database's own user has to reach its data below it
        os.environ["APPOINTED_TEST_DIR"] = str(made)
    return Path(os.environ["APPOINTED_TEST_DIR"])


TEST_DIR = _test_dir()
os.environ["APPOINTED_DATA_DIR"] = str(TEST_DIR / "data")
os.environ.setdefault("APPOINTED_ALLOWED_PRIVATE_HOSTS", "127.0.0.1")

from appointed.config.settings import *  # noqa: E402, F403 – the environment has to stand first

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
