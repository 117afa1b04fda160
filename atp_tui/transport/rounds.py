"""Timers that may be a little late share one wake-up of the event loop: 1,000 hosts cost tens, not thousands."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

FULL = 16
"""Timers in one round, after which further ones ring at their own moments: hosts that were lost and came back together
must not all be asked at once, each on a thread of its own."""


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
        """Call back after `delay` seconds, or less than `slack` seconds later, at the next multiple of `slack`."""
        loop = asyncio.get_running_loop()
        due = loop.time() + delay
        together = math.ceil(due / slack) * slack
        if len(self._rounds.get(together, ())) < FULL:
            due = together
        if due not in self._rounds:
            self._rounds[due] = []
            loop.call_at(due, self._ring, due)
        entry = Entry(callback)
        self._rounds[due].append(entry)
        return entry

    def _ring(self, moment: float) -> None:
        loop = asyncio.get_running_loop()
        for entry in self._rounds.pop(moment):
            loop.call_soon(entry.ring)  # each by itself: a defect in one must not silence the others
