"""A calendar server in memory with its provider: the other side of tests and demonstrations."""

from appointed.providers.memory.accounting import Deed, Verb
from appointed.providers.memory.auth import Rights
from appointed.providers.memory.mapping import Echo, StoredEvent
from appointed.providers.memory.people import People
from appointed.providers.memory.provider import connect
from appointed.providers.memory.server import ACCOUNT, MemoryServer

__all__ = [
    "ACCOUNT",
    "Deed",
    "Echo",
    "MemoryServer",
    "People",
    "Rights",
    "StoredEvent",
    "Verb",
    "connect",
]
