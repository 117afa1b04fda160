"""A time limit on work that may wait for its own end, once it is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from contextvars import ContextVar, Token
from types import TracebackType

LOOK_AGAIN = 0.1
"""Seconds after which a limit that has passed looks again whether the work is still being cancelled."""

MOST_LOOKS = 100
"""Looks after which it comes all the same, in 10 s: no end is waited for longer than 5 s, so the work has swallowed its
cancel and goes on."""


_around: ContextVar[tuple[TimeLimit, ...]] = ContextVar("time limits around", default=())


@contextmanager
def unhurried() -> Iterator[None]:
    """The time limits around this block stand still in it: a person is asked, whose time is not the host's."""
    limits = _around.get()
    for each in limits:
        each.stop()
    try:
        yield
    finally:
        for each in limits:
            each.go_on()


class TimeLimit(AbstractAsyncContextManager["TimeLimit"]):
    """asyncio.timeout, but for work that is being cancelled already: that would take the limit's cancel for a second
    one, which ends its wait for its end (see model.ending). Then it comes after MOST_LOOKS at the latest.

    `delay` in seconds of the event loop's own time, as Clock.timeout has them; None for no limit. Raises TimeoutError
    in the block, as asyncio.timeout does.
    """

    def __init__(self, delay: float | None) -> None:
        self._delay = delay
        self._limit = asyncio.timeout(None)
        self._timer: asyncio.TimerHandle | None = None
        self._token: Token[tuple[TimeLimit, ...]] | None = None
        self._task: asyncio.Task[object] | None = None
        self._before = 0
        self._looks = 0
        self._stops = 0
        self._left = 0.0

    async def __aenter__(self) -> TimeLimit:
        await self._limit.__aenter__()
        task = asyncio.current_task()
        assert task is not None
        if self._delay is not None:
            self._task, self._before = task, task.cancelling()
            self._look_in(self._delay, MOST_LOOKS)
            self._token = _around.set((*_around.get(), self))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None  # it has this limit in its arguments, and nobody waits for the collector of cycles
        if self._token is not None:
            _around.reset(self._token)
            self._token = self._task = None
        await self._limit.__aexit__(kind, error, trace)

    def stop(self) -> None:
        """Stand still until go_on is called as often."""
        self._stops += 1
        if self._stops == 1 and self._timer is not None:
            self._left = max(0.0, self._timer.when() - asyncio.get_running_loop().time())
            self._timer.cancel()

    def go_on(self) -> None:
        """Count on."""
        self._stops -= 1
        if self._stops == 0 and self._timer is not None:
            self._look_in(self._left, self._looks)

    def expired(self) -> bool:
        """Whether the limit has cut the block short."""
        return self._limit.expired()

    def _look_in(self, delay: float, looks: int) -> None:
        self._looks = looks
        self._timer = asyncio.get_running_loop().call_later(delay, self._passed)

    def _passed(self) -> None:
        # or a limit within the work has passed in this moment, and it goes on
        if self._looks and self._task is not None and self._task.cancelling() > self._before:
            self._look_in(LOOK_AGAIN, self._looks - 1)
        else:
            self._timer = None
            self._limit.reschedule(asyncio.get_running_loop().time())
