"""The end of a connection."""

from __future__ import annotations

from django.db.models import F

from appointed.core.links import LinkState
from appointed.sync.models import Account, BusyTime, Connection, Link


def end_connection(connection: Connection) -> None:
    """Forget a connection; its links keep the ids, so that a later one adopts its events.

    Whatever run is under way is fenced out first.
    """
    account = connection.account
    Account.objects.filter(pk=account.pk).update(fence=F("fence") + 1, lease_until=None)
    links = Link.objects.filter(practitioner=connection.practitioner_id, target__account=account.pk)
    links.filter(state=LinkState.PLANNED).delete()
    links.exclude(state__in=[LinkState.GONE, LinkState.RELEASED]).update(
        state=LinkState.DETACHED, due_at=None, held_until=None, missing_since=None, problem=""
    )
    connection.delete()
    if not account.connections.exists():
        BusyTime.objects.filter(calendar__account=account.pk).delete()
        account.calendars.update(sync_token="", reading="", confirmed_at=None)
        account.secret, account.place = "", ""
        account.state = Account.State.DISCONNECTED
        account.due_at = None
        account.save(update_fields=["secret", "place", "state", "due_at"])
