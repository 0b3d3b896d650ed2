"""A dump brings everything back, and a restore that fails changes nothing."""

from io import BytesIO

import psycopg
import pytest

from appointed.postgres import ServerProblem, dump, is_empty, restore, running

from .conftest import connect

THE_BOOK = """
CREATE EXTENSION btree_gist;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION unaccent;
CREATE SCHEMA aside;
CREATE TABLE aside.notes (note text);
CREATE TABLE people (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE);
CREATE TABLE times (
    person bigint REFERENCES people, during tstzrange,
    EXCLUDE USING gist (person WITH =, during WITH &&)
);
CREATE INDEX ON people USING gin (name gin_trgm_ops);
INSERT INTO people (name) SELECT 'Ann ' || n FROM generate_series(1, 5000) AS n;
INSERT INTO times VALUES (7, '[2026-03-29 01:00+00, 2026-03-29 02:00+00)');
"""


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def backup(served):
    """A dump of a small book."""
    with connect(served.facts) as connection:
        connection.execute(THE_BOOK)
    stream = BytesIO()
    dump(served.facts, stream)
    return stream.getvalue()


@pytest.fixture
def book(served, backup):
    """The facts of a running server that holds the small book, whatever a test did before."""
    restore(served.facts, BytesIO(backup))
    return served.facts


def test_a_restored_database_holds_what_the_dumped_one_held(book, backup):
    with connect(book) as connection:
        connection.execute(
            "DELETE FROM times; DELETE FROM people WHERE id > 3; DROP SCHEMA aside CASCADE"
        )
        connection.execute("CREATE TABLE newer ()")

    restore(book, BytesIO(backup))

    assert asked(book, "SELECT count(*), max(name) FROM people") == (5000, "Ann 999")
    assert asked(book, "SELECT count(*) FROM aside.notes") == (0,)
    assert asked(book, "SELECT to_regclass('newer')") == (None,)
    assert asked(book, "INSERT INTO people (name) VALUES ('Bob') RETURNING id") == (5001,)


def test_a_restored_database_still_refuses_what_it_refused(book, backup):
    restore(book, BytesIO(backup))

    with pytest.raises(psycopg.errors.ExclusionViolation):
        asked(book, "INSERT INTO times SELECT * FROM times RETURNING person")


def test_a_restored_database_can_be_dumped_and_restored_again(book, backup):
    restore(book, BytesIO(backup))
    second = BytesIO()

    dump(book, second)
    restore(book, BytesIO(second.getvalue()))

    assert asked(book, "SELECT count(*) FROM people") == (5000,)


def test_a_dump_goes_into_a_new_installation(backup, data_dir):
    with running(data_dir.parent / "other") as other:
        assert is_empty(other)

        restore(other, BytesIO(backup))

        assert not is_empty(other)
        assert asked(other, "SELECT count(*) FROM people") == (5000,)


def test_a_dump_is_one_moment_while_others_go_on(book):
    with connect(book) as connection, connection.transaction():
        connection.execute("DELETE FROM people WHERE id <> 7")
        stream = BytesIO()
        dump(book, stream)

    restore(book, BytesIO(stream.getvalue()))
    assert asked(book, "SELECT count(*) FROM people") == (5000,)


@pytest.mark.parametrize("part", ["nothing", "a word", "half", "all but the end"])
def test_what_is_no_whole_dump_changes_nothing(book, backup, part):
    streams = {
        "nothing": b"",
        "a word": b"hello",
        "half": backup[: len(backup) // 2],
        "all but the end": backup[:-200],
    }

    with pytest.raises(ServerProblem, match="not a whole backup"):
        restore(book, BytesIO(streams[part]))

    assert asked(book, "SELECT count(*) FROM people") == (5000,)


def test_a_stream_that_fails_half_way_changes_nothing(book, backup):
    with pytest.raises(ValueError, match="wrong key"):
        restore(book, Failing(backup))

    assert asked(book, "SELECT count(*) FROM people") == (5000,)


def test_a_server_that_does_not_run_is_told_for_both_ways(data_dir, book, backup):
    stopped = type(book)(str(data_dir.parent), book.user, book.dbname)

    with pytest.raises(ServerProblem, match="could not be backed up"):
        dump(stopped, BytesIO())
    with pytest.raises(ServerProblem, match="could not be restored"):
        restore(stopped, BytesIO(backup))
    with pytest.raises(ServerProblem, match="does not answer"):
        is_empty(stopped)


class Failing(BytesIO):
    """A stream whose second half cannot be decrypted."""

    def read(self, size=-1):
        if self.tell() > len(self.getvalue()) // 2:
            raise ValueError("wrong key")
        return super().read(min(size, 4096))


def asked(facts, question):
    with connect(facts) as connection:
        return connection.execute(question).fetchone()
