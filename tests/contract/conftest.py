"""The servers that the contract is held to."""

from contract.quirky import quirky
from support.caldav_fixtures import caldav_server, pytest_terminal_summary

__all__ = ["caldav_server", "pytest_terminal_summary", "quirky"]
