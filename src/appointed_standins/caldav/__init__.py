"""A small CalDAV server that behaves as badly as real ones do, for tests."""

from appointed_standins.caldav.quirks import Quirks
from appointed_standins.caldav.server import QuirkyServer, Request

__all__ = ["Quirks", "QuirkyServer", "Request"]
