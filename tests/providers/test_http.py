"""The client's limits: size, time, compression, origins; over real sockets on loopback."""

import gzip
import socket
import threading
import time
from contextlib import contextmanager

import httpx2
import pytest

from appointed.providers.addresses import AddressGuard
from appointed.providers.http import (
    Access,
    AnswerLost,
    AnswerTooLarge,
    HttpClient,
    Limits,
    NotSent,
    RedirectRefused,
)
from appointed.providers.port import AddressRefused

GUARD = AddressGuard(["127.0.0.1"])


@contextmanager
def raw_server(talk):
    """Serve one connection after another with `talk(connection)`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        stop = threading.Event()

        def serve():
            while not stop.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        connection.recv(65536)
                        talk(connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def client_for(url, **limits):
    return HttpClient(Access(url, "u", "p"), guard=GUARD, limits=Limits(**limits))


def get(client, url):
    try:
        return client.send("GET", url, headers={})
    finally:
        client.close()


def answer(body, *headers):
    head = ("HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", "")
    return "\r\n".join(head).encode() + body


def test_a_packed_answer_is_unpacked():
    packed = gzip.compress(b"hello " * 999)

    with raw_server(lambda c: c.sendall(answer(packed, "Content-Encoding: gzip"))) as url:
        got = get(client_for(url), url)

    assert got.body == b"hello " * 999


def test_a_small_answer_that_unpacks_to_a_huge_one_is_given_up():
    bomb = gzip.compress(bytes(64 * 1024 * 1024))

    with (
        raw_server(lambda c: c.sendall(answer(bomb, "Content-Encoding: gzip"))) as url,
        pytest.raises(AnswerTooLarge),
    ):
        get(client_for(url, answer=1_000_000), url)

    assert len(bomb) < 100_000


def test_a_large_answer_is_given_up():
    with (
        raw_server(lambda c: c.sendall(answer(bytes(2_000_000)))) as url,
        pytest.raises(AnswerTooLarge),
    ):
        get(client_for(url, answer=1_000_000), url)


def test_broken_compression_is_no_answer():
    with (
        raw_server(lambda c: c.sendall(answer(b"nonsense", "Content-Encoding: gzip"))) as url,
        pytest.raises(AnswerLost),
    ):
        get(client_for(url), url)


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_answer_that_drips_is_given_up_in_time(start):
    def drip(connection):
        connection.sendall(start)
        for _ in range(200):
            connection.sendall(b"x")
            time.sleep(0.02)  # the slow server itself, not a wait of the test

    with raw_server(drip) as url:
        began = time.monotonic()
        with pytest.raises(AnswerLost):
            get(client_for(url, silence=1.0, whole=0.3), url)

    assert time.monotonic() - began < 10


def test_silence_is_given_up_and_its_outcome_unknown():
    release = threading.Event()

    with raw_server(lambda _: release.wait(10)) as url:
        try:
            with pytest.raises(AnswerLost):
                get(client_for(url, silence=0.2), url)
        finally:
            release.set()


def test_nobody_there_means_that_nothing_was_sent():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

    with pytest.raises(NotSent):
        get(client_for(url), url)


def test_a_private_address_is_refused_before_anything_is_sent():
    seen = []

    with raw_server(seen.append) as url:
        client = HttpClient(Access(url, "u", "p"), guard=AddressGuard())
        with pytest.raises(AddressRefused):
            get(client, url)

    assert seen == []


class Recorder(httpx2.BaseTransport):
    """Answers by a table of places, and keeps what it was asked."""

    def __init__(self, places):
        self.places = places
        self.asked = []

    def handle_request(self, request):
        self.asked.append(request)
        place = self.places.get(str(request.url))
        headers = {"Location": place} if place else {}
        return httpx2.Response(
            302 if place else 200, headers=headers, stream=httpx2.ByteStream(b"")
        )


def public(*addresses):
    return AddressGuard((), lambda *_: addresses or ("9.9.9.9",))


def follow(url, places, **access):
    transport = Recorder(places)
    client = HttpClient(Access(url, "u", "p", **access), guard=public(), transport=transport)
    try:
        client.follow("PROPFIND", url, headers={"Depth": "0"}, content=b"<x/>")
    finally:
        client.close()
    return [(r.method, str(r.url), r.headers.get("authorization")) for r in transport.asked]


BASIC = "Basic dTpw"


def test_a_redirect_keeps_method_body_and_credentials_at_the_same_origin():
    asked = follow("https://a.example/", {"https://a.example/": "/dav/"})

    assert asked == [
        ("PROPFIND", "https://a.example/", BASIC),
        ("PROPFIND", "https://a.example/dav/", BASIC),
    ]


@pytest.mark.parametrize(
    "place", ["https://b.example/", "https://a.example:8443/", "//b.example/", "ftp://a.example/"]
)
def test_another_origin_is_not_followed(place):
    with pytest.raises((RedirectRefused, AddressRefused)):
        follow("https://a.example/", {"https://a.example/": place})


def test_a_host_that_the_provider_names_is_followed():
    asked = follow(
        "https://a.example/",
        {"https://a.example/": "https://p1.b.example/"},
        hosts=(".b.example",),
    )

    assert asked[-1] == ("PROPFIND", "https://p1.b.example/", BASIC)


def test_a_step_down_from_tls_is_taken_back():
    asked = follow("https://a.example/", {"https://a.example/": "http://a.example/dav/"})

    assert asked[-1][1] == "https://a.example/dav/"


def test_nothing_secret_shows_in_a_repr():
    access = Access("https://a.example/", "alice", "hidden-password")

    assert "hidden-password" not in repr(access)
    assert "alice" not in repr(access)
