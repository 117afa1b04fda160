"""The answers of all simulated hosts on one timer.

Each answer comes at its own moment. A timer of the event loop for each would cost more than the sample that it is for:
the loop keeps its timers in order by comparing them in Python.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math

from ...transport.clock import Clock, TimerHandle


class Answers:
    """Futures that are done at a moment, in monotonic seconds of the clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = itertools.count()  # two answers of one moment come in the order in which they were asked for
        self._timer: TimerHandle | None = None
        self._rings_at = math.inf

    def at(self, moment: float, now: float) -> asyncio.Future[None]:
        """A future that is done at `moment`, unless it is ended before."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._due, (moment, next(self._number), answer))
        if moment < self._rings_at:
            self._set(moment, now)
        return answer

    def forget(self) -> None:
        """One of them was ended before its moment."""
        self._rest(self._clock.monotonic())

    def _rest(self, now: float) -> None:
        """Ring next for the first that somebody waits for."""
        due = self._due
        while due and due[0][2].done():
            heapq.heappop(due)
        if (moment := due[0][0] if due else math.inf) != self._rings_at:
            self._set(moment, now)

    def _set(self, moment: float, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = moment
        self._timer = self._clock.call_later(moment - now, self._ring) if moment < math.inf else None

    def _ring(self) -> None:
        # a timer may come a rounding error too early
        now = max(self._clock.monotonic(), self._rings_at)
        due = self._due
        while due and due[0][0] <= now:
            answer = heapq.heappop(due)[2]
            if not answer.done():
                answer.set_result(None)
        self._timer, self._rings_at = None, math.inf
        self._rest(now)
