"""Presets: servers that people know by name, and how they like to be asked."""

import pytest

from appointed.providers.caldav.manifest import MANIFEST, pace_of

NAMES = {
    "Nextcloud", "Fastmail", "mailbox.org", "Posteo", "Zoho", "Synology", "Radicale", "SOGo",
    "Other",
}  # fmt: skip


def test_the_servers_of_the_connect_page_are_there():
    assert {preset.label for preset in MANIFEST.presets} >= NAMES


@pytest.mark.parametrize(
    ("url", "writers"),
    [
        ("https://dav.mailbox.org/caldav/", 1),
        ("https://groupware.example/SOGo/dav/ann/", 2),
        ("https://cloud.example/remote.php/dav/", 4),
    ],
)
def test_a_server_known_by_its_address_is_asked_as_it_likes(url, writers):
    assert pace_of(url).writers == writers


def test_a_server_that_loses_changes_is_listed_often():
    assert pace_of("https://dav.example/caldav.php/ann/").list_every <= 30 * 60
