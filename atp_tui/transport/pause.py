"""The pause between two attempts, which a person's wish ends, and good news shortens."""

from __future__ import annotations

import asyncio

from .clock import Clock, TimerHandle


class Pause:
    """At most one sleep at a time."""

    __slots__ = ("_clock", "_timer", "_wake")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wake: asyncio.Future[None] | None = None
        self._timer: TimerHandle | None = None

    @property
    def is_on(self) -> bool:
        """Whether somebody sleeps."""
        return self._wake is not None

    async def sleep(self, delay: float) -> None:
        """Sleep `delay` seconds, none where it is negative, or until `end` is called."""
        self._wake = asyncio.get_running_loop().create_future()
        self._set_timer(delay)
        try:
            await self._wake
        finally:
            self._stop_timer()
            self._wake = None

    def change(self, delay: float) -> None:
        """Let the sleeper sleep `delay` seconds from now on instead of its rest, if there is one."""
        if self._wake is not None:
            self._stop_timer()
            self._set_timer(delay)

    def _set_timer(self, delay: float) -> None:
        self._timer = self._clock.call_later(max(0.0, delay), self.end)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def end(self) -> None:
        """Wake the sleeper, if there is one."""
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
