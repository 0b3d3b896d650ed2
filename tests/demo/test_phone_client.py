from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from appointed_standins.phone.caldav import (
    CalDavAccount,
    CalDavFault,
    Missing,
    RemoteCalendar,
    Stale,
    Unreachable,
)
from appointed_standins.phone.events import Entry, amend, duplicate, entry_of
from demo.conftest import NOW, ZONE, all_times, put
from support.caldav_servers import Server, free_port

TEN = datetime(2026, 11, 24, 10, tzinfo=ZONE)
LUNCH = Entry("Lunch with Ann", TEN, TEN + timedelta(hours=1), place="Quay", private=True)


def test_the_calendars_of_an_account_are_found(account: CalDavAccount) -> None:
    found = account.calendars()

    assert [(each.slug, each.name, each.colour) for each in found] == [
        ("appointments", "Appointments", "#1f5fb5"),
        ("private", "Private", "#b4541a"),
    ]


def test_an_added_event_is_read_as_it_was_entered(
    account: CalDavAccount, private: RemoteCalendar
) -> None:
    put(account, private, LUNCH, uid="lunch")

    [found] = account.events(private, TEN, TEN + timedelta(minutes=5))
    assert entry_of(found.text, ZONE) == LUNCH


def test_only_what_takes_place_then_is_listed(
    account: CalDavAccount, private: RemoteCalendar
) -> None:
    put(account, private, LUNCH, uid="lunch")

    found = account.events(private, TEN + timedelta(days=1), TEN + timedelta(days=2))

    assert found == []


def test_a_name_that_is_taken_is_not_overwritten(
    account: CalDavAccount, private: RemoteCalendar
) -> None:
    put(account, private, LUNCH, uid="lunch")

    with pytest.raises(Stale):
        put(account, private, LUNCH.moved_to(TEN + timedelta(days=1)), uid="lunch")

    [standing] = account.events(private, *all_times())
    assert entry_of(standing.text, ZONE) == LUNCH


def test_a_moved_event_keeps_what_the_phone_does_not_know(
    account: CalDavAccount, private: RemoteCalendar
) -> None:
    stored = put(account, private, LUNCH, uid="lunch")
    marked = stored.text.replace("END:VEVENT", "X-OTHER:kept\r\nCATEGORIES:Blue\r\nEND:VEVENT")
    stored = account.replace(stored, marked)

    moved = account.replace(
        stored, amend(stored.text, LUNCH.moved_to(TEN + timedelta(hours=2)), now=NOW)
    )

    assert entry_of(moved.text, ZONE).start == TEN + timedelta(hours=2)
    assert "X-OTHER:kept" in moved.text
    assert "CATEGORIES:Blue" in moved.text


def test_a_copy_is_another_event_with_all_that_was_in_the_first(
    account: CalDavAccount, private: RemoteCalendar
) -> None:
    stored = put(account, private, LUNCH, uid="lunch")
    marked = stored.text.replace("END:VEVENT", "X-OTHER:kept\r\nEND:VEVENT")
    tomorrow = LUNCH.moved_to(TEN + timedelta(days=1))

    copy = account.add(
        private, name="copy.ics", text=duplicate(marked, tomorrow, uid="copy", now=NOW)
    )

    assert "UID:copy" in copy.text
    assert "X-OTHER:kept" in copy.text
    assert len(account.events(private, *all_times())) == 2


def test_a_deleted_event_is_gone(account: CalDavAccount, private: RemoteCalendar) -> None:
    stored = put(account, private, LUNCH, uid="lunch")

    account.remove(stored)

    with pytest.raises(Missing):
        account.read(stored.path)


def test_what_somebody_else_changed_is_not_overwritten(
    account: CalDavAccount, private: RemoteCalendar
) -> None:
    stale = put(account, private, LUNCH, uid="lunch")
    account.replace(stale, amend(stale.text, LUNCH.moved_to(TEN + timedelta(hours=1)), now=NOW))

    with pytest.raises(Stale):
        account.replace(stale, stale.text)
    with pytest.raises(Stale):
        account.remove(stale)


def test_the_version_changes_with_any_event(
    account: CalDavAccount, private: RemoteCalendar
) -> None:
    before = account.version()
    put(account, private, LUNCH, uid="lunch")

    after = account.version()

    assert after != before
    assert account.version() == after


def test_an_all_day_event_keeps_its_days(account: CalDavAccount, private: RemoteCalendar) -> None:
    holiday = Entry("Holiday", date(2026, 11, 24), date(2026, 11, 27), free=True)

    stored = put(account, private, holiday, uid="holiday")

    assert entry_of(stored.text, ZONE) == holiday


def test_a_wrong_password_is_said(caldav_server: Server) -> None:
    stranger = CalDavAccount(f"{caldav_server.url}bob/", "bob", "wrong")

    with pytest.raises(CalDavFault, match="does not let this account in"):
        stranger.calendars()


def test_a_server_that_is_away_is_said() -> None:
    lost = CalDavAccount(f"http://127.0.0.1:{free_port()}/", "bob", "secret-b")

    with pytest.raises(Unreachable):
        lost.calendars()
