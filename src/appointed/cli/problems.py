"""How a command fails."""

from __future__ import annotations


class CommandFailed(Exception):
    """One line for the person at the terminal: what happened and what to do (exit status 1)."""


class WrongUsage(Exception):
    """The words given cannot be meant: one line says which and what to give (exit status 2)."""
