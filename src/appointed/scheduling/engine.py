"""The engine with the book's ear: what every surface and the worker run."""

from __future__ import annotations

from appointed.scheduling.signals import apply_signal
from appointed.sync.engine import Engine


def book_engine() -> Engine:
    """Return the engine over the real providers and clock, telling the book what it finds."""
    return Engine(apply_signal=apply_signal)
