"""Whom an address on the internet stands for, where somebody is counted by it."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Final

_INSIDE: Final = tuple(
    ipaddress.ip_network(one)
    for one in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"),
        *("::/64", "fc00::/7", "fe80::/10"),
    )
)
"""Networks whose addresses are no visitor's own: behind one of them stands a proxy, or a whole house."""


def party_of(remote: str) -> str:
    """The address; of IPv6 its network of 64 bits, in which one house has as many addresses as it likes.

    Empty if it is no address.

    >>> party_of("2001:db8::17"), party_of("203.0.113.9"), party_of("::ffff:203.0.113.9")
    ('2001:db8::/64', '203.0.113.9', '203.0.113.9')
    """
    try:
        address = ipaddress.ip_address(remote.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    mapped = address.ipv4_mapped
    return str(mapped) if mapped is not None else str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))


@lru_cache(maxsize=1024)
def whose(remote: str) -> str:
    """The same; empty, too, if it lies in a network where it is nobody's own.

    >>> whose("10.0.0.7"), whose("::1"), whose("8.8.8.8")
    ('', '', '8.8.8.8')
    """
    party = party_of(remote)
    first = ipaddress.ip_network(party)[0] if party else None
    return "" if any(first in network for network in _INSIDE if first is not None) else party
