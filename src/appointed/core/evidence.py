"""What a search proves: which event is ours, and when absence is a fact (design.md, rule 1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from appointed.core.links import ADOPTING, Link, LinkState
from appointed.core.steps import (
    Alive,
    Answer,
    Stand,
    Unclear,
    Vanished,
    Wanted,
)

LATEST_ARRIVAL = timedelta(minutes=2)
"""So long a request that nobody waits for may still be carried out, or a search lag behind."""


def recognised(
    link: Link, carriers: Sequence[Alive], *, chosen: bool, gone_before_us: bool = False
) -> Answer:
    """Return what a search of the whole account by the link's key says.

    To be asked only where the event is verified gone under its id, or never had one. Where we
    choose the identity (`chosen`), the event that has our key as UID or id is the one. Our mark
    alone proves nothing: people's copies carry it too. The single carrier of it is taken for
    ours only where nothing of our own doing explains the disappearance – of a removal: where
    its answer was that the event was `gone_before_us`. Among several nobody can tell.
    """
    if link.state not in ADOPTING:
        return Vanished()
    exact = [c for c in carriers if link.key in {c.event.uid, c.event.remote_id}]
    if chosen and exact:
        at_home = [c for c in exact if c.calendar_id == link.target]
        return _single(exact) or _single(at_home) or Unclear()
    if not _may_take_a_mark(link, chosen=chosen, gone_before_us=gone_before_us):
        return Vanished()
    if len(carriers) > 1:
        unsure = link.state in {LinkState.SENDING, LinkState.MISSING}
        return Unclear() if unsure else Vanished()
    return _single(carriers) or Vanished()


def _may_take_a_mark(link: Link, *, chosen: bool, gone_before_us: bool) -> bool:
    match link.state:
        case LinkState.SENDING:
            return not chosen
        case LinkState.REMOVING:
            return gone_before_us
        case LinkState.MISSING:
            return link.seen or not chosen
        case _:
            return True


def proven(
    answer: Answer,
    *,
    link: Link,
    wanted: Wanted,
    chosen: bool,
    sent_at: datetime | None,
    now: datetime,
) -> Answer:
    """Return `answer`, or `Unclear` where absence is no proof yet.

    A creation without an answer (`sent_at`, by our clock) may still be carried out, and a
    search may lag behind. Where we choose the identity it can be sent again at once: it never
    makes two. Else, and before it is forgotten, `LATEST_ARRIVAL` has to pass.
    """
    if not isinstance(answer, Vanished) or link.state is not LinkState.SENDING:
        return answer
    sent_again = chosen and isinstance(wanted, Stand)
    if answer.burnt or sent_again or sent_at is None:
        return answer
    return Unclear() if now - sent_at < LATEST_ARRIVAL else answer


def _single(carriers: Sequence[Alive]) -> Alive | None:
    return carriers[0] if len(carriers) == 1 else None
