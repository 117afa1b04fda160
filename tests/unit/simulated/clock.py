"""A clock that a test moves by hand: a simulated minute takes no time."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable

from atp_tui.transport.clock import LoopClock


class _Timer:
    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        self.callback = None


class FakeClock(LoopClock):
    """The Clock port; it stands still but for `advance`. (`timeout` is the loop's: the simulation uses none.)"""

    def __init__(self) -> None:
        super().__init__()
        self._now = 1000.0
        self._order = itertools.count()
        self._timers: list[tuple[float, int, _Timer]] = []

    def monotonic(self) -> float:
        return self._now

    def wall(self) -> float:
        return self._now + 1_700_000_000

    def call_later(self, delay: float, callback: Callable[[], object], slack: float = 0.0) -> _Timer:
        timer = _Timer(callback)
        heapq.heappush(self._timers, (self._now + delay, next(self._order), timer))
        return timer

    async def sleep(self, delay: float) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.call_later(delay, lambda: None if done.done() else done.set_result(None))
        try:
            await done
        finally:
            timer.cancel()

    async def advance(self, seconds: float) -> None:
        """Let this much time pass, and everything happen that was due in it, in order."""
        until = self._now + seconds
        await self._settle()
        while self._timers and self._timers[0][0] <= until:
            self._now, _, timer = heapq.heappop(self._timers)
            if timer.callback is not None:
                timer.callback()
            await self._settle()
        self._now = until

    @property
    def pending(self) -> int:
        """Timers that wait and were not called off."""
        return sum(timer.callback is not None for _, _, timer in self._timers)

    async def _settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)
