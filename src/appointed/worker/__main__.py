"""`python -m appointed.worker` works until SIGTERM or SIGINT; `appointed worker` becomes it."""

import os
import sys

import django


def main() -> int:
    """Read the settings, then work; return 0 when asked to stop."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "appointed.config.settings")
    django.setup()
    from appointed.worker.process import work  # noqa: PLC0415 - rows exist only now

    return work()


if __name__ == "__main__":
    sys.exit(main())
