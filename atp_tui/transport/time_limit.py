"""A time limit on work that may wait for its own end, once it is cancelled."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from types import TracebackType

LOOK_AGAIN = 0.1
"""Seconds after which a limit that has passed looks again whether the work is still being cancelled."""

MOST_LOOKS = 100
"""Looks after which it comes all the same, in 10 s: no end is waited for longer than 5 s, so the work has swallowed its
cancel and goes on."""


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

    async def __aenter__(self) -> TimeLimit:
        await self._limit.__aenter__()
        task = asyncio.current_task()
        assert task is not None
        if self._delay is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._delay, self._passed, loop, task, task.cancelling(), MOST_LOOKS)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None  # it has this limit in its arguments, and nobody waits for the collector of cycles
        await self._limit.__aexit__(kind, error, trace)

    def expired(self) -> bool:
        """Whether the limit has cut the block short."""
        return self._limit.expired()

    def _passed(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[object], before: int, looks: int) -> None:
        if looks and task.cancelling() > before:  # or a limit within the work has passed in this moment, and it goes on
            self._timer = loop.call_later(LOOK_AGAIN, self._passed, loop, task, before, looks - 1)
        else:
            self._timer = None
            self._limit.reschedule(loop.time())
