"""The pause between two attempts, which a person's wish ends."""

from __future__ import annotations

import asyncio

from .clock import Clock


class Pause:
    """At most one sleep at a time."""

    __slots__ = ("_clock", "_wake")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wake: asyncio.Future[None] | None = None

    @property
    def is_on(self) -> bool:
        """Whether somebody sleeps."""
        return self._wake is not None

    async def sleep(self, delay: float) -> None:
        """Sleep `delay` seconds, none where it is negative, or until `end` is called."""
        self._wake = asyncio.get_running_loop().create_future()
        timer = self._clock.call_later(max(0.0, delay), self.end)
        try:
            await self._wake
        finally:
            timer.cancel()
            self._wake = None

    def end(self) -> None:
        """Wake the sleeper, if there is one."""
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
