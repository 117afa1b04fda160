"""Time as a port, so that every delay can be tested without waiting for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from functools import partial
from typing import Any, Protocol, TypeVar

from .rounds import Rounds

T = TypeVar("T")


class TimerHandle(Protocol):
    """A call that has been put off and can be called off."""

    def cancel(self) -> None: ...


class Timeout(AbstractAsyncContextManager["Timeout"], Protocol):
    """A block with a time limit, as asyncio.timeout gives it."""

    def expired(self) -> bool:
        """Whether the limit has passed: tells this TimeoutError from one raised inside the block."""
        ...

    def when(self) -> float | None:
        """The moment of the event loop at which it passes; None: never."""
        ...

    def reschedule(self, when: float | None) -> None:
        """Have it pass at another moment. Raises RuntimeError where it has passed, or its block has ended."""
        ...


class Clock(Protocol):
    """The program's clock. Its moments are instants in seconds, which never go back."""

    def monotonic(self) -> float:
        """Seconds since 1970 as the machine had them when the program started, and even ones since, asleep or awake.

        The difference of two is the time between them, whatever was done to the time of day. Another program on the
        same machine, and a surface in another process, has about the same ones.
        """
        ...

    def wall(self) -> float:
        """Seconds since 1970, for showing only: it may leap."""
        ...

    async def sleep(self, delay: float) -> None: ...
    def call_later(self, delay: float, callback: Callable[[], object], slack: float = 0.0) -> TimerHandle:
        """Call back after `delay` seconds, or up to `slack` seconds later, to share a wake-up with other timers."""
        ...

    def timeout(self, delay: float | None) -> Timeout:
        """Raises TimeoutError in the block after `delay` seconds; None never."""
        ...


boot_seconds = partial(time.clock_gettime, time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
"""Seconds since the machine was started, those that it slept included: CLOCK_BOOTTIME, see clock_gettime(2).

Where the system has no such clock, time.monotonic(), which on Linux stands still while the machine sleeps. It is asked
some ten times for each sample of a host, so it is no function in Python."""

_BEGAN = time.time() - boot_seconds()


def instant() -> float:
    """This moment, as Clock.monotonic tells it."""
    return boot_seconds() + _BEGAN


class SleepCountingLoop(asyncio.SelectorEventLoop):
    """An event loop whose timers fall due by the time that has really passed, though the machine slept meanwhile.

    The kernel still wakes it by CLOCK_MONOTONIC, so what fell due in a sleep is late by what its wait had left.
    """

    def time(self) -> float:
        return boot_seconds()


@contextmanager
def stopped(limit: Timeout) -> Iterator[None]:
    """A time limit does not pass while the block lasts; what was left of it is left afterwards."""
    now, when = asyncio.get_running_loop().time, limit.when()
    if when is None or limit.expired():
        yield
        return
    left = when - now()
    limit.reschedule(None)
    try:
        yield
    finally:
        limit.reschedule(now() + left)


def run_awake(main: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run, on a SleepCountingLoop."""
    with asyncio.Runner(loop_factory=SleepCountingLoop) as runner:
        return runner.run(main)


class LoopClock:
    """The clock of the running event loop, and of no other one."""

    def __init__(self) -> None:
        self._rounds = Rounds()

    monotonic = staticmethod(instant)
    wall = staticmethod(time.time)

    async def sleep(self, delay: float) -> None:
        await asyncio.sleep(delay)

    def call_later(self, delay: float, callback: Callable[[], object], slack: float = 0.0) -> TimerHandle:
        if slack > 0:
            return self._rounds.call_later(delay, slack, callback)
        return asyncio.get_running_loop().call_later(delay, callback)

    def timeout(self, delay: float | None) -> Timeout:
        return asyncio.timeout(delay)
