"""What a channel lets the far side send: as much again as was taken from it, and not what still waits here.

asyncssh grants anew what it has received. While reading is paused that piles up in the channel's buffer, and at each
resuming one piece is delivered and the whole window granted once more: a reader who is slower than the host would have
all of the output in this program's memory (seen with 2.24: 1 MB for each MB that came).
"""

from __future__ import annotations

import weakref
from typing import Any

from asyncssh.channel import SSHChannel


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

    channel._deliver_data = deliver  # type: ignore[method-assign]
