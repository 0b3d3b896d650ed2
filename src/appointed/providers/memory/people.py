"""People at a memory server: what they do to their calendars without asking anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from appointed.core.events import AllDay, Content, Span, Timed
from appointed.providers.memory.accounting import Deed
from appointed.providers.memory.auth import Grant, Rights
from appointed.providers.memory.mapping import StoredEvent
from appointed.providers.memory.server import ACCOUNT, MemoryServer
from appointed.providers.port import Identity


class People:
    """The people whose calendars these are; every deed is noted in the server's accounts."""

    def __init__(self, server: MemoryServer) -> None:
        self._server = server

    # ── events ───────────────────────────────────────────────────────────────────────────

    def add(
        self,
        calendar_id: str,
        content: Content,
        *,
        extras: tuple[tuple[str, str], ...] = (),
        occurrences: tuple[Span, ...] = (),
    ) -> StoredEvent:
        """Add an event of one's own; with `occurrences` it is a series with these times."""
        server = self._server
        with server.held():
            serial = server.number()
            uid = f"foreign-{serial}@people.example"
            event = StoredEvent(
                serial=serial,
                calendar_id=calendar_id,
                remote_id=self._id_for(calendar_id, uid),
                version="",
                content=content,
                uid=uid,
                extras=extras,
                occurrences=occurrences,
            )
            return server.do(Deed.ADDED, None, event)

    def edit(
        self,
        event: StoredEvent,
        *,
        content: Content | None = None,
        extras: tuple[tuple[str, str], ...] | None = None,
    ) -> StoredEvent:
        """Change what an event says, or what hangs on it (alarms, colour, guests)."""
        with self._server.held():
            before = self._living(event)
            after = replace(
                before,
                content=before.content if content is None else content,
                extras=before.extras if extras is None else extras,
            )
            return self._server.do(Deed.EDITED, before, after)

    def touch(self, event: StoredEvent) -> StoredEvent:
        """Give an event a new version without any visible change."""
        return self.edit(event)

    def drag(self, event: StoredEvent, by: timedelta) -> StoredEvent:
        """Drag an event to another time."""
        content = self._living(event).content
        return self.edit(event, content=replace(content, when=_shifted(content.when, by)))

    def copy(
        self,
        event: StoredEvent,
        *,
        to: str | None = None,
        by: timedelta = timedelta(0),
        with_properties: bool = True,
    ) -> StoredEvent:
        """Copy an event, `by` later, with its hidden properties or without."""
        server = self._server
        with server.held():
            before = self._living(event)
            serial = server.number()
            uid = f"copy-{serial}@people.example"
            calendar_id = to or before.calendar_id
            content = before.content
            after = replace(
                before,
                serial=serial,
                calendar_id=calendar_id,
                remote_id=self._id_for(calendar_id, uid),
                uid=uid,
                key=before.key if with_properties else None,
                request="",
                ours=False,
                content=replace(content, when=_shifted(content.when, by)),
            )
            return server.do(Deed.COPIED, None, after)

    def move(self, event: StoredEvent, to: str) -> StoredEvent:
        """Move an event to another calendar; whether its id changes is the server's habit."""
        server = self._server
        with server.held():
            before = self._living(event)
            if before.calendar_id == to:
                return before
            server.bury(before)
            remote_id = before.remote_id
            if not server.manifest.keeps_id_on_move:
                remote_id = self._id_for(to, before.uid)
            after = replace(before, calendar_id=to, remote_id=remote_id)
            return server.do(Deed.MOVED, before, after)

    def delete(self, event: StoredEvent) -> StoredEvent:
        """Delete an event."""
        with self._server.held():
            before = self._living(event)
            return self._server.do(Deed.DELETED, before, replace(before, alive=False))

    def restore(self, event: StoredEvent) -> StoredEvent:
        """Take a deleted event out of the bin; whether its id changes is the server's habit."""
        server = self._server
        with server.held():
            before = server.get(event.calendar_id, event.remote_id)
            if before is None or before.alive:
                raise LookupError("Nothing of that id lies in the bin.")
            remote_id = before.remote_id
            if not server.manifest.keeps_id_on_restore:
                remote_id = self._id_for(event.calendar_id, before.uid)
            return server.do(
                Deed.RESTORED, before, replace(before, remote_id=remote_id, alive=True)
            )

    def clear(self, calendar_id: str) -> None:
        """Delete everything in a calendar."""
        for event in self._server.events(calendar_id):
            self.delete(event)

    # ── calendars and accounts ───────────────────────────────────────────────────────────

    def delete_calendar(self, calendar_id: str) -> None:
        """Delete a whole calendar."""
        with self._server.held():
            self._server.drop_calendar(calendar_id)

    def recreate_calendar(self, calendar_id: str, *, account: str = ACCOUNT) -> None:
        """Make a calendar of the same address anew, empty."""
        with self._server.held():
            if calendar_id in self._server.calendars:
                self._server.drop_calendar(calendar_id)
            self._server.add_calendar(calendar_id, account=account)

    def set_rights(self, calendar_id: str, rights: Rights, *, account: str = ACCOUNT) -> None:
        """Allow an account more or less in a calendar."""
        self._server.calendar(calendar_id).rights[account] = rights

    def revoke_grant(self, account: str = ACCOUNT) -> None:
        """Withdraw an account's sign-in."""
        self._server.grants[account] = Grant(account, valid=False)

    def renew_grant(self, account: str = ACCOUNT) -> None:
        """Sign in again, or for the first time."""
        self._server.grants[account] = Grant(account)

    def expire_tokens(self, calendar_id: str) -> None:
        """Have the server forget what changed up to now: every token is dead."""
        calendar = self._server.calendar(calendar_id)
        calendar.first = len(calendar.log) + 1
        calendar.log.append("")

    # ── inside ───────────────────────────────────────────────────────────────────────────

    def _living(self, event: StoredEvent) -> StoredEvent:
        found = self._server.get(event.calendar_id, event.remote_id)
        if found is None or not found.alive:
            raise LookupError("There is no such event.")
        return found

    def _id_for(self, calendar_id: str, uid: str) -> str:
        match self._server.manifest.identity:
            case Identity.CLIENT_ID:
                return uid.partition("@")[0]
            case Identity.NAME:
                return f"/{calendar_id}/{uid}.ics"
            case _:
                return f"AAMk{self._server.number():06}"


def _shifted(when: Timed | AllDay, by: timedelta) -> Timed | AllDay:
    match when:
        case Timed(start, end, zone):
            return Timed(start + by, end + by, zone)
        case AllDay(start, end):
            return AllDay(start + by, end + by)
