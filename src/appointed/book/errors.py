"""How a wish to the book can fail; surfaces translate these and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from appointed.core.clashes import Taken


class BookError(Exception):
    """One sentence on what happened and what to do."""

    code = "refused"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Refused(BookError):
    """This role may not do that (403)."""

    code = "forbidden"

    def __init__(self, message: str = "Your role does not allow this. Ask an owner.") -> None:
        super().__init__(message)


class Missing(BookError):
    """There is no such thing in this practice (404)."""

    code = "not_found"

    def __init__(self, what: str = "thing") -> None:
        super().__init__(f"There is no such {what} here. It may have been removed.")
        self.what = what


class Invalid(BookError):
    """Something that was entered cannot be kept (422): `fields` says what, one by one."""

    code = "invalid"

    def __init__(self, fields: Mapping[str, str], message: str = "") -> None:
        super().__init__(message or "Some fields cannot be kept as they are. Correct them.")
        self.fields = dict(fields)


class Stale(BookError):
    """Somebody else was faster (412): `current` is the state that stands now."""

    code = "stale"

    def __init__(self, current: object) -> None:
        super().__init__("This was changed meanwhile. Look at the current state and try again.")
        self.current = current


class Clash(BookError):
    """The time is taken (409): by what, says `clashes`."""

    code = "clash"

    def __init__(self, clashes: Sequence[Taken]) -> None:
        super().__init__("The practitioner is busy then. Choose another time, or book anyway.")
        self.clashes = tuple(clashes)


class KeyReused(BookError):
    """An idempotency key came again with another body (409)."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used with another body. Send a new key for a new wish."
        )
