"""The table of errors: each code of the journeys for CalDAV and iCloud, planted and heard."""

# ruff: noqa: ARG001 - every fault is planted by the same call

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler

import pytest

from appointed.providers import registry
from appointed.providers.caldav.auth import Settings
from appointed.providers.icloud.provider import connect as connect_icloud
from appointed.providers.port import (
    AddressRefused,
    CalendarGone,
    CredentialsRejected,
    ProviderUnavailable,
    RateLimited,
    ReadOnly,
)
from appointed.providers.texts import TEXTS, sentence
from appointed_standins.caldav.quirks import Discovery
from contract.verbs import create
from support.caldav_servers import free_port
from support.fault_proxy import Answer, Hold
from support.tls import certificate, tls_server

ALLOWED = Settings(allowed_private=["127.0.0.1"])


def provider_at(url, settings=ALLOWED, password="secret-a"):
    return registry.connect(
        "caldav", {"url": url, "username": "alice", "password": password}, settings
    )


def sign_in(provider):
    try:
        provider.check_credentials()
    finally:
        provider.close()


def apple_refuses(world, tmp_path):
    sign_in(connect_icloud(username="a", password="no", settings=ALLOWED, url=world.proxy.url))


def apple_refuses_later(world, tmp_path):
    settings = Settings(allowed_private=["127.0.0.1"], worked_until="12 November 2026")
    sign_in(connect_icloud(username="a", password="no", settings=settings, url=world.proxy.url))


def no_caldav(world, tmp_path):
    world.quirks.discovery = Discovery.NOWHERE
    sign_in(provider_at(world.proxy.url))


def google(world, tmp_path):
    sign_in(provider_at("https://apidata.googleusercontent.com/caldav/v2/x/user"))


def private_address(world, tmp_path):
    sign_in(provider_at(world.proxy.url, Settings()))


def private_by_redirect(world, tmp_path):
    world.proxy.plant(Answer(302, {"Location": "https://192.168.7.7/"}), times=9)
    sign_in(provider_at(world.proxy.url))


def private_by_name(world, tmp_path):
    sign_in(provider_at("https://localhost/", Settings()))


def read_only(world, tmp_path):
    world.quirks.read_only = True
    create(world)


def wrong_password(world, tmp_path):
    sign_in(provider_at(world.proxy.url, password="wrong"))


def untrusted(world, tmp_path):
    with tls_server(BaseHTTPRequestHandler, *certificate(tmp_path)) as url:
        sign_in(provider_at(url))


def no_calendars(world, tmp_path):
    world.server.store.calendars.clear()
    world.provider.list_calendars()


def nobody_there(world, tmp_path):
    sign_in(provider_at(f"http://127.0.0.1:{free_port()}/"))


def silent(world, tmp_path):
    release = threading.Event()
    world.proxy.plant(Hold(release), times=99)
    try:
        sign_in(world.connect(silence=0.2))
    finally:
        release.set()


def unknown_name(world, tmp_path):
    sign_in(provider_at("https://calendar.invalid/"))


def told_to_wait(world, tmp_path):
    world.proxy.plant(Answer(503, {"Retry-After": "60"}), times=99)
    world.provider.check_credentials()


TABLE = {
    "Apple refuses": ("C221", apple_refuses, CredentialsRejected),
    "Apple refuses what worked": ("C222", apple_refuses_later, CredentialsRejected),
    "no CalDAV": ("C241", no_caldav, AddressRefused),
    "Google": ("C242", google, AddressRefused),
    "private address": ("C243", private_address, AddressRefused),
    "private by redirect": ("C243", private_by_redirect, AddressRefused),
    "private by name": ("C243", private_by_name, AddressRefused),
    "read only": ("C244", read_only, ReadOnly),
    "wrong password": ("C245", wrong_password, CredentialsRejected),
    "untrusted certificate": ("C246", untrusted, ProviderUnavailable),
    "no calendars": ("C247", no_calendars, CalendarGone),
    "nobody there": ("C291", nobody_there, ProviderUnavailable),
    "silence": ("C291", silent, ProviderUnavailable),
    "unknown name": ("C291", unknown_name, ProviderUnavailable),
    "told to wait": ("C292", told_to_wait, RateLimited),
}

ELSEWHERE = {
    "C231": "Exchange", "C232": "Exchange", "C233": "Exchange", "C234": "Exchange",
    "C293": "the engine: it knows who connected the account before",
    "C294": "the engine: it knows what a connection is for",
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_each_fault_has_its_code_and_sentence(quirky, tmp_path, case):
    code, plant, kind = TABLE[case]
    world = quirky()

    with pytest.raises(kind) as raised:
        plant(world, tmp_path)

    error = raised.value
    assert type(error) is kind
    assert error.code == code
    assert sentence(code, error.facts)
    assert "127.0.0.1" not in error.message
    assert "secret" not in error.message


def test_every_code_has_a_row_or_belongs_elsewhere():
    planted = {code for code, _, _ in TABLE.values()}

    assert planted | ELSEWHERE.keys() == TEXTS.keys()
    assert planted & ELSEWHERE.keys() == set()


def test_a_sentence_names_what_the_page_knows():
    told = sentence("C245", {"host": "cloud.example"})

    assert told == "Cloud.example refused user or password. Some servers need an app password."


def test_a_certificate_that_an_administrator_added_is_trusted(quirky, tmp_path):
    world = quirky()
    pem, secret = certificate(tmp_path)

    class Front(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format, *args):  # noqa: A002 - its base names it
            pass

        def __getattr__(self, name):
            if name.startswith("do_"):
                return self._handle
            raise AttributeError(name)

        def _handle(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = world.proxy.forward(self.command, self.path, dict(self.headers), body)
            self.send_response(reply.status)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

    settings = Settings(allowed_private=["127.0.0.1"], certificates=pem.read_text())
    with tls_server(Front, pem, secret) as url:
        provider = provider_at(url, settings)

        facts = provider.check_credentials()

        provider.close()
    assert facts.label == "alice"
