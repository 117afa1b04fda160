"""Timers that may be a little late share one wake-up of the event loop: 1,000 hosts cost tens, not thousands."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

FULL = 16
"""Timers in one round, after which further ones make rounds of their own between it and the one before: hosts that were
lost and came back together must not all be asked at once, each on a thread of its own."""

FINEST = 1 / 1024
"""Seconds between two rounds where there are so many timers that they can't be kept apart any better, or where their
slack is so short that no float would hold the number of such rounds."""


class Entry:
    """One timer; a TimerHandle."""

    __slots__ = ("_callback",)

    def __init__(self, callback: Callable[[], object]) -> None:
        self._callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        """Call it off; once more does no harm."""
        self._callback = None

    def ring(self) -> None:
        """Call back, unless called off."""
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()


class Rounds:
    """Timers of one event loop, in rounds that ring at one moment each."""

    def __init__(self) -> None:
        self._rounds: dict[float, list[Entry]] = {}

    def call_later(self, delay: float, slack: float, callback: Callable[[], object]) -> Entry:
        """Call back after `delay` seconds, or less than `slack` seconds (less than FINEST, if that is more) later.

        Rounds ring at multiples of a power of two, the greatest within `slack`: timers whose slacks differ, as those
        of delays that were cut short do, still meet.
        """
        loop = asyncio.get_running_loop()
        due = loop.time() + delay
        step = max(FINEST, math.ldexp(0.5, math.frexp(slack)[1]))
        moment = math.ceil(due / step) * step
        while step > FINEST and len(self._rounds.get(moment, ())) >= FULL:
            step /= 2
            moment = math.ceil(due / step) * step
        if moment not in self._rounds:
            self._rounds[moment] = []
            loop.call_at(moment, self._ring, moment)
        entry = Entry(callback)
        self._rounds[moment].append(entry)
        return entry

    def _ring(self, moment: float) -> None:
        for entry in self._rounds.pop(moment):
            try:
                entry.ring()
            except Exception as error:  # noqa: BLE001 - a defect in one must not silence the others
                _report(error)


def _report(error: Exception) -> None:
    """As the event loop does for a callback of its own."""
    asyncio.get_running_loop().call_exception_handler({"message": "a timer has failed", "exception": error})
