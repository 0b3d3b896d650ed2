"""The whole database as one stream, out and in again, by the server's own programs.

The streams are the caller's: what encrypts or decrypts stands between them and a file, so
nothing readable needs to touch a disk.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from typing import IO, BinaryIO

from appointed.postgres.place import ConnectionFacts
from appointed.postgres.problems import ServerProblem
from appointed.postgres.programs import ENVIRONMENT, Programs, find_programs

_LOCK_PATIENCE = "30s"

_IS_EMPTY = """
SELECT count(*) = 0 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
"""

_CLEAR = """
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' LOOP
    EXECUTE format('DROP EXTENSION %I CASCADE', name);
  END LOOP;
  FOR name IN SELECT nspname FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', name);
  END LOOP;
  CREATE SCHEMA public;
END $$
"""
"""The role owns its database but may make no other one: it empties this one."""


def dump(facts: ConnectionFacts, to: BinaryIO, *, bin_dir: Path | None = None) -> None:
    """Write the whole database into `to`, as it stands at one moment, while others go on.

    Raises:
        ServerProblem: it could not be read whole; what is in `to` then is no backup.
    """
    programs = find_programs(bin_dir)
    command = _connecting(programs.path("pg_dump"), facts)
    command += ["--format=custom", "--no-owner", "--no-privileges"]
    command += [f"--lock-wait-timeout={_LOCK_PATIENCE}"]
    with ExitStack() as stack:
        words = stack.enter_context(tempfile.TemporaryFile())
        program = stack.enter_context(_Program(command, words))
        program.stdin.close()
        shutil.copyfileobj(program.stdout, to)
        if program.wait():
            raise ServerProblem(f"The database could not be backed up ({_gist(words)}): try again.")


def restore(facts: ConnectionFacts, from_: BinaryIO, *, bin_dir: Path | None = None) -> None:
    """Put the dump in `from_` in the place of all that the database holds, or change nothing.

    One transaction removes the old and brings the new: whatever fails, also `from_`
    itself, leaves the database as it was. Whether anything may be replaced is the
    caller's question (`is_empty`).

    Raises:
        ServerProblem: the dump is not whole, or the database refused it.
    """
    programs = find_programs(bin_dir)
    with ExitStack() as stack:
        read_words = stack.enter_context(tempfile.TemporaryFile())
        write_words = stack.enter_context(tempfile.TemporaryFile())
        reader = stack.enter_context(_Program(_reading(programs), read_words))
        writer = stack.enter_context(_Program(_writing(programs, facts), write_words))
        between = Thread(target=_pump, args=(reader.stdout, writer.stdin), daemon=True)
        between.start()
        stack.callback(_end, reader, writer, between)
        _pump(from_, reader.stdin)
        _close(reader.stdin)
        if reader.wait() and writer.poll() is None:
            raise ServerProblem(
                f"This is not a whole backup of a database ({_gist(read_words)}): "
                "the database is as it was; try another copy of the backup."
            )
        between.join()
        _close(writer.stdin)
        if writer.wait():
            raise ServerProblem(
                f"The backup could not be restored ({_gist(write_words)}): the database is as it "
                "was; stop what uses it (`appointed serve`, web, worker), then try again."
            )


def is_empty(facts: ConnectionFacts, *, bin_dir: Path | None = None) -> bool:
    """Tell whether the database holds no table yet.

    Raises:
        ServerProblem: it cannot be asked.
    """
    command = _connecting(find_programs(bin_dir).path("psql"), facts)
    command += ["--no-psqlrc", "--tuples-only", "--no-align", f"--command={_IS_EMPTY}"]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)  # noqa: S603 - programs of our own choice
    if done.returncode:
        gist = " ".join(done.stderr.split())
        raise ServerProblem(f"The database does not answer ({gist}): start `appointed serve`.")
    return done.stdout.strip() == "t"


class _Program(subprocess.Popen[bytes]):
    """A program between two pipes that is ended, not awaited, when its block is left early."""

    stdin: IO[bytes]
    stdout: IO[bytes]

    def __init__(self, command: Sequence[str], words: IO[bytes]) -> None:
        environment = {**ENVIRONMENT, "PGOPTIONS": f"-c lock_timeout={_LOCK_PATIENCE}"}
        pipe = subprocess.PIPE
        super().__init__(command, env=environment, stdin=pipe, stdout=pipe, stderr=words)

    def end(self) -> None:
        """End the program where it still runs."""
        if self.poll() is None:
            self.kill()
        self.wait()

    def __exit__(self, *reason: object) -> None:
        self.end()
        for end in (self.stdin, self.stdout):
            _close(end)


def _connecting(program: str, facts: ConnectionFacts) -> list[str]:
    return [
        program,
        f"--host={facts.host}",
        f"--username={facts.user}",
        f"--dbname={facts.dbname}",
        "--no-password",
    ]


def _reading(programs: Programs) -> list[str]:
    return [programs.path("pg_restore"), "--file=-", "--no-owner", "--no-privileges"]


def _writing(programs: Programs, facts: ConnectionFacts) -> list[str]:
    command = _connecting(programs.path("psql"), facts)
    command += ["--no-psqlrc", "--quiet", "--output=/dev/null", "--single-transaction"]
    # Terse: an error names no row.
    command += ["--set=ON_ERROR_STOP=1", "--set=VERBOSITY=terse"]
    return [*command, f"--command={_CLEAR}", "--file=-"]


def _pump(source: IO[bytes], target: IO[bytes]) -> None:
    """Read the source to its end, also when the target's program is gone (its status says why)."""
    listens = True
    while block := source.read(65536):
        try:
            if listens:
                target.write(block)
        except (BrokenPipeError, ValueError):
            listens = False


def _end(reader: _Program, writer: _Program, between: Thread) -> None:
    """End both programs, then what pumps between them, before their pipes are closed."""
    reader.end()
    writer.end()
    between.join()


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:  # what was left to write has no reader any more
        return


def _gist(words: IO[bytes]) -> str:
    words.seek(0)
    lines = words.read().decode(errors="replace").splitlines()
    telling = [line for line in lines if "rror" in line or "ERROR" in line or "FATAL" in line]
    return (telling or lines or ["no reason given"])[0].strip()
