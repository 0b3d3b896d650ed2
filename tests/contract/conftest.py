"""The quirky server for the tests of this folder; the real ones come with the run."""

from contract.quirky import quirky

__all__ = ["quirky"]
