"""What asyncssh writes in one turn of the event loop leaves as one piece.

asyncssh sends each packet by itself, and before each an empty one (SSH_MSG_IGNORE): ten system calls and segments for a
guarded command that says nothing, where three are enough, and the far side wakes up for each. On the loopback they were
the dearest part of a command: 0.02 to 0.05 ms each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_MOST_HELD = 64 * 1024
"""Bytes from which on nothing is held back."""


class TurnTransport:
    """A connection's transport that passes on what was written at the end of the turn, and before its own end.

    Where more than `most` bytes wait for the peer after that, `untaken` is called.
    """

    def __init__(self, transport: asyncio.Transport, most: int, untaken: Callable[[], object]) -> None:
        self._transport = transport
        self._most = most
        self._untaken = untaken
        self._loop = asyncio.get_running_loop()
        self._held: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        if not self._held:
            self._loop.call_soon(self._pass_on)
        self._held.append(data)
        self._size += len(data)
        if self._size >= _MOST_HELD:
            self._pass_on()

    def close(self) -> None:
        self._pass_on()
        self._transport.close()

    def abort(self) -> None:
        self._pass_on()
        self._transport.abort()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _pass_on(self) -> None:
        if self._held:
            data = b"".join(self._held)
            self._held.clear()
            self._size = 0
            with suppress(ConnectionError):  # a jump host's channel has ended: asyncssh hears of it by itself
                self._transport.write(data)
                if self._transport.get_write_buffer_size() > self._most:
                    self._untaken()
