"""What callers of this package have to expect."""


class ServerProblem(Exception):
    """The embedded server cannot do what was asked; the text says why and what to do.

    The text is one sentence or two for the person at the terminal; it names paths and
    process numbers, never anything out of the database.
    """


class AlreadyRunning(ServerProblem):
    """Another living process keeps this installation's server, or is just starting it."""
