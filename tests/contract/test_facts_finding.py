"""Facts about finding calendars, signing in and rights, planted one by one."""

from __future__ import annotations

import pytest

from appointed.providers.addresses import AddressGuard
from appointed.providers.caldav.mapping import canonical_path, name_for
from appointed.providers.http import Access, HttpClient, RedirectRefused
from appointed.providers.port import (
    AddressRefused,
    CalendarGone,
    CreateEvent,
    CredentialsRejected,
    EventRejected,
    Failed,
    ProviderUnavailable,
    ReadOnly,
    Written,
)
from appointed_standins.caldav.quirks import Discovery, Hrefs
from contract.verbs import create, event, fresh_key, look, upserts
from support.fault_proxy import Answer, LoseAnswer

# ── finding the calendars ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("place", ["/remote.php/dav/", "{url}remote.php/dav/"])
def test_well_known_leads_to_the_calendars(quirky, place):
    world = quirky(discovery=Discovery.REMOTE_PHP)
    world.quirks.well_known = place.format(url=f"{world.proxy.url}/")

    [calendar] = world.provider.list_calendars()

    assert calendar.calendar_id == world.calendar_id


def test_a_dead_well_known_is_passed_by(quirky):
    world = quirky(discovery=Discovery.REMOTE_PHP, well_known="/nothing/here/")

    [calendar] = world.provider.list_calendars()

    assert calendar.calendar_id == world.calendar_id


PLACES = {
    Discovery.EVERYWHERE: ["PROPFIND /"],
    Discovery.REMOTE_PHP: [
        "PROPFIND /", "PROPFIND /.well-known/caldav", "PROPFIND /dav/",
        "PROPFIND /remote.php/dav/",
    ],
    Discovery.USER_ONLY: [
        "PROPFIND /", "PROPFIND /.well-known/caldav", "PROPFIND /dav/",
        "PROPFIND /remote.php/dav/", "PROPFIND /SOGo/dav/alice/",
    ],
}  # fmt: skip


@pytest.mark.parametrize("discovery", PLACES)
def test_places_are_asked_in_order_until_one_tells(quirky, discovery):
    world = quirky(discovery=discovery)

    world.provider.check_credentials()

    assert world.asked("PROPFIND")[:-1] == PLACES[discovery]


def test_only_calendars_for_events_are_listed(quirky):
    world = quirky()
    world.server.store.add("tasks", ("VTODO",))
    world.server.store.add("both", ("VEVENT", "VTODO"))

    names = {calendar.name for calendar in world.provider.list_calendars()}

    assert names == {"work", "both"}


@pytest.mark.parametrize("style", Hrefs)
def test_hrefs_are_compared_decoded(quirky, style):
    world = quirky(hrefs=style)
    remote_id = world.add("Ann~a@b ü.ics")

    [seen] = upserts(look(world)).values()

    assert seen.remote_id == canonical_path(remote_id.replace(" ", "%20").replace("ü", "%c3%bc"))
    assert world.provider.fetch(world.calendar_id, [seen.remote_id]) != []


def test_an_encoded_slash_is_no_slash():
    assert canonical_path("/a%2Fb/%c3%bc%7e") == "/a%2Fb/%C3%BC~"
    assert canonical_path("/a/b") != canonical_path("/a%2Fb")


def redirects(world, place):
    world.proxy.plant(Answer(302, {"Location": place}), "PROPFIND", path="/", times=99)


def test_a_redirect_is_followed_five_times_at_most(quirky):
    world = quirky()
    redirects(world, "/again/")

    with pytest.raises(AddressRefused):
        world.provider.check_credentials()

    first_place = 6
    assert [e.status for e in world.proxy.exchanges[:first_place]] == [302] * first_place


def test_credentials_do_not_follow_to_another_server(quirky):
    world, other = quirky(), quirky()
    redirects(world, f"{other.proxy.url}/")

    with pytest.raises((ProviderUnavailable, AddressRefused)):
        world.provider.check_credentials()

    assert other.proxy.exchanges == []


def test_a_redirect_to_a_private_address_is_refused(quirky):
    world = quirky()
    redirects(world, "https://10.0.0.7/dav/")

    with pytest.raises(AddressRefused) as refused:
        world.provider.check_credentials()

    assert refused.value.code == "C243"


def test_a_known_calendar_does_not_move(quirky):
    world = quirky(moved_to="/calendars/alice/elsewhere/")

    check = world.provider.check_calendar(world.calendar_id)

    assert not check.readable
    with pytest.raises(CalendarGone):
        look(world)


MISSING = b"""<?xml version="1.0"?><multistatus xmlns="DAV:"><response>
<href>http://127.0.0.1/calendars/alice/work/</href><status>HTTP/1.1 404 Not Found</status>
</response></multistatus>"""


def test_a_status_inside_says_that_the_calendar_is_missing(quirky):
    world = quirky()
    world.proxy.plant(Answer(207, {}, MISSING), "PROPFIND")

    check = world.provider.check_calendar(world.calendar_id)

    assert not check.readable


def test_names_are_short_and_plain():
    name = name_for(fresh_key())

    assert len(name) <= 100
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")


def test_a_calendar_that_the_server_renames_is_found_in_the_listing(quirky):
    world = quirky(renames_calendars=True)

    made = world.provider.create_calendar("Pat's appointments")

    assert made.name == "Pat's appointments"
    assert made.calendar_id == "/calendars/alice/cal-1/"


@pytest.mark.parametrize("status", [403, 405, 409])
def test_a_refused_calendar_is_looked_for_before_it_is_given_up(quirky, status):
    world = quirky()
    world.proxy.plant(Answer(status, executed=True), "MKCALENDAR")

    made = world.provider.create_calendar("Pat")

    assert made.name == "Pat"
    assert len(world.asked("MKCALENDAR")) == 1


def test_a_report_that_is_promised_and_refused_is_done_without(quirky):
    world = quirky(syncs=False)
    remote_id = world.add("a.ics")

    pages = look(world)

    assert upserts(pages).keys() == {remote_id}
    assert pages[-1].complete
    assert pages[-1].next_token is None


# ── signing in and rights ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("challenge", [True, False])
def test_after_the_first_refusal_nothing_more_is_asked(quirky, challenge):
    world = quirky(challenge=challenge)
    provider = world.connect(password="wrong")

    with pytest.raises(CredentialsRejected):
        provider.check_credentials()

    assert len(world.proxy.exchanges) == 1


GONE = {
    "403": {"gone_on_read": 403},
    "404": {"gone_on_read": 404},
    "redirect": {"moved_to": "/calendars/alice/"},
    "every property refused": {"withdrawn": True},
}


@pytest.mark.parametrize("case", GONE)
def test_a_foreign_calendar_is_no_longer_ours_to_see(quirky, case):
    world = quirky(**GONE[case])
    world.add("a.ics")
    if "gone_on_read" in GONE[case]:
        del world.server.store.calendars[world.calendar_id]

    with pytest.raises(CalendarGone):
        look(world)

    assert not world.provider.check_calendar(world.calendar_id).readable


@pytest.mark.parametrize("told", [True, False])
def test_a_first_refused_write_makes_the_calendar_read_only(quirky, told):
    world = quirky(read_only=True, tells_privileges=told)

    with pytest.raises(ReadOnly) as refused:
        create(world)

    assert refused.value.code == "C244"
    assert world.provider.check_calendar(world.calendar_id).writable is not told


@pytest.mark.parametrize("status", [403, 404, 405, 409])
def test_a_lost_calendar_is_not_taken_for_a_refused_event(quirky, status):
    world = quirky(gone_on_put=status)
    del world.server.store.calendars[world.calendar_id]

    with pytest.raises(CalendarGone):
        create(world)


@pytest.mark.parametrize("status", [404, 405, 409, 415])
def test_an_event_is_refused_only_by_a_calendar_that_is_there(quirky, status):
    world = quirky()
    world.proxy.plant(Answer(status), "PUT")
    wishes = [CreateEvent("a", fresh_key(), event()), CreateEvent("b", fresh_key(), event())]

    receipts = list(world.provider.write(world.calendar_id, wishes))

    assert {type(receipt) for receipt in receipts} == {Failed, Written}
    [failed] = [receipt for receipt in receipts if isinstance(receipt, Failed)]
    assert isinstance(failed.error, EventRejected)


# ── iCloud, Fastmail, Nextcloud: signing in ──────────────────────────────────────────────


def test_a_partition_host_of_apple_gets_the_credentials_and_no_other_does():
    access = Access("https://caldav.icloud.com/", "a", "b", (".icloud.com", ".icloud.com.cn"))

    covered = [
        access.covers(f"https://{host}/1/calendars/")
        for host in (
            "p42-caldav.icloud.com",
            "x.icloud.com.cn",
            "evil-icloud.com",
            "icloud.example",
        )
    ]

    assert covered == [True, True, False, False]
    assert not access.covers("http://p42-caldav.icloud.com/")
    assert not access.covers("https://p42-caldav.icloud.com:8443/")


def test_calendars_on_another_host_are_known_by_their_whole_address(quirky):
    world, other = quirky(), quirky()
    world.quirks.foreign_home = f"{other.proxy.url}/calendars/alice/"

    with pytest.raises(ProviderUnavailable):
        world.provider.list_calendars()

    assert other.proxy.exchanges == []


def test_a_wrong_path_of_the_principal_in_its_own_answer_does_no_harm(quirky):
    world = quirky()
    world.provider.check_credentials()
    world.quirks.principal_href = "/principals/alice/"
    wrong = (
        b'<?xml version="1.0"?><multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
    )
    wrong += b"<response><href>/principal/</href><propstat><prop><C:calendar-home-set><href>"
    wrong += (
        b"/calendars/alice/</href></C:calendar-home-set></prop><status>HTTP/1.1 200 OK</status>"
    )
    wrong += b"</propstat></response></multistatus>"
    world.proxy.plant(Answer(207, {}, wrong), "PROPFIND", path="/principals/alice/")

    [calendar] = world.connect().list_calendars()

    assert calendar.calendar_id == world.calendar_id


def test_colours_lose_their_opacity(quirky):
    world = quirky()

    [calendar] = world.provider.list_calendars()

    assert calendar.colour == "#aabbcc"


def test_a_redirect_from_the_bare_host_is_followed(quirky):
    world = quirky()
    world.proxy.plant(Answer(301, {"Location": "/dav/"}), "PROPFIND")

    [calendar] = world.provider.list_calendars()

    assert calendar.calendar_id == world.calendar_id


def test_a_limit_on_new_calendars_is_said_and_not_tried_again(quirky):
    world = quirky(makes_calendars=False)

    with pytest.raises(ProviderUnavailable):
        world.provider.create_calendar("Pat")

    assert len(world.asked("MKCALENDAR")) == 1


def test_a_redirect_of_one_request_is_refused_by_the_client_itself():
    client = HttpClient(Access("https://cloud.example/"), guard=AddressGuard())

    with pytest.raises(RedirectRefused):
        client.send("GET", "https://other.example/", headers={})

    client.close()


def test_a_calendar_made_without_an_answer_is_made_once(quirky):
    world = quirky()
    world.proxy.plant(LoseAnswer(), "MKCALENDAR")

    made = world.provider.create_calendar("Pat")

    assert made.name == "Pat"
    assert len(world.server.store.calendars) == 2


def test_the_address_of_a_calendar_itself_is_enough(quirky):
    world = quirky(discovery=Discovery.NOWHERE)
    provider = world.connect(url=f"{world.proxy.url}{world.calendar_id}")

    [calendar] = provider.list_calendars()

    assert calendar.calendar_id == world.calendar_id
    assert provider.check_credentials().subject == f"{world.proxy.url}{world.calendar_id}"


def test_an_event_that_cannot_be_read_now_is_neither_gone_nor_alive(quirky):
    world = quirky()
    _, receipt = create(world)
    world.proxy.plant(Answer(500), "GET", times=9)

    with pytest.raises(ProviderUnavailable):
        world.provider.fetch(world.calendar_id, [receipt.remote_id])


def test_an_event_of_a_lost_calendar_is_not_taken_for_deleted(quirky):
    world = quirky()
    _, receipt = create(world)
    del world.server.store.calendars[world.calendar_id]

    with pytest.raises(CalendarGone):
        world.provider.fetch(world.calendar_id, [receipt.remote_id])
