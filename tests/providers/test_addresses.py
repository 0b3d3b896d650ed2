"""Which addresses may be talked to: public ones, and those that the setting names."""

import pytest

from appointed.providers.addresses import AddressGuard, NoSuchHost
from appointed.providers.port import AddressRefused


def guard(*addresses, allowed=()):
    return AddressGuard(allowed, lambda *_: addresses)


PRIVATE = (
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1",  # noqa: S104 - refused, not bound
    "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001:0:0:0:0:0:f5ff:fffe", "ff02::1",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_refused(address):
    with pytest.raises(AddressRefused) as refused:
        guard(address).checked("cloud.example", 443, plain=False)

    assert refused.value.code == "C243"
    assert refused.value.facts == {"host": "cloud.example"}


@pytest.mark.parametrize("address", ["9.9.9.9", "2620:fe::fe", "::ffff:9.9.9.9"])
def test_a_public_address_is_taken(address):
    assert guard(address).checked("cloud.example", 443, plain=False) == (address,)


def test_one_private_address_among_public_ones_spoils_the_name():
    with pytest.raises(AddressRefused):
        guard("9.9.9.9", "10.0.0.1").checked("cloud.example", 443, plain=False)


ALLOWED = {
    "the address": ("192.168.1.7",),
    "its network": ("192.168.0.0/16",),
    "the name": ("nas.example",),
    "with blanks": (" 192.168.1.7 ",),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_what_the_setting_names_is_taken_with_and_without_tls(case):
    permitting = guard("192.168.1.7", allowed=ALLOWED[case])

    assert permitting.checked("nas.example", 80, plain=True) == ("192.168.1.7",)
    assert permitting.allows_plain("nas.example", 80)


def test_a_public_address_is_not_talked_to_without_tls():
    with pytest.raises(AddressRefused):
        guard("9.9.9.9", allowed=["10.0.0.0/8"]).checked("cloud.example", 80, plain=True)

    assert not guard("9.9.9.9", allowed=["10.0.0.0/8"]).allows_plain("cloud.example", 80)


def test_a_name_that_answers_otherwise_the_second_time_gains_nothing():
    answers = iter([("10.0.0.1",), ("9.9.9.9",)])
    changing = AddressGuard(["10.0.0.0/8"], lambda *_: next(answers))

    assert changing.allows_plain("rebind.example", 80)
    with pytest.raises(AddressRefused):
        changing.checked("rebind.example", 80, plain=True)


def test_a_name_without_addresses_is_nobody():
    with pytest.raises(NoSuchHost):
        guard().checked("cloud.example", 443, plain=False)
