"""Time as a port, so that every delay can be tested without waiting for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol


class TimerHandle(Protocol):
    """A call that has been put off and can be called off."""

    def cancel(self) -> None: ...


class Timeout(AbstractAsyncContextManager["Timeout"], Protocol):
    """A block with a time limit, as asyncio.timeout gives it."""

    def expired(self) -> bool:
        """Whether the limit has passed: tells this TimeoutError from one raised inside the block."""
        ...


class Clock(Protocol):
    """Moments are seconds of a monotonic clock: only their differences mean anything."""

    def monotonic(self) -> float: ...
    def wall(self) -> float:
        """Seconds since 1970, for showing only: it may leap."""
        ...

    async def sleep(self, delay: float) -> None: ...
    def call_later(self, delay: float, callback: Callable[[], object]) -> TimerHandle: ...
    def timeout(self, delay: float | None) -> Timeout:
        """Raises TimeoutError in the block after `delay` seconds; None never."""
        ...


class LoopClock:
    """The clock of the running event loop."""

    def monotonic(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()

    async def sleep(self, delay: float) -> None:
        await asyncio.sleep(delay)

    def call_later(self, delay: float, callback: Callable[[], object]) -> TimerHandle:
        return asyncio.get_running_loop().call_later(delay, callback)

    def timeout(self, delay: float | None) -> Timeout:
        return asyncio.timeout(delay)
