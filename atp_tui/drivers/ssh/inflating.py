"""What a compressed packet may become: asyncssh inflates all of it, and 256 KiB may be 256 MiB of zeros.

Only where ssh_config asks for compression (options.COMPRESSION) does a peer get to send any.
"""

from __future__ import annotations

import zlib

from asyncssh import compression

MOST_INFLATED = 1 << 20
"""Bytes of a packet. OpenSSH makes none of more than 256 KiB (PACKET_MAX_SIZE in packet.c)."""


class Inflating(compression.Decompressor):
    """zlib, as far as MOST_INFLATED goes."""

    def __init__(self) -> None:
        self._inflating = zlib.decompressobj()

    def decompress(self, data: bytes) -> bytes | None:
        """The packet; None, which ends the connection, where it is too large or no zlib."""
        try:
            found = self._inflating.decompress(data, MOST_INFLATED)
        except zlib.error:
            return None
        return None if self._inflating.unconsumed_tail else found


def bound_inflating() -> None:
    """Have asyncssh's connections take no larger packets. Once more does no harm."""
    for name in (b"zlib", b"zlib@openssh.com"):
        compression._cmp_decompressors[name] = Inflating
