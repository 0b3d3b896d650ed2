"""A link: what we know of one pushed event, and the state it is in (sync-algorithm.md, 3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from appointed.core.events import NO_EVENT, OwnedField, RemoteEvent, Stamp, When
from appointed.core.keys import Item

REVERTS_A_DAY = 3
RECREATIONS = 3
_DAY = timedelta(days=1)


class LinkState(StrEnum):
    """Where a pushed event stands. Every state says what may have happened at the provider."""

    PLANNED = "planned"
    SENDING = "sending"
    LIVE = "live"
    UPDATING = "updating"
    CONTESTED = "contested"
    MISSING = "missing"
    REMOVING = "removing"
    GONE = "gone"
    AGED = "aged"
    PARKED = "parked"
    RELEASED = "released"
    DETACHED = "detached"


ADOPTING = frozenset({LinkState.SENDING, LinkState.MISSING, LinkState.REMOVING, LinkState.DETACHED})
"""Only in these states may a link take an event by its key (design.md, rule 1)."""

WITHOUT_EVENT = frozenset({LinkState.PLANNED, LinkState.GONE, LinkState.RELEASED})
"""In these states no remote event is ours: one with the same id counts as somebody's."""

WAITING = frozenset({LinkState.SENDING, LinkState.UPDATING, LinkState.REMOVING, LinkState.DETACHED})
"""In these states a question is open: `planning.settle` answers it, no passing look does."""


@dataclass(frozen=True, slots=True)
class Link:
    """One pushed item in one calendar.

    `target` is the calendar that we put it into, `calendar_id` the one where it stands now (a
    person may have moved it). `agreed` is the stamp of what we last knew to stand there because
    we put it there (a person's edits do not change it; a field that is missing in it was never
    confirmed and is written again), `sending` that of a write whose outcome
    is open, `shown` that of the version last read, and `moved_to` when that takes place, if a
    person changed it. `seen` says that a read has shown the event alive in this generation:
    before that, absence proves nothing. `held_until` is the end of the deletion hold. `refused`
    is the digest of the content that the provider takes for no try. Instants are aware, in UTC.
    """

    item: Item
    key: str
    target: str
    calendar_id: str
    state: LinkState = LinkState.PLANNED
    generation: int = 1
    salt: int = 0
    remote_id: str = ""
    version: str = ""
    agreed: Stamp = NO_EVENT
    sending: Stamp = NO_EVENT
    shown: Stamp = NO_EVENT
    moved_to: When | None = None
    seen: bool = False
    missing_since: datetime | None = None
    held_until: datetime | None = None
    reverts: tuple[datetime, ...] = ()
    recreations: int = 0
    refused: str = ""

    @property
    def is_ours(self) -> bool:
        """Say whether the event named by `remote_id` is ours and no busy time."""
        return bool(self.remote_id) and self.state not in WITHOUT_EVENT

    @property
    def has_drifted(self) -> bool:
        """Say whether a person has changed when our event takes place."""
        agreed = dict(self.agreed.fields).get(OwnedField.WHEN)
        shown = dict(self.shown.fields).get(OwnedField.WHEN)
        return agreed is not None and shown is not None and agreed != shown

    @property
    def puts_back(self) -> bool:
        """Say whether the open write only puts back what a person changed."""
        return self.state is LinkState.UPDATING and self.sending == self.agreed

    def reverts_since(self, now: datetime) -> int:
        """Return how often the time was put back in the 24 hours before `now`."""
        return sum(1 for at in self.reverts if now - at < _DAY)


def seen_alive(link: Link, event: RemoteEvent, calendar_id: str) -> Link:
    """Return `link` after a read that showed its event alive, maybe in another calendar.

    A state that waits for an answer of its own (`WAITING`) is settled by `planning.settle`,
    not here; a link without an event is left alone. Nothing agreed means that a removal of
    ours may still be carried out: then being alive now is no sight of it.
    """
    if link.state in WITHOUT_EVENT | WAITING:
        return link
    known = replace(
        link,
        calendar_id=calendar_id,
        remote_id=event.remote_id,
        version=event.version,
        shown=event.content.stamp,
        seen=link.seen or bool(link.agreed),
    )
    known = replace(known, moved_to=event.content.when if known.has_drifted else None)
    match link.state:
        case LinkState.MISSING:
            return replace(known, state=LinkState.LIVE, missing_since=None, held_until=None)
        case LinkState.CONTESTED if not known.has_drifted:
            return replace(known, state=LinkState.LIVE)
        case _:
            return known


def reported_gone(link: Link, now: datetime) -> Link:
    """Return `link` after the provider said, or a complete listing implied, that it is gone.

    Nothing is believed yet: the event is MISSING until a read of it says the same. A link in
    any other state than in step settles by its own answer and is not touched.
    """
    if link.state not in {LinkState.LIVE, LinkState.CONTESTED, LinkState.PARKED}:
        return link
    if not link.remote_id:
        return link  # parked before anything stood there
    return replace(link, state=LinkState.MISSING, missing_since=link.missing_since or now)
