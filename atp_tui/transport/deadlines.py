"""Time limits of many callers on one timer: most are served long before theirs, and never cost a timer of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from .clock import Clock, TimerHandle

_NEVER = float("inf")

Held = Callable[[], bool]


def never() -> bool:
    """Nothing holds them."""
    return False


HELD = 1.0
"""Seconds between two looks whether what holds all limits goes on."""


class Deadlines:
    """Gives each watched future an error once its time is up; none while they are `held`."""

    def __init__(self, clock: Clock, held: Held = never) -> None:
        self._clock = clock
        self._held = held
        self._moments: dict[asyncio.Future[Any], tuple[float, Callable[[], Exception]]] = {}
        self._timer: TimerHandle | None = None
        self._rings_at = _NEVER

    def watch(self, future: asyncio.Future[Any], after: float, error: Callable[[], Exception] = TimeoutError) -> None:
        """End `future` with `error()` after so many seconds, unless `forget` comes first.

        The moment is made here, by the clock that it is held against: those of two clocks do not compare.
        """
        now = self._clock.monotonic()
        moment = now + after
        self._moments[future] = moment, error
        if moment < self._rings_at:
            self._set(moment, now)

    def forget(self, future: asyncio.Future[Any]) -> None:
        """Nobody waits for it any more. Only for a future that is watched."""
        del self._moments[future]

    def stop(self) -> None:
        """Ring no more."""
        self._set(_NEVER, 0.0)

    def _set(self, moment: float, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = moment
        self._timer = self._clock.call_later(moment - now, self._ring) if moment < _NEVER else None

    def _ring(self) -> None:
        now = self._clock.monotonic()
        if self._held():
            self._set(now + HELD, now)
            return
        for future, (moment, error) in self._moments.items():
            if moment <= now and not future.done():
                future.set_exception(error())
        left = (moment for future, (moment, _) in self._moments.items() if not future.done())
        self._set(min(left, default=_NEVER), now)
