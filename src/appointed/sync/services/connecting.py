"""Connecting an account, its credentials, and the end of a connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from appointed.book.access import Actor
from appointed.book.models import Practitioner
from appointed.book.services.records import note_audit
from appointed.core.choices import SyncSettings, as_stored
from appointed.core.links import LinkState
from appointed.providers.port import (
    AccountFacts,
    CalendarFacts,
    CalendarProvider,
    ProviderError,
)
from appointed.providers.texts import sentence
from appointed.sync.accounts import connect_account, connect_with
from appointed.sync.ending import end_connection
from appointed.sync.errors import Conflict, NotConnected
from appointed.sync.models import (
    Account,
    CalendarChoice,
    Connection,
    ExternalCalendar,
    Link,
)
from appointed.sync.sealing import seal, unseal
from appointed.sync.services.finding import connection_for, practitioner_to_connect
from appointed.sync.wakeups import Urgency, wake_account

Try = Callable[[str, dict[str, str]], CalendarProvider]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a check, in the words of the page: `code` is a text's code or empty."""

    ok: bool
    code: str = ""
    message: str = ""


def connect_calendar(
    *,
    actor: Actor,
    practitioner: UUID,
    provider: str,
    credentials: Mapping[str, str],
    try_out: Try = connect_with,
) -> UUID:
    """Connect a practitioner to an account, after signing in to it and listing its calendars.

    Nothing is kept unless both succeeded; the network is asked outside of any transaction. A
    second practitioner shares the account that is known already. The answer is the
    connection's public id.

    Raises: `Refused`, `Missing`, `NotConnected`, `Conflict` (already_connected).
    """
    person = practitioner_to_connect(actor, practitioner)
    given = dict(credentials)
    try:
        facts, calendars = _asked(try_out(provider, given))
    except ProviderError as error:
        raise NotConnected(error) from error
    with transaction.atomic():
        account = _account(person, provider, facts, given)
        connection = _connection(person, account)
        keep_calendars(account, calendars)
        _choose_at_first(connection, calendars)
        note_audit(actor=actor, action="connection.made", kind="connection", uuid=connection.uuid)
        wake_account(account.pk, Urgency.PERSON)
    return connection.uuid


def keep_calendars(account: Account, calendars: Sequence[CalendarFacts]) -> None:
    """Take over how the account's calendars are listed now; none is forgotten for not being.

    Where another calendar stands under a known address, the known one is gone.
    """
    for facts in calendars:
        listed = {
            "name": facts.name[:500],
            "colour": facts.colour[:20],
            "writable": facts.writable,
            "own": facts.own,
            "primary": facts.primary,
            "time_zone": facts.time_zone[:64],
        }
        row, made = ExternalCalendar.objects.get_or_create(
            account=account,
            remote_id=facts.calendar_id,
            defaults={**listed, "epoch": facts.epoch[:200]},
        )
        if made:
            continue
        if row.epoch and facts.epoch and row.epoch != facts.epoch[:200]:
            listed["state"] = ExternalCalendar.State.GONE
        ExternalCalendar.objects.filter(pk=row.pk).update(**listed)


def try_credentials(
    *, actor: Actor, connection: UUID, password: str | None = None, try_out: Try = connect_with
) -> Outcome:
    """Sign in once more, with another password if one is given; kept only where it works.

    Raises: `Refused`, `Missing`.
    """
    row = connection_for(actor, connection)
    if password is not None:
        given = {**_credentials(row.account), "password": password}
        return _tried(row.account, given, try_out)
    try:
        provider = connect_account(row.account)
        _closing(provider, provider.check_credentials)
    except ProviderError as error:
        return Outcome(ok=False, code=error.code, message=error.message)
    _signed_in(row.account, None)
    return Outcome(ok=True, message="Succeeded")


def change_credentials(
    *, actor: Actor, connection: UUID, password: str, try_out: Try = connect_with
) -> None:
    """Replace the password of an account, for the same account only.

    Raises: `Refused`, `Missing`, `NotConnected`; `Conflict` (another_account).
    """
    row = connection_for(actor, connection)
    given = {**_credentials(row.account), "password": password}
    try:
        provider = try_out(row.account.provider, given)
        facts = _closing(provider, provider.check_credentials)
    except ProviderError as error:
        raise NotConnected(error) from error
    if facts.subject != row.account.subject:
        raise Conflict(
            "another_account",
            f"You signed in as {facts.label}. This connection belongs to {row.account.label}.",
        )
    with transaction.atomic():
        _signed_in(row.account, given)
        note_audit(actor=actor, action="connection.signed_in", kind="connection", uuid=row.uuid)


@transaction.atomic
def disconnect(*, actor: Actor, connection: UUID, remove: bool) -> None:
    """End a connection: keep what we wrote in the calendar, or take it away first.

    Only our own events are ever removed, by their links. Tokens and busy times are erased
    with the account's last connection.

    Raises: `Refused`, `Missing`.
    """
    row = connection_for(actor, connection)
    note_audit(
        actor=actor,
        action="connection.removed" if remove else "connection.ended",
        kind="connection",
        uuid=row.uuid,
    )
    if remove and _has_events(row) and row.account.state == Account.State.OK:
        row.leaving = "remove"
        row.save(update_fields=["leaving", "changed_at"])
        row.choices.all().delete()
        Account.objects.filter(pk=row.account_id).update(wait_until=None, dirty=True)
        wake_account(row.account_id, Urgency.PERSON)
        return
    end_connection(row)


def _asked(provider: CalendarProvider) -> tuple[AccountFacts, Sequence[CalendarFacts]]:
    try:
        facts = provider.check_credentials()
        calendars = provider.list_calendars()
    finally:
        provider.close()
    if not calendars:
        raise ProviderError(sentence("C247"), code="C247")
    return facts, calendars


def _account(
    person: Practitioner, provider: str, facts: AccountFacts, credentials: dict[str, str]
) -> Account:
    account, _ = Account.objects.select_for_update().get_or_create(
        practice_id=person.practice_id,
        provider=provider,
        subject=facts.subject,
        defaults={"label": facts.label[:500]},
    )
    _signed_in(account, credentials)
    return account


def _connection(person: Practitioner, account: Account) -> Connection:
    try:
        with transaction.atomic():
            return Connection.objects.create(
                practice_id=person.practice_id,
                practitioner=person,
                account=account,
                settings=as_stored(SyncSettings()),
            )
    except IntegrityError:
        known = Connection.objects.get(practitioner=person, account=account)
        if known.leaving:
            return _taken_up_again(known)
        raise Conflict(
            "already_connected",
            f"{person.name} is connected to this account already. Open that connection instead.",
        ) from None


def _taken_up_again(connection: Connection) -> Connection:
    """Return a connection that was about to end, as if it were new."""
    connection.leaving = ""
    connection.sync_on, connection.first_plan_seen, connection.waits_for = True, False, ""
    connection.settings = as_stored(SyncSettings())
    connection.replan += 1
    connection.save()
    return connection


def _choose_at_first(connection: Connection, calendars: Sequence[CalendarFacts]) -> None:
    chosen = {facts.calendar_id for facts in _first_choice(calendars)}
    for row in connection.account.calendars.filter(remote_id__in=chosen):
        CalendarChoice.objects.create(
            connection=connection,
            calendar=row,
            practitioner_id=connection.practitioner_id,
            check_conflicts=True,
            pull=True,
        )


def _first_choice(calendars: Sequence[CalendarFacts]) -> Sequence[CalendarFacts]:
    primary = [c for c in calendars if c.primary]
    if primary or len(calendars) == 1:
        return primary or calendars
    return [c for c in calendars if c.own and c.writable]


def _tried(account: Account, credentials: dict[str, str], try_out: Try) -> Outcome:
    try:
        provider = try_out(account.provider, credentials)
        facts = _closing(provider, provider.check_credentials)
    except ProviderError as error:
        return Outcome(ok=False, code=error.code, message=error.message)
    if facts.subject != account.subject:
        return Outcome(ok=False, code="C295", message="That is another account.")
    _signed_in(account, credentials)
    return Outcome(ok=True, message="Succeeded")


def _closing(provider: CalendarProvider, ask: Callable[[], AccountFacts]) -> AccountFacts:
    try:
        return ask()
    finally:
        provider.close()


def _credentials(account: Account) -> dict[str, str]:
    return {name: str(value) for name, value in unseal(account.secret).items()}


def _signed_in(account: Account, credentials: dict[str, str] | None) -> None:
    """Note that signing in succeeded, with new credentials if some are given.

    Only these columns are written: a run that is under way keeps its lease.
    """
    now = timezone.now()
    kept: dict[str, object] = {
        "state": Account.State.OK,
        "state_reason": "",
        "reason_code": "",
        "failures": 0,
        "wait_until": None,
        "due_at": now,
    }
    if account.state != Account.State.OK:
        kept |= {"state_since": now, "healthy_since": None}
    if credentials is not None:
        kept |= {"secret": seal(credentials), "place": credentials.get("url", "")[:1000]}
    Account.objects.filter(pk=account.pk).update(**kept)
    account.refresh_from_db()
    wake_account(account.pk, Urgency.PERSON)


def _has_events(connection: Connection) -> bool:
    links = Link.objects.filter(
        practitioner=connection.practitioner_id, target__account=connection.account_id
    )
    return links.exclude(state__in=[LinkState.GONE, LinkState.RELEASED]).exists()
