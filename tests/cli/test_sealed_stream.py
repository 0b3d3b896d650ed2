"""What is altered, cut or read with another key gives out nothing."""

import io

import pytest

from appointed.cli.sealed_stream import BLOCK_SIZE, Damaged, SealedReader, SealedWriter, WrongKey

KEY = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ23-4567"
SIZES = (0, 1, BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 1, 3 * BLOCK_SIZE)


def sealed(text: bytes, key: str = KEY) -> bytes:
    target = io.BytesIO()
    writer = SealedWriter(target, key)
    for place in range(0, len(text), 10_000):
        writer.write(text[place : place + 10_000])
    writer.finish()
    return target.getvalue()


def opened(body: bytes, key: str = KEY) -> bytes:
    return io.BufferedReader(SealedReader(io.BytesIO(body), key)).read()


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_comes_back(size):
    text = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    assert opened(sealed(text)) == text


def test_nothing_readable_is_in_it():
    assert b"Ann" not in sealed(b"Ann " * 1000)


def test_the_same_text_is_never_sealed_the_same():
    assert sealed(b"Ann") != sealed(b"Ann")


def test_a_typed_key_may_be_small_and_spaced():
    typed = KEY.lower().replace("-", " ")

    assert opened(sealed(b"Ann"), typed) == b"Ann"


def test_another_key_opens_nothing():
    with pytest.raises(WrongKey):
        opened(sealed(b"Ann"), "another key altogether")


def test_a_file_that_is_none_of_ours_is_named():
    with pytest.raises(Damaged):
        opened(b"PGDMP" * 100)


@pytest.mark.parametrize("cut", [BLOCK_SIZE + 58, 2 * (BLOCK_SIZE + 16) + 42, 100_000])
def test_a_cut_file_is_refused(cut):
    body = sealed(b"x" * 3 * BLOCK_SIZE)

    with pytest.raises((Damaged, WrongKey)):
        opened(body[:cut])


def test_a_changed_bit_is_refused():
    body = bytearray(sealed(b"x" * 3 * BLOCK_SIZE))
    body[-100] ^= 1

    with pytest.raises(Damaged):
        opened(bytes(body))


def test_swapped_blocks_are_refused():
    body = sealed(b"a" * BLOCK_SIZE + b"b" * BLOCK_SIZE + b"c")
    head, block = 42, BLOCK_SIZE + 16
    first, second = body[head : head + block], body[head + block : head + 2 * block]

    with pytest.raises((Damaged, WrongKey)):
        opened(body[:head] + second + first + body[head + 2 * block :])
