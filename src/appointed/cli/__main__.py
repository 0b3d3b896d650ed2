"""`python -m appointed.cli` is the command `appointed`."""

import sys

from appointed.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
