"""How a command is ended that still runs: by its guard, else by SSH's own signals."""

from __future__ import annotations

import asyncio

import asyncssh

from .guard import KILL_AFTER, Ward
from .sessions import send_signal

CUT_AFTER = 0.5
"""Seconds between the order to kill a command and the end of its channel.

Both at once would be a race where commands lead no session of their own (dropbear): a command that writes dies of its
closed output, and the guard would find no descendants of it any more.
"""

_Channel = asyncssh.SSHClientChannel[bytes]


def cut_short(channel: _Channel, ward: Ward | None) -> None:
    """End what runs on a channel, and the channel. Returns at once.

    Without a guard (`ward` None): by SSH's signals, which OpenSSH passes on to a command's group from 7.9 on, but not
    to a forced command, nor where the user is root.
    """
    loop = asyncio.get_running_loop()
    if ward is not None:
        ward.kill()
        loop.call_later(CUT_AFTER, channel.abort)
        return
    send_signal(channel, "TERM")

    def kill() -> None:
        send_signal(channel, "KILL")
        channel.abort()

    loop.call_later(KILL_AFTER, kill)
