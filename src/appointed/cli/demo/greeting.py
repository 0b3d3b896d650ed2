"""What the demo says once it runs."""

from __future__ import annotations

from collections.abc import Sequence

from appointed.cli.demo.command import POLL_SECONDS
from appointed.cli.demo.connections import HOLD_SECONDS
from appointed.cli.demo.place import DemoPlace
from appointed.cli.demo.practice import OWNER, RECEPTION, sign_in_of
from appointed_standins.phone.configuration import Person


def greeting(place: DemoPlace, people: Sequence[Person], *, book: str, phone: str) -> str:
    """Return the addresses and sign-ins of everything."""
    accounts = "\n".join(
        f"      {person.account.url}   user {person.account.username}" for person in people
    )
    return f"""
The demo runs. Everything in it is invented, and nothing leaves this machine.

  Appointment book   {book}/
      sign in as     {OWNER} (owner), {RECEPTION} (reception)
                     or {sign_in_of(people[0].name)} (practitioner)
      password       {place.password}

  The other side     {phone}
      the practitioners' own calendars, as their phones show them

  Mails              {phone}mails/

  CalDAV accounts    password {place.calendar_password}
{accounts}

It looks at the calendars every {POLL_SECONDS} seconds,
and holds a deletion for {HOLD_SECONDS} seconds before it believes it.
Data: {place.folder}
Ctrl-C stops all of it; started again it goes on where it stopped.
"""
