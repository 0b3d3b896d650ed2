"""The guard below all providers: no request touches an event that no link of ours names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from appointed.core.links import WITHOUT_EVENT, LinkState
from appointed.providers.port import CalendarProvider, CreateEvent, Receipt, WriteOperation
from appointed.sync import models
from appointed.sync.journal import note


class ForeignEvent(Exception):
    """A write was about to touch an event that is not ours: a fault of this program."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets writes pass to the provider only where a link names the very event."""

    provider: CalendarProvider

    def write(
        self, calendar: models.ExternalCalendar, operations: Sequence[WriteOperation]
    ) -> Iterator[Receipt]:
        """Write, after each operation was found to be ours.

        Raises: `ForeignEvent`, before anything was sent; and what the provider raises.
        """
        keys = {op.key for op in operations if isinstance(op, CreateEvent)}
        ids = {op.remote_id for op in operations if not isinstance(op, CreateEvent)}
        if not self._sending(calendar, keys) or not self._linked(calendar, ids):
            note(step="foreign_write_refused", result="A write to an unlinked event was stopped.")
            raise ForeignEvent("A write to an event without a link was stopped.")
        return self.provider.write(calendar.remote_id, operations)

    def _sending(self, calendar: models.ExternalCalendar, keys: set[str]) -> bool:
        links = models.Link.objects.filter(target=calendar, key__in=keys, state=LinkState.SENDING)
        return not keys or links.count() == len(keys)

    def _linked(self, calendar: models.ExternalCalendar, ids: set[str]) -> bool:
        links = models.Link.objects.filter(calendar=calendar, remote_id__in=ids)
        return not ids or links.exclude(state__in=WITHOUT_EVENT).count() == len(ids)
