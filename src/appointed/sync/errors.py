"""How a wish to the engine can fail; surfaces translate these and nothing else."""

from __future__ import annotations

from appointed.book.errors import BookError
from appointed.providers.port import (
    AddressRefused,
    CredentialsRejected,
    ProviderError,
)

WORDS = {
    "C221": "credentials_rejected",
    "C222": "credentials_rejected",
    "C234": "credentials_rejected",
    "C245": "credentials_rejected",
    "C231": "unreachable",
    "C291": "unreachable",
    "C292": "unreachable",
    "C241": "no_caldav",
    "C242": "use_google",
    "C243": "private_address",
    "C233": "certificate",
    "C246": "certificate",
    "C247": "no_calendars",
}
"""The interface's word for each text of a failed connecting."""


class NotConnected(BookError):
    """The account cannot be connected (422): `code` is a word, `text` the text's code."""

    def __init__(self, error: ProviderError) -> None:
        super().__init__(error.message)
        self.code = word_of(error)
        self.text = error.code


class Conflict(BookError):
    """It stands against something else (409): `code` is the interface's word."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotNow(BookError):
    """The provider cannot be asked just now (409 `unreachable`)."""

    code = "unreachable"


def word_of(error: ProviderError) -> str:
    """Return the interface's word for what a provider said."""
    if error.code in WORDS:
        return WORDS[error.code]
    match error:
        case CredentialsRejected():
            return "credentials_rejected"
        case AddressRefused():
            return "private_address"
        case _:
            return "unreachable"
