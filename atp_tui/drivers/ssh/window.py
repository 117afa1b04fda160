"""What a channel lets the far side send: as much again as was taken from it, and not what still waits here.

asyncssh grants anew what it has received. While reading is paused that piles up in the channel's buffer, and at each
resuming one piece is delivered and the whole window granted once more: a reader who is slower than the host would have
all of the output in this program's memory (seen with 2.24: 1 MB for each MB that came).

What waits is counted in bytes, and costs by the piece: a window of 2 MiB that comes byte by byte would be 200 MB. So
small pieces that wait are joined.
"""

from __future__ import annotations

import weakref
from typing import Any

from asyncssh.channel import SSHChannel

_SMALL = 1024
"""Bytes of a piece that still grows while it waits."""


def grant_what_is_taken(channel: SSHChannel[Any]) -> None:
    """Have the window of a channel cover what waits in its buffer, from its first byte on."""
    whole = channel._init_recv_window
    granted, taken = whole, 0
    alive = weakref.ref(channel)  # nobody waits for the collector of cycles

    def deliver(data: bytes, datatype: int | None) -> None:
        nonlocal granted, taken
        here = alive()
        if here is None:
            return
        taken += len(data)
        waiting = granted - here._recv_window - taken  # has come, and was not taken
        here._recv_window = unused = here._recv_window + waiting
        try:
            SSHChannel._deliver_data(here, data, datatype)
        finally:
            granted += here._recv_window - unused
            here._recv_window -= waiting

    def accept(data: bytes, datatype: int | None = None) -> None:
        here = alive()
        if here is None:
            return
        SSHChannel._accept_data(here, data, datatype)
        waiting = here._recv_buf
        if len(waiting) > 1 and len(waiting[-2][0]) < _SMALL and waiting[-2][1] == datatype:
            last, _ = waiting.pop()
            waiting[-1] = (waiting[-1][0] + last, datatype)

    channel._deliver_data = deliver  # type: ignore[method-assign]
    channel._accept_data = accept  # type: ignore[method-assign]
