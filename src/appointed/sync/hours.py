"""How often an account is looked at: oftener while its practitioners work."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from appointed.book.models import Practitioner, WorkingHours
from appointed.sync.models import Account

AT_WORK = timedelta(seconds=60)
ELSE = timedelta(seconds=300)


def poll_every(account: Account, now: datetime) -> timedelta:
    """Return how long to wait before the next look at `account`."""
    if settings.APPOINTED_POLL_SECONDS is not None:
        return timedelta(seconds=settings.APPOINTED_POLL_SECONDS)
    practitioners = Practitioner.objects.filter(connections__account=account)
    return AT_WORK if any(_is_at_work(p, now) for p in practitioners) else ELSE


def _is_at_work(practitioner: Practitioner, now: datetime) -> bool:
    here = now.astimezone(ZoneInfo(practitioner.time_zone))
    return WorkingHours.objects.filter(
        practitioner=practitioner,
        weekday=here.weekday(),
        start__lte=here.time(),
        end__gt=here.time(),
    ).exists()
