"""What the pages say about clashes, changes of others, history and the calendars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from appointed.book.access import Actor
from appointed.book.facts import AppointmentFacts, HistoryFacts, PracticeFacts
from appointed.book.selectors.members import practitioner_pks
from appointed.book.selectors.pages import Paging
from appointed.book.selectors.people import list_practitioners
from appointed.core.clashes import Source, Taken
from appointed.sync.selectors import SyncState
from appointed.web.when import clock, day_words, local, said_at, span
from appointed.web.words import PROVIDERS, STEPS, SYNC_WORDS


@dataclass(frozen=True, slots=True)
class HistoryLine:
    when: str
    actor: str
    what: str


@dataclass(frozen=True, slots=True)
class SyncLine:
    """Where an appointment stands in one calendar, and why."""

    who: str
    provider: str
    words: str
    icon: str
    tone: str
    reason: str


def clash_sentences(actor: Actor, clashes: Sequence[Taken], practice: PracticeFacts) -> list[str]:
    """Return a sentence for each time in the way (B401)."""
    pks = practitioner_pks(actor)
    people = list_practitioners(actor, Paging(limit=1000)).items
    names = {pks[one.id]: one.name for one in people}
    return list(dict.fromkeys(_clash(names, clash, practice) for clash in clashes))


def stale_sentence(history: Sequence[HistoryFacts], practice: PracticeFacts) -> str:
    """Return who was faster, and when (B403)."""
    if not history:
        return "Somebody changed this appointment meanwhile."
    last = history[-1]
    return f"{last.actor} changed this appointment at {clock(last.at, practice)}."


def history_lines(history: Iterable[HistoryFacts], practice: PracticeFacts) -> list[HistoryLine]:
    """Return the steps of an appointment, the last one first."""
    lines = [
        HistoryLine(
            said_at(one.at, practice), one.actor, f"{STEPS.get(one.step, one.step)}: {one.result}"
        )
        for one in history
    ]
    return lines[::-1]


def sync_lines(states: Iterable[SyncState], found: AppointmentFacts) -> list[SyncLine]:
    """Return where an appointment stands in the calendars of those who take part."""
    names = {found.practitioner_pk: found.practitioner.name}
    lines = []
    for state in states:
        words, icon, tone = SYNC_WORDS.get(state.state, (state.state, "circle", ""))
        provider = PROVIDERS.get(state.provider, state.provider)
        who = names.get(state.practitioner_id, "")
        lines.append(SyncLine(who, provider, words, icon, tone, state.reason))
    return lines


def _clash(names: dict[int, str], clash: Taken, practice: PracticeFacts) -> str:
    name = names.get(clash.practitioner_id, "The practitioner")
    there = local(clash.start, practice).date()
    where = "in the book" if clash.source is Source.BOOK else f"{clash.calendar}: Busy"
    return (
        f"Clash: {name} is busy {day_words(there)} "
        f"{span(clash.start, clash.end, practice)} ({where})."
    )
