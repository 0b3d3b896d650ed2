"""What people are told when a calendar cannot be connected or reached: one text a code.

The codes and sentences are those of the product's journeys (4.2). `{host}` and the like are
facts that a surface fills in; where it has none, the neutral word stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from appointed.providers.port import ProviderError

TEXTS: Mapping[str, str] = {
    "C221": (
        "Apple refused it. That is nearly always the normal Apple password. "
        "You need an app-specific one."
    ),
    "C222": (
        "Apple refuses the password that worked until {date}. Changing the Apple password ends "
        "all app-specific ones. Make a new one."
    ),
    "C231": "No Exchange answered for {domain}. Enter the server address.",
    "C232": "Exchange Web Services are switched off for this mailbox.",
    "C233": (
        "The server's certificate is not trusted: {reason}. "
        "An administrator can add it under Settings > Certificates."
    ),
    "C234": "Wrong user or password. After {n} more tries the account may be locked.",
    "C241": "{host} answers, but offers no calendars (no CalDAV).",
    "C242": "For Google use the Google button.",
    "C243": ("Addresses inside this network are not allowed. An administrator can permit {host}."),
    "C244": (
        "Read only: this calendar can be checked for conflicts, but bookings cannot be added."
    ),
    "C245": "{host} refused user or password. Some servers need an app password.",
    "C246": "The server's certificate is not trusted: {reason}. An administrator can add it.",
    "C247": "Signed in, but this account has no calendar.",
    "C291": "{provider} does not answer (timeout after 20 s). We try again by ourselves at {at}.",
    "C292": "{provider} asked us to wait until {at}.",
    "C293": "This account is already connected by {name}.",
    "C294": "No calendar in this account may be written to.",
}

NEUTRAL: Mapping[str, str] = {
    "at": "the next run",
    "date": "recently",
    "domain": "this address",
    "host": "the server",
    "n": "a few",
    "name": "somebody else",
    "provider": "the server",
    "reason": "it could not be checked",
}

Fault = TypeVar("Fault", bound=ProviderError)


def sentence(code: str, facts: Mapping[str, str] | None = None) -> str:
    """Return the text of `code` with the facts filled in; a missing one gets a neutral word."""
    text = TEXTS[code].format_map({**NEUTRAL, **(facts or {})})
    return text[:1].upper() + text[1:]


def fault(kind: type[Fault], code: str, **facts: str) -> Fault:
    """Return an error of `kind` with the text of `code`.

    Its message holds neutral words, so that it may be kept; `facts` are for the page only.
    """
    kept = {name: value for name, value in facts.items() if name == "reason"}
    error = kind(sentence(code, kept), code=code)
    error.facts = facts
    return error
