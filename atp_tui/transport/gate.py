"""A limit on how many connections are being opened at a time, which silent hosts cannot fill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .clock import Clock

PATIENCE = 0.5
"""Seconds after which an opening that has not ended lends its place to the next one. It waits for a peer then, and is
no load on anybody; if it kept its place, 16 silent hosts would hold up all others for connect_timeout. The limit thus
bounds how fast openings begin: `limit` at once, and `limit` more per PATIENCE."""


class Gate:
    """At most `limit` openings in their first moments; first come, first served."""

    def __init__(self, limit: int, clock: Clock, *, patience: float = PATIENCE) -> None:
        self.limit = limit
        self.under_way = 0
        self._clock = clock
        self._patience = patience
        self._places = asyncio.Semaphore(limit)

    def sibling(self, limit: int) -> Gate:
        """Another gate with the same clock and patience."""
        return Gate(limit, self._clock, patience=self._patience)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place, and hold it through the block or until patience ends."""
        await self._places.acquire()
        held = True

        def give_back() -> None:
            nonlocal held
            if held:
                held = False
                self._places.release()

        timer = self._clock.call_later(self._patience, give_back)
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1
            timer.cancel()
            give_back()
