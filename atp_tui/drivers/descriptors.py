"""How many files this program may still open, counted before each attempt to open a connection.

GLib, on which libvirt's client is built, aborts the whole program where it cannot have a pipe. Nothing but not to begin
helps against that.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..model.causes import Cause
from ..model.errors import ConnectFailed
from ..model.exhausted import LIBVIRT_FILES, reserve_of, too_many_files
from ..transport.driver import Progress

LIBVIRT = LIBVIRT_FILES
"""What one libvirt connection keeps open: its socket, our duplicate of that, and the pipe of its event loop."""

BRIDGED = LIBVIRT + 4
"""What it takes over SSH or TLS: its socket's other end, the socket to the host, and for a moment one that listens in a
locked directory."""

SSH = 2
"""What an SSH connection takes: its socket, and for a moment a file, an agent or a pipe."""


FULL_FOR = 1.0
"""Seconds for which it is taken as full, once counted and while no attempt ends: to count 20,000 files takes 17 ms, and
thousands of hosts may ask again each ten seconds."""


class Descriptors:
    """The files that this process may open and has open, for all connections of one event loop.

    An attempt is promised what it needs until it has ended; what it has opened by then is counted. To count takes
    longer the more there are, so half of what was found free is given away before the next count.
    """

    def __init__(self) -> None:
        self._promised = 0
        self._uncounted = 0
        self._full_until = float("-inf")
        self._settled = asyncio.Event()

    @asynccontextmanager
    async def room(self, needed: int, progress: Progress) -> AsyncIterator[None]:
        """Hold room for so many files while an attempt is made. Raises ConnectFailed where there is none.

        While attempts are under way that may yet fail, it is waited for; `progress` has the reason then.
        """
        while not self._take(needed):
            if not self._promised:
                raise ConnectFailed(too_many_files(_limit()), kind=Cause.THIS_MACHINE)
            before = progress.known, progress.kind
            progress.known, progress.kind = too_many_files(_limit()), Cause.THIS_MACHINE
            self._settled.clear()
            await self._settled.wait()
            progress.known, progress.kind = before
        self._promised += needed
        try:
            yield
        finally:
            self._promised -= needed
            self._full_until = float("-inf")
            if not self._promised:
                self._settled.set()

    def _take(self, needed: int) -> bool:
        if self._uncounted >= needed:
            self._uncounted -= needed
            return True
        now = asyncio.get_running_loop().time()
        if now < self._full_until:
            return False
        free = _limit() - reserve_of(_limit()) - in_use() - self._promised
        self._uncounted = max(0, free // 2 - needed)
        if free < needed:
            self._full_until = now + FULL_FOR
        return free >= needed


def _limit() -> int:
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def in_use() -> int:
    """How many files this process has open; the lowest free number where nobody tells, and all where none is free."""
    try:
        return len(os.listdir("/dev/fd")) - 1  # without the one that it is listed by
    except OSError:
        pass
    try:
        lowest = os.open(os.devnull, os.O_RDONLY)
    except OSError:
        return _limit()
    os.close(lowest)
    return lowest
