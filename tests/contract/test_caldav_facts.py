"""The table of facts: each bullet of the page on CalDAV, and the test that plants it.

A bullet that no test can plant stands in `LEFT_OUT` with the reason. Both together are the
page's copy in `tests/shared`, neither more nor less.
"""

# ruff: noqa: E501 - a row is one line, and tests are called by what they show

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "shared" / "providers" / "caldav.md"
BULLET = re.compile(r"- +(.+)")
HEADING = re.compile(r"#+ +(.+)")

FINDING, WRITING, BODY, READING, EVENTS = (
    f"contract.test_facts_{kind}" for kind in ("finding", "writing", "body", "reading", "events")
)

LOAD, ICAL, ERRORS = "contract.test_caldav_load", "ical.test_writing", "contract.test_caldav_errors"

Row = tuple[str, str, str]

ROWS: dict[str, list[Row]] = {
    "Finding the calendars": [
        ("`/.well-known/caldav` answers", FINDING, "test_well_known_leads_to_the_calendars"),
        ("`/.well-known/caldav` answers", FINDING, "test_a_dead_well_known_is_passed_by"),
        ("R, X, DV, CY answer `current-user", FINDING, "test_places_are_asked_in_order_until_one_tells"),
        ("`calendar-home-set` exists", FINDING, "test_only_calendars_for_events_are_listed"),
        ("hrefs in answers are always", FINDING, "test_hrefs_are_compared_decoded"),
        ("Follow redirects by hand", FINDING, "test_a_redirect_is_followed_five_times_at_most"),
        ("Follow redirects by hand", FINDING, "test_credentials_do_not_follow_to_another_server"),
        ("Follow redirects by hand", FINDING, "test_a_redirect_to_a_private_address_is_refused"),
        ("Follow redirects by hand", FINDING, "test_a_known_calendar_does_not_move"),
        ("X answers PROPFIND 207", FINDING, "test_a_status_inside_says_that_the_calendar_is_missing"),
        ("Names for resources", FINDING, "test_names_are_short_and_plain"),
        ("MKCALENDAR with name", FINDING, "test_a_refused_calendar_is_looked_for_before_it_is_given_up"),
        ("`supported-report-set` names", FINDING, "test_a_report_that_is_promised_and_refused_is_done_without"),
    ],
    "Auth and rights": [
        ("All offer Basic only", FINDING, "test_after_the_first_refusal_nothing_more_is_asked"),
        ("Foreign calendar: 403", FINDING, "test_a_foreign_calendar_is_no_longer_ours_to_see"),
        ("Read-only share", FINDING, "test_a_first_refused_write_makes_the_calendar_read_only"),
        ("Calendar gone", FINDING, "test_a_lost_calendar_is_not_taken_for_a_refused_event"),
        ("Calendar gone", FINDING, "test_an_event_is_refused_only_by_a_calendar_that_is_there"),
    ],
    "Writing": [
        ("Create = `PUT", WRITING, "test_a_create_is_put_under_its_key_and_only_where_nothing_is"),
        ("Create = `PUT", WRITING, "test_every_try_uses_the_same_name_and_uid"),
        ("SG and Zimbra ignore `If-None-Match", WRITING, "test_where_if_none_match_is_ignored_a_repeated_create_hits_our_own_only"),
        ("After a timeout, reset", WRITING, "test_a_create_whose_outcome_is_unknown_is_looked_for_before_it_is_repeated"),
        ("After a timeout, reset", WRITING, "test_a_create_that_was_carried_out_is_not_sent_again"),
        ("Under parallel creates", WRITING, "test_writers_that_disturb_each_other_all_come_through"),
        ("Update = `If-Match`", WRITING, "test_an_update_names_the_one_strong_version_that_it_replaces"),
        ("`If-Match` on a missing", WRITING, "test_an_update_that_created_is_a_conflict_and_undone_where_it_is_certain"),
        ("412 on update", WRITING, "test_a_refused_version_is_looked_at_and_never_forced"),
        ("`If-Match` does not lock", WRITING, "test_operations_on_one_event_follow_each_other"),
        ('SG: ETag `"gcs00000000"`', WRITING, "test_a_counter_that_started_anew_hides_no_change"),
        ("Never take the PUT's ETag", WRITING, "test_what_the_server_rewrites_is_no_change_of_ours"),
        ("Never take the PUT's ETag", WRITING, "test_a_version_that_a_put_does_not_tell_is_asked_for"),
        ("Right after a write", WRITING, "test_an_old_version_reported_after_our_own_write_is_waited_out"),
        ("DELETE with `If-Match`", WRITING, "test_a_delete_of_what_is_gone_has_succeeded"),
        ("DELETE with `If-Match`", WRITING, "test_a_delete_that_came_second_has_succeeded"),
        ("DELETE with `If-Match`", WRITING, "test_where_if_match_is_ignored_a_changed_event_is_not_deleted"),
        ("Identical PUT", WRITING, "test_an_update_that_changes_nothing_is_not_sent"),
        ("The same UID in a second", WRITING, "test_a_key_that_stands_in_another_calendar_is_said_and_not_doubled"),
        ("UID conflict answers", WRITING, "test_our_own_event_under_another_name_is_adopted"),
        ("UID conflict answers", WRITING, "test_a_key_that_stands_in_another_calendar_is_said_and_not_doubled"),
        ("After DELETE the same UID", WRITING, "test_a_key_is_free_again_after_its_event_was_deleted"),
        ("After DELETE the same UID", WRITING, "test_a_move_is_an_update_in_place"),
        ("Changing the UID", WRITING, "test_the_uid_of_a_stored_event_never_changes"),
        ("MOVE keeps the ETag", WRITING, "test_neither_move_nor_copy_nor_any_search_is_ever_asked"),
    ],
    "Body": [
        ("Always: CRLF", BODY, "test_a_body_is_what_every_server_takes"),
        ("Always: CRLF", ICAL, "test_lines_are_folded_at_75_octets_and_ended_by_crlf"),
        ("Strip control characters", BODY, "test_control_characters_are_not_sent"),
        ("Timed events: TZID", BODY, "test_a_timed_event_brings_the_definition_of_its_zone"),
        ("Own marks", BODY, "test_our_key_stands_in_name_uid_and_a_property_of_its_own"),
        ("GEO is damaged", BODY, "test_what_servers_do_to_other_fields_is_no_change"),
        ("ATTENDEE/ORGANIZER", BODY, "test_a_body_is_what_every_server_takes"),
        ("1 MB events are accepted", BODY, "test_own_bodies_stay_small"),
        ("1 MB events are accepted", EVENTS, "test_an_event_larger_than_is_read_is_left_unread"),
        ("1 MB events are accepted", EVENTS, "test_an_answer_larger_than_is_read_is_asked_for_in_parts"),
        ("Gzip request bodies", BODY, "test_request_bodies_are_never_packed"),
    ],
    "Reading changes": [
        ("sync-collection works on all", READING, "test_the_report_asks_one_level_of_one_calendar_without_a_limit"),
        ("**Never send `<limit>`**", READING, "test_an_answer_cut_short_is_gone_on_with"),
        ("**Never send `<limit>`**", READING, "test_a_cut_answer_without_progress_leads_to_a_listing"),
        ("Initial sync on R", READING, "test_tombstones_of_a_first_look_are_ignored"),
        ("Tombstone =", READING, "test_a_tombstone_is_a_status_of_the_event_itself"),
        ("Tombstone =", READING, "test_an_event_made_again_under_its_name_is_a_change"),
        ("**Take the token only", READING, "test_the_token_comes_from_the_report_and_from_nowhere_else"),
        ("Old token replay", READING, "test_the_same_token_answers_the_same_twice"),
        ("Token errors", READING, "test_a_refused_token_leads_to_a_listing"),
        ("Token errors", READING, "test_a_token_that_is_wrongly_taken_is_made_good_by_the_full_listing"),
        ("Calendar deleted and made again", READING, "test_a_calendar_made_anew_shows_another_epoch"),
        ("Full listing (PROPFIND", READING, "test_a_full_listing_reads_only_what_is_not_known"),
        ("Delete locally only", READING, "test_half_a_listing_is_none"),
        ("Delete locally only", READING, "test_a_listing_without_its_closing_tag_is_none"),
        ("Delete locally only", READING, "test_an_empty_listing_that_another_way_denies_is_no_listing"),
        ("A propstat 403 inside", READING, "test_properties_refused_inside_are_a_loss_of_rights_and_no_deletion"),
        ("Do not skip the report", READING, "test_a_look_without_news_is_one_request"),
        ("Changes of our own PUTs", READING, "test_our_own_write_comes_back_with_the_version_of_its_receipt"),
        ("Changes of our own PUTs", READING, "test_what_the_report_names_and_we_wrote_is_not_read_again"),
        ("sync with `calendar-data`", EVENTS, "test_events_are_read_in_batches_of_fifty"),
        ("multiget: batches", EVENTS, "test_events_are_read_in_batches_of_fifty"),
        ("multiget: batches", EVENTS, "test_an_empty_batch_is_never_asked"),
        ("multiget: batches", EVENTS, "test_events_are_asked_for_as_they_were_listed"),
        ("multiget: batches", EVENTS, "test_an_event_that_is_listed_and_not_there_is_passed_by"),
        ("A relative href works", EVENTS, "test_answers_about_other_calendars_are_ignored"),
        ("The collection itself", EVENTS, "test_the_calendar_itself_in_an_answer_is_ignored"),
        ("calendar-query with time-range", WRITING, "test_neither_move_nor_copy_nor_any_search_is_ever_asked"),
        ("calendar-query with time-range", EVENTS, "test_what_lies_far_ahead_is_read_too"),
        ("Server `expand` is wrong", EVENTS, "test_series_are_expanded_here"),
        ("Cancelled and transparent", EVENTS, "test_cancelled_and_transparent_events_do_not_block"),
        ("Poison: a foreign", EVENTS, "test_a_poisonous_rule_is_busy_and_flagged"),
        ("Not well-formed XML", EVENTS, "test_one_poisoned_event_is_found_and_read_alone"),
        ("Parser: refuse DTD", EVENTS, "test_what_is_no_honest_answer_is_refused"),
        ("Parser: refuse DTD", EVENTS, "test_a_document_type_is_refused_from_a_server_too"),
    ],
    "Finding one event again": [
        ("`find(key)` = GET", EVENTS, "test_find_asks_for_the_name_in_each_calendar"),
    ],
    "Load": [
        ("Keep-alive: all but R", EVENTS, "test_a_reset_connection_is_tried_again_for_what_changes_nothing"),
        ("Keep-alive: all but R", LOAD, "test_writes_run_at_once_on_no_more_connections_than_allowed"),
        ("SG: listen queue of 5", BODY, "test_a_server_gets_no_more_connections_than_it_is_known_to_bear"),
        ("X answers 423 and 500", WRITING, "test_writers_that_disturb_each_other_all_come_through"),
        ("A 429/503 with Retry-After", BODY, "test_a_request_to_wait_holds_for_the_whole_account"),
        ("A 429/503 with Retry-After", BODY, "test_a_time_to_wait_until_is_read_by_the_server_s_own_clock"),
        ("Poll: sync-collection", READING, "test_depth_infinity_is_never_asked"),
    ],
    "Libraries": [
        ("XML: expat, pull parser", EVENTS, "test_what_is_no_honest_answer_is_refused"),
        ("XML: expat, pull parser", EVENTS, "test_one_broken_event_does_not_stop_the_others"),
    ],
    "iCloud": [
        ("Entry URL", FINDING, "test_calendars_on_another_host_are_known_by_their_whole_address"),
        ("Login = Apple ID", ERRORS, "test_each_fault_has_its_code_and_sentence"),
        ("Redirects cross hosts", FINDING, "test_a_partition_host_of_apple_gets_the_credentials_and_no_other_does"),
        ("`If-Match: *` works the wrong", WRITING, "test_an_update_names_the_one_strong_version_that_it_replaces"),
        ("An event without DTEND", BODY, "test_a_body_is_what_every_server_takes"),
        ("The same UID in a second calendar of the account", WRITING, "test_a_key_that_stands_in_another_calendar_is_said_and_not_doubled"),
        ("`calendar-query` must contain", WRITING, "test_neither_move_nor_copy_nor_any_search_is_ever_asked"),
        ("Listings and sync answers contain", EVENTS, "test_the_calendar_itself_in_an_answer_is_ignored"),
        ("`DAV:limit` is ignored", READING, "test_the_report_asks_one_level_of_one_calendar_without_a_limit"),
        ("Text/property filters", WRITING, "test_neither_move_nor_copy_nor_any_search_is_ever_asked"),
        ("Resource names are random", EVENTS, "test_events_are_asked_for_as_they_were_listed"),
        ("One resource that is listed", EVENTS, "test_an_event_that_is_listed_and_not_there_is_passed_by"),
        ("A second propstat with 404", EVENTS, "test_the_calendar_itself_in_an_answer_is_ignored"),
        ("Old sync tokens may be dropped", READING, "test_a_full_listing_reads_only_what_is_not_known"),
        ("iCloud data contain duplicate", EVENTS, "test_apple_s_odd_lines_are_read"),
        ("Colours come as", FINDING, "test_colours_lose_their_opacity"),
        ("Upgraded Reminders", FINDING, "test_only_calendars_for_events_are_listed"),
        ("A stored resource must carry no", BODY, "test_a_body_is_what_every_server_takes"),
        ("Throttling: no public", BODY, "test_a_request_to_wait_holds_for_the_whole_account"),
        ("A new UID that was used", WRITING, "test_a_key_is_free_again_after_its_event_was_deleted"),
        ("ETag on PUT", WRITING, "test_a_version_that_a_put_does_not_tell_is_asked_for"),
        ("python-caldav once had", FINDING, "test_a_wrong_path_of_the_principal_in_its_own_answer_does_no_harm"),
        ("Default alarms", BODY, "test_guests_and_alarms_that_people_added_stay"),
    ],
    "Google (CalDAV v2)": [
        ("OAuth only", ERRORS, "test_each_fault_has_its_code_and_sentence"),
    ],
    "Fastmail (Cyrus)": [
        ("`https://caldav.fastmail.com/`", FINDING, "test_a_redirect_from_the_bare_host_is_followed"),
        ("Sends its own invitations", BODY, "test_a_body_is_what_every_server_takes"),
        ("Scheduling objects: no ETag", WRITING, "test_a_version_that_a_put_does_not_tell_is_asked_for"),
    ],
    "Nextcloud": [
        ("Duplicate UID: 400", WRITING, "test_a_key_that_stands_in_another_calendar_is_said_and_not_doubled"),
        ("Calendar creation limited", FINDING, "test_a_limit_on_new_calendars_is_said_and_not_tried_again"),
        ("sync-collection: `DAV:limit`", READING, "test_a_tombstone_is_a_status_of_the_event_itself"),
    ],
    "mailbox.org / Open-Xchange": [
        ("Calendars have opaque URLs", FINDING, "test_a_calendar_that_the_server_renames_is_found_in_the_listing"),
        ("Directly after a write", WRITING, "test_an_old_version_reported_after_our_own_write_is_waited_out"),
    ],
    "Others": [
        ("**Zimbra**", WRITING, "test_where_if_none_match_is_ignored_a_repeated_create_hits_our_own_only"),
        ("**Zimbra**", FINDING, "test_a_calendar_that_the_server_renames_is_found_in_the_listing"),
        ("**GMX/web.de**", WRITING, "test_a_version_that_a_put_does_not_tell_is_asked_for"),
        ("**GMX/web.de**", FINDING, "test_a_dead_well_known_is_passed_by"),
        ("**Posteo**", FINDING, "test_a_report_that_is_promised_and_refused_is_done_without"),
        ("**Synology**", WRITING, "test_an_unquoted_version_goes_back_as_it_came"),
        ("**Synology**", EVENTS, "test_events_without_a_told_version_are_read"),
        ("**Exchange by DavMail**", WRITING, "test_an_unquoted_version_goes_back_as_it_came"),
        ("**Apple Calendar Server", READING, "test_a_refused_token_leads_to_a_listing"),
    ],
    "What other booking tools ran into": [
        ("Deleting all events", WRITING, "test_a_move_is_an_update_in_place"),
        ("Busy times missed", EVENTS, "test_series_are_expanded_here"),
        ("Looking up by UID across", EVENTS, "test_the_same_uid_in_two_calendars_is_two_events"),
        ("A plan found in the wild", READING, "test_the_token_comes_from_the_report_and_from_nowhere_else"),
    ],
}  # fmt: skip

LEFT_OUT: dict[str, dict[str, str]] = {
    "Reading changes": {
        "**DV loses changes": "a preset's pace: the full listing every 20 minutes; see the manifest",
        "SG: token and ctag are seconds": "ctag is never asked for; the report repeats, which is idempotent",
    },
    "Finding one event again": {
        "A cancelled appointment is deleted": "the engine's generation; shown where keys are derived",
    },
    "Load": {
        "PUT/s with 1": "a measurement: benchmarks show it",
    },
    "Libraries": {
        "An own thin client": "a decision, and material for tests",
        "HTTP: httpx has had no release": "a decision",
    },
    "iCloud": {
        "Deleting and recreating a calendar": "the engine's epoch and full listing; no provider can tell",
        "Limits: 50,000 calendars": "limits far above what one practice writes",
    },
    "Google (CalDAV v2)": {
        "Create: no ETag in the PUT answer": "Google is not connected by CalDAV (C242)",
    },
    "Nextcloud": {
        "Trash bin (default)": "a deleted appointment's key is never used again: generation",
    },
    "What other booking tools ran into": {
        "Apple devices: all-day events": "a setting of the connection, above the provider",
        "Doubles after booking": "one push calendar and one UID: the engine's",
    },
}  # fmt: skip


def bullets():
    """Return the bullets of the page: heading and text."""
    found, heading = [], ""
    for line in PAGE.read_text().splitlines():
        if match := HEADING.match(line):
            heading = match.group(1).strip()
        elif match := BULLET.match(line):
            found.append((heading, match.group(1)))
    return found


def named():
    """Return every row and every bullet left out: heading and how the bullet begins."""
    rows = {(heading, start) for heading, rows in ROWS.items() for start, _, _ in rows}
    return rows | {(heading, start) for heading, left in LEFT_OUT.items() for start in left}


def test_every_bullet_of_the_page_has_a_row_or_a_reason():
    without = [
        (heading, text[:60])
        for heading, text in bullets()
        if not any(heading == h and text.startswith(start) for h, start in named())
    ]

    assert without == []


def test_every_row_and_reason_names_one_bullet_of_the_page():
    counted = {
        name: sum(name[0] == heading and text.startswith(name[1]) for heading, text in bullets())
        for name in named()
    }

    assert {name: count for name, count in counted.items() if count != 1} == {}


def test_no_bullet_has_both_a_row_and_a_reason():
    both = {
        heading: {start for start, _, _ in ROWS.get(heading, [])} & set(left)
        for heading, left in LEFT_OUT.items()
    }

    assert {heading: starts for heading, starts in both.items() if starts} == {}


@pytest.mark.parametrize(
    ("module", "name"),
    sorted({(module, name) for rows in ROWS.values() for _, module, name in rows}),
)
def test_every_row_s_test_exists(module, name):
    assert callable(getattr(importlib.import_module(module), name))
