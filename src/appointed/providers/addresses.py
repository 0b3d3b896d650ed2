"""Which addresses on the network we may talk to: public ones, and those the setting allows."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from appointed.providers.port import AddressRefused
from appointed.providers.texts import fault

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Sequence[str]]

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class NoSuchHost(OSError):
    """The name has no address."""


def resolve(host: str, port: int) -> Sequence[str]:
    """Return every address of `host`, in the order in which they should be tried.

    Raises: `NoSuchHost`.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoSuchHost(host) from error
    return tuple(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


@dataclass(frozen=True, slots=True)
class AddressGuard:
    """Says where a connection may go; `allowed` holds hosts and networks of the setting.

    A name is resolved once, every address that it has is checked, and the caller connects to
    one of the checked addresses: a name that answers differently the second time gains nothing.
    """

    allowed: Sequence[str] = ()
    resolver: Resolver = resolve
    _networks: tuple[Network, ...] = field(init=False, default=())
    _names: frozenset[str] = field(init=False, default=frozenset())

    def __post_init__(self) -> None:
        """Sort the entries of the setting into networks and names."""
        networks = tuple(n for n in map(_network, self.allowed) if n is not None)
        names = frozenset(entry.strip().lower() for entry in self.allowed if not _network(entry))
        object.__setattr__(self, "_networks", networks)
        object.__setattr__(self, "_names", names)

    def checked(self, host: str, port: int, *, plain: bool) -> Sequence[str]:
        """Return the addresses of `host`, all of them checked; `plain` asks for allowed ones only.

        Raises: `AddressRefused` (C243), `NoSuchHost`.
        """
        addresses = self.resolver(host, port)
        if not addresses:
            raise NoSuchHost(host)
        if host.lower() not in self._names:
            for address in addresses:
                self._check(host, _unwrapped(address), plain=plain)
        return addresses

    def allows_plain(self, host: str, port: int) -> bool:
        """Say whether the setting allows to talk to `host` without TLS."""
        if host.lower() in self._names:
            return True
        try:
            addresses = self.resolver(host, port) if self._networks else ()
        except NoSuchHost:
            return False
        return bool(addresses) and all(self._listed(_unwrapped(one)) for one in addresses)

    def _check(self, host: str, address: Address, *, plain: bool) -> None:
        if self._listed(address):
            return
        if plain or not address.is_global or address.is_multicast or _is_disguised(address):
            raise fault(AddressRefused, "C243", host=host)

    def _listed(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


DISGUISES = tuple(ipaddress.ip_network(n) for n in ("fec0::/10", "64:ff9b::/32", "::/96"))
"""Where an address of an inner network can hide although it counts as public."""


def _is_disguised(address: Address) -> bool:
    return any(address in network for network in DISGUISES if network.version == address.version)


def _network(entry: str) -> Network | None:
    try:
        return ipaddress.ip_network(entry.strip().strip("[]"), strict=False)
    except ValueError:
        return None


def _unwrapped(text: str) -> Address:
    """Return the address that packets reach: an IPv4 one may hide in an IPv6 one."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
