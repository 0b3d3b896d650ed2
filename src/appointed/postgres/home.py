"""The directory that holds cluster, log and socket: made once, known by a link ever after."""

import os
from pathlib import Path

from appointed.postgres.account import Account, account_for
from appointed.postgres.leftovers import end_leftovers
from appointed.postgres.place import STATE_DIR, can_enter, home_of, link_of
from appointed.postgres.problems import ServerProblem

_ORIGIN = "belongs-to"


def open_home(data_dir: Path) -> tuple[Path, Account]:
    """Return the home of the cluster of `data_dir`, making it where there is none, and its user.

    No right of a directory that stood before is changed.

    Raises:
        ServerProblem: it was lost, is another installation's, or its user cannot enter it.
    """
    home = home_of(data_dir)
    link = link_of(data_dir)
    if link.is_symlink():
        _refuse_a_lost_home(home, link=link)
        _refuse_a_copy(home, data_dir=data_dir)
    elif home != link:
        _set_aside(home)
    account = _made(home)
    if not can_enter(home.parent, uid=account.uid, gid=account.gid):
        raise ServerProblem(
            f"The user {account.name}, whom PostgreSQL runs as, cannot enter {home.parent}: "
            "let others pass (`chmod o+x`) each directory on the way, and start again."
        )
    if home != link and not link.is_symlink():
        (home / _ORIGIN).write_text(f"{data_dir.resolve()}\n")
        link.symlink_to(home)
    return home, account


def _made(home: Path) -> Account:
    """Make the home; root's stays root's own, and its server's user may only pass through it."""
    if home.parent == STATE_DIR and not STATE_DIR.exists():
        STATE_DIR.mkdir(exist_ok=True)
        STATE_DIR.chmod(0o755)  # whatever the umask says: the service user has to pass
    account = account_for(home)
    home.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() != account.uid:
        os.chown(home, 0, account.gid)
        home.chmod(0o710)
    return account


def _refuse_a_lost_home(home: Path, *, link: Path) -> None:
    if not home.is_dir():
        raise ServerProblem(
            f"The database that {link} leads to is gone ({home}): bring it back, "
            f"or remove {link} to begin with an empty one."
        )


def _refuse_a_copy(home: Path, *, data_dir: Path) -> None:
    """Refuse a copied data directory whose link leads to the original's database."""
    origin = home / _ORIGIN
    real = data_dir.resolve()
    other = Path(origin.read_text().rstrip("\n")) if origin.exists() else real
    if other != real and link_of(other).is_symlink() and link_of(other).readlink() == home:
        raise ServerProblem(
            f"{data_dir} is a copy of {other}, whose database it must not use: remove "
            f"{link_of(data_dir)}, then bring the data over by `appointed restore`."
        )
    if other != real:
        origin.write_text(f"{real}\n")


def _set_aside(home: Path) -> None:
    """Move away the database of a removed data directory that stood at the same path.

    Its keys went with that directory; it is kept for whoever wants to look.
    """
    if not any(home.glob("pg*")):
        return
    for cluster in home.glob("pg*"):
        end_leftovers(cluster)
    number = 1
    while (aside := home.with_name(f"{home.name}.aside-{number}")).exists():
        number += 1
    home.rename(aside)
