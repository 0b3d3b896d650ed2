"""`python3 run.py torture [SECONDS] [SEED]`: minutes of kills; exit 1 where a commit was lost."""

import sys
from pathlib import Path

TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(TESTS), str(TESTS.parent / "src")]

from torture.postgres_kills import torture  # noqa: E402 - the path had to be set first

SECONDS = 120.0


def main(arguments: list[str]) -> int:
    """Kill the database for so many seconds (and by that seed) and say what was kept."""
    seconds = float(arguments[0]) if arguments else SECONDS
    outcome = torture(seconds, seed=int(arguments[1]) if arguments[1:] else 1)
    print(  # noqa: T201 - a command prints
        f"{outcome.kills} kills, {outcome.acknowledged} acknowledged commits, {outcome.lost} lost, "
        f"{outcome.findings or 'amcheck and checksums clean'}"
    )
    return 0 if outcome.clean else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
