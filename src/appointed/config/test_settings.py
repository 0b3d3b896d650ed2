"""Django's settings in tests: a throw-away database of this very run, cheap passwords."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

TEST_DIR = Path(
    os.environ.setdefault("APPOINTED_TEST_DIR", tempfile.mkdtemp(prefix="appointed-test-"))
)
os.environ["APPOINTED_DATA_DIR"] = str(TEST_DIR / "data")
os.environ.setdefault("APPOINTED_ALLOWED_PRIVATE_HOSTS", "127.0.0.1")

from appointed.config.settings import *  # noqa: E402, F403 – the environment has to stand first

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
