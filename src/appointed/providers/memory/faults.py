"""The fault knobs of a memory server: what goes wrong, with which requests, how often."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from appointed.providers.memory.accounting import Verb


@dataclass(frozen=True, slots=True)
class Drop:
    """The request never arrives; the client waits for an answer in vain."""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No connection comes about: the client knows that nothing was sent."""


@dataclass(frozen=True, slots=True)
class LoseAnswer:
    """The request is carried out and its answer never arrives."""


@dataclass(frozen=True, slots=True)
class Zombie:
    """The client gives up at once, and the request is carried out `delay` later."""

    delay: timedelta


@dataclass(frozen=True, slots=True)
class Answer:
    """The server answers with this HTTP status instead of carrying the request out."""

    status: int
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class EmptyListing:
    """A whole listing answers 200 and names nothing."""


@dataclass(frozen=True, slots=True)
class HalfListing:
    """A whole listing answers 200 and names every other event."""


@dataclass(frozen=True, slots=True)
class RepeatItems:
    """Each page of a look says everything twice."""


Effect = (
    Drop | Unreachable | LoseAnswer | Zombie | Answer | EmptyListing | HalfListing | RepeatItems
)


@dataclass(frozen=True, slots=True)
class Fault:
    """`effect` meets the next `times` requests of `verbs` (on `calendar_id` only, if named)."""

    effect: Effect
    verbs: frozenset[Verb]
    times: int = 1
    calendar_id: str | None = None


@dataclass(slots=True)
class Faults:
    """The faults planted at a server; each is used up by the requests that it meets.

    `lost_changes` are events whose next change no report will ever name; `unreadable` ones
    are listed and cannot be read; `search_lag` hides young events from searches by key.
    """

    planted: list[Fault] = field(default_factory=list)
    lost_changes: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    search_lag: timedelta = timedelta(0)

    def plant(
        self,
        effect: Effect,
        verbs: Iterable[Verb],
        *,
        times: int = 1,
        calendar_id: str | None = None,
    ) -> None:
        """Have `effect` meet the next `times` requests of these verbs."""
        self.planted.append(Fault(effect, frozenset(verbs), times, calendar_id))

    def clear(self) -> None:
        """Let everything go well again; what is already on its way still arrives."""
        self.planted.clear()
        self.lost_changes.clear()
        self.unreadable.clear()
        self.search_lag = timedelta(0)

    def take(self, verb: Verb, calendar_id: str) -> Effect | None:
        """Return what happens to this request, and count it off."""
        for place, fault in enumerate(self.planted):
            if verb in fault.verbs and fault.calendar_id in {None, calendar_id}:
                self._count_off(place, fault)
                return fault.effect
        return None

    def _count_off(self, place: int, fault: Fault) -> None:
        if fault.times > 1:
            self.planted[place] = replace(fault, times=fault.times - 1)
        else:
            del self.planted[place]
