"""The other side in memory, with each of the three kinds of identity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from appointed.core.events import Content, ShowAs, Timed
from appointed.providers.memory.accounting import EVENT_WRITES, Verb
from appointed.providers.memory.auth import Rights
from appointed.providers.memory.faults import Answer, Drop, Effect, LoseAnswer
from appointed.providers.memory.mapping import StoredEvent, shown_as
from appointed.providers.memory.people import People
from appointed.providers.memory.provider import connect
from appointed.providers.memory.server import MemoryServer
from appointed.providers.port import CalendarProvider, CredentialsRejected, Identity
from appointed.sync.models import Account
from appointed.sync.sealing import unseal
from support.outside import ANY, CREATE, DELETE, FOR_EVER, LOOK, READ_ONE, UPDATE, WRITE, Plan, Seen

EXTRAS = (("alarm", "-PT20M"), ("colour", "mauve"), ("note", "mine, not yours"))
VERBS = {
    CREATE: {Verb.CREATE},
    UPDATE: {Verb.UPDATE},
    DELETE: {Verb.DELETE},
    WRITE: set(EVENT_WRITES),
    READ_ONE: {Verb.FETCH},
    LOOK: {Verb.LISTING, Verb.CHANGES},
    ANY: set(Verb),
}


class MemoryOutside:
    """An account at a server in memory."""

    p, q = "p", "q"

    def __init__(
        self,
        identity: Identity,
        clock: Callable[[], datetime],
        who: str = "pat",
        page_size: int = 50,
    ) -> None:
        self.name = identity.value
        self.account = f"{who}@memory.example"
        self.password = f"secret-of-{who}"
        self.secrets = (self.password,)
        self.server = MemoryServer(identity, clock=clock, page_size=page_size)
        self.people = People(self.server)
        self.people.renew_grant(self.account)
        for calendar in (self.p, self.q):
            self.server.add_calendar(calendar, account=self.account)
        self.deleted: set[str] = set()

    # ── connecting ──

    @property
    def credentials(self) -> dict[str, str]:
        url = "https://cal.example.org/"
        return {"url": url, "username": self.account, "password": self.password}

    def connect(self, account: Account) -> CalendarProvider:
        return self.try_out(account.provider, unseal(account.secret))

    def try_out(self, provider: str, credentials: dict[str, str]) -> CalendarProvider:  # noqa: ARG002 - the registry's signature
        if credentials["password"] != self.password:
            return connect(self.server, self._stranger())
        return connect(self.server, self.account)

    def _stranger(self) -> str:
        self.people.revoke_grant("stranger")
        return "stranger"

    # ── what stands there ──

    def events(self, calendar: str) -> list[Seen]:
        if calendar not in self.server.calendars:
            return []
        return [self._seen(event) for event in self.server.events(calendar)]

    def _seen(self, event: StoredEvent) -> Seen:
        content = event.content
        named = {event.uid, event.key, event.request, event.remote_id}
        return Seen(
            calendar=event.calendar_id,
            remote_id=event.remote_id,
            names=frozenset(name for name in named if name),
            when=content.when,
            says=f"{content.title} {content.text} {content.location} {content.url}",
            state=repr(event),
            blocks=shown_as(content) is not ShowAs.FREE,
            private=content.private,
            ours=event.ours,
            guests=any(name == "guest" for name, _ in event.extras),
            zone=content.when.zone if isinstance(content.when, Timed) else "",
        )

    # ── people ──

    def add(self, calendar: str, plan: Plan) -> Seen:
        return self._seen(self.people.add(calendar, _content(plan)))

    def change(self, event: Seen, plan: Plan) -> Seen:
        return self._seen(self.people.edit(self._stored(event), content=_content(plan)))

    def drag(self, event: Seen, by: timedelta) -> None:
        self.people.drag(self._stored(event), by)

    def delete(self, event: Seen) -> None:
        self.people.delete(self._stored(event))
        self.deleted |= event.names

    def restore(self, event: Seen) -> Seen:
        return self._seen(self.people.restore(self._stored(event)))

    def decorate(self, event: Seen) -> None:
        self.people.edit(self._stored(event), extras=EXTRAS)

    def is_decorated(self, event: Seen) -> bool:
        return self._stored(event).extras == EXTRAS

    def forbid_writing(self, calendar: str) -> None:
        self.people.set_rights(calendar, Rights.READ, account=self.account)

    def allow_writing(self, calendar: str) -> None:
        self.people.set_rights(calendar, Rights.WRITE, account=self.account)

    def lock_out(self) -> None:
        self.people.revoke_grant(self.account)

    def let_in(self) -> None:
        self.people.renew_grant(self.account)

    def _stored(self, event: Seen) -> StoredEvent:
        found = self.server.get(event.calendar, event.remote_id)
        assert found is not None
        return found

    # ── faults ──

    def fail(self, kind: str, status: int, times: int = FOR_EVER) -> None:
        self._plant(Answer(status), kind, times)

    def lose_answers(self, kind: str, times: int = 1) -> None:
        self._plant(LoseAnswer(), kind, times)

    def drop(self, kind: str, times: int = 1) -> None:
        self._plant(Drop(), kind, times)

    def expire_tokens(self) -> None:
        for calendar in (self.p, self.q):
            self.people.expire_tokens(calendar)

    def heal(self) -> None:
        self.server.faults.clear()

    def _plant(self, effect: Effect, kind: str, times: int) -> None:
        self.server.faults.plant(effect, VERBS[kind], times=times)

    # ── accounts ──

    @property
    def writes(self) -> int:
        return len(self.server.accounts.writes)

    @property
    def writes_tried(self) -> int:
        return sum(1 for r in self.server.accounts.requests if r.verb in EVENT_WRITES)

    @property
    def requests(self) -> int:
        return len(self.server.accounts.requests)

    @property
    def refusals(self) -> int:
        """Return how many requests were refused for their sign-in."""
        name = CredentialsRejected.__name__
        return sum(1 for request in self.server.accounts.requests if request.outcome == name)

    def foreign_writes(self) -> list[str]:
        return [f"{w.verb} {w.before}" for w in self.server.accounts.foreign_writes()]

    def mails(self) -> int:
        written = (w.after for w in self.server.accounts.writes if w.after is not None)
        return sum(1 for event in written if any(name == "guest" for name, _ in event.extras))

    def close(self) -> None:
        pass


def _content(plan: Plan) -> Content:
    show_as = ShowAs.FREE if plan.free else ShowAs.BUSY
    content = Content(plan.when, plan.title, show_as=show_as, private=plan.private)
    return replace(content, cancelled=plan.cancelled)
