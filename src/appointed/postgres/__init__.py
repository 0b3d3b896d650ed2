"""The embedded PostgreSQL server: started, watched and stopped by this process.

Standard library only, and nothing of ours: `config` asks where the database is, `cli`
keeps it running. Why and how: `docs/explanation/embedded-postgresql.md`.
"""

from appointed.postgres.archive import dump, is_empty, restore
from appointed.postgres.place import (
    ConnectionFacts,
    Place,
    connection_facts,
    home_of,
    socket_of,
)
from appointed.postgres.problems import AlreadyRunning, ServerProblem
from appointed.postgres.server import Server, running, start

__all__ = [
    "AlreadyRunning",
    "ConnectionFacts",
    "Place",
    "Server",
    "ServerProblem",
    "connection_facts",
    "dump",
    "home_of",
    "is_empty",
    "restore",
    "running",
    "socket_of",
    "start",
]
