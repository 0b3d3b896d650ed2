"""Sending what is due: at most one mail a notice, whatever is killed in between.

`SENDING` is committed before the mail goes out. Who is ended between the server's answer
and our commit leaves such a row: nobody can know then, and it is not sent again by itself,
because a second mail of the same cancellation is worse than a question to staff. It turns
`FAILED` with that reason, and a person may send it again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.db import transaction
from django.db.models import F

from appointed.book.models import Notice
from appointed.notices.letters import NothingToSay, write_letter
from appointed.notices.mail import compose
from appointed.notices.postman import MailServer, NotSent, PerhapsSent, deliver, parse_mail_url

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=4)
MOST_ATTEMPTS = 12
KEPT_FOR = timedelta(days=365)
INTERRUPTED_AFTER = timedelta(minutes=10)
"""No delivery lasts so long: who is sending then was ended."""
PERHAPS = "It may have been sent: the line broke before the mail server's answer."
INTERRUPTED = "It may have been sent: Appointed was ended in the middle of it."

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outbox:
    """Where mails go, and from whom; without a server they are kept and shown.

    Without a `sender_name` the practice's own name stands there.
    """

    server: MailServer | None
    sender: str
    sender_name: str = ""

    def send_due(self, *, now: datetime, after_each: Callable[[], None] = lambda: None) -> int:
        """Send what is due, one after the other; return how many notices were dealt with."""
        settle_interrupted(now=now)
        count = 0
        while (notice := _take_next(now=now)) is not None:
            self._send(notice, now=now)
            after_each()
            count += 1
        return count

    def _send(self, notice: Notice, *, now: datetime) -> None:
        if self.server is None:
            _end(notice, Notice.State.KEPT)
            return
        try:
            letter = write_letter(notice, organizer=self.sender, now=now)
            name = self.sender_name or notice.practice.name
            message = compose(letter, key=notice.key, sender=self.sender, sender_name=name, now=now)
            deliver(self.server, message, sender=self.sender, recipient=letter.to_address)
        except NothingToSay as fault:
            _end(notice, Notice.State.KEPT, error=str(fault))
        except PerhapsSent:
            _end(notice, Notice.State.FAILED, error=PERHAPS)
        except NotSent as fault:
            _try_later(notice, fault, now=now)
        else:
            _end(notice, Notice.State.SENT, sent_at=now)


def outbox_of_installation() -> Outbox:
    """Return the outbox that the settings describe. Raises: `MailUrlFault`."""
    url = settings.APPOINTED_EMAIL_URL
    server = parse_mail_url(url) if url else None
    name, address = parseaddr(settings.APPOINTED_EMAIL_FROM)
    return Outbox(server, address or _fallback_sender(server), name)


def settle_interrupted(*, now: datetime) -> int:
    """Give up what somebody was sending when he was ended; return how many."""
    return Notice.objects.filter(
        state=Notice.State.SENDING, due_at__lt=now - INTERRUPTED_AFTER
    ).update(state=Notice.State.FAILED, error=INTERRUPTED)


def forget_old_notices(*, now: datetime) -> int:
    """Delete what was settled longer ago than anybody asks; return how many."""
    open_states = [Notice.State.WAITING, Notice.State.SENDING]
    old = Notice.objects.filter(due_at__lt=now - KEPT_FOR).exclude(state__in=open_states)
    return old.delete()[0]


def send_again(*, notice: Notice, now: datetime) -> bool:
    """Have a failed or kept notice sent (a person asked); say whether it was one."""
    standing = Notice.objects.filter(
        pk=notice.pk, state__in=[Notice.State.FAILED, Notice.State.KEPT]
    )
    return bool(standing.update(state=Notice.State.WAITING, due_at=now, attempts=0, error=""))


@transaction.atomic
def _take_next(*, now: datetime) -> Notice | None:
    """Commit that we are about to send the notice that has been due longest."""
    due = Notice.objects.filter(state=Notice.State.WAITING, due_at__lte=now)
    taken = due.select_for_update(skip_locked=True).order_by("due_at", "pk").first()
    if taken is None:
        return None
    Notice.objects.filter(pk=taken.pk).update(
        state=Notice.State.SENDING, attempts=F("attempts") + 1, due_at=now
    )
    return Notice.objects.select_related(
        "practice", "client", "appointment__client", "appointment__service", "appointment__practice"
    ).get(pk=taken.pk)


def _try_later(notice: Notice, fault: NotSent, *, now: datetime) -> None:
    if not fault.again or notice.attempts >= MOST_ATTEMPTS:
        _end(notice, Notice.State.FAILED, error=fault.reason)
        return
    pause = min(FIRST_PAUSE * 2 ** (notice.attempts - 1), LONGEST_PAUSE)
    logger.warning("a mail waits %s: %s", pause, fault.reason)
    Notice.objects.filter(pk=notice.pk, state=Notice.State.SENDING).update(
        state=Notice.State.WAITING, due_at=now + pause, error=fault.reason[:200]
    )


def _end(
    notice: Notice, state: Notice.State, *, error: str = "", sent_at: datetime | None = None
) -> None:
    Notice.objects.filter(pk=notice.pk, state=Notice.State.SENDING).update(
        state=state, error=error[:200], sent_at=sent_at
    )


def _fallback_sender(server: MailServer | None) -> str:
    """Return an address to write from where none is set: the one we sign in with, if it is one."""
    if server is not None and "@" in server.user:
        return server.user
    return f"appointed@{server.host if server is not None else 'localhost'}"
