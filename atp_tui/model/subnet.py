"""The subnet of an address, as far as an address alone tells: what a switch, a rack or a site usually has in common."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network

PREFIX = {4: 24, 6: 64}
"""The bits of an address that hosts of one subnet have in common."""


@lru_cache(maxsize=16384)
def subnet_of(address: str) -> str | None:
    """The subnet of a numeric address, `192.0.2.0/24`, with its zone where it has one; None of a name."""
    numeric, mark, zone = address.partition("%")
    try:
        version = ip_address(numeric).version
    except ValueError:
        return None
    return f"{ip_network((numeric, PREFIX[version]), strict=False)}{mark}{zone}"
