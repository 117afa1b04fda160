"""Figures over time: rings of the last samples, and rates from counters that may start again."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable

NAN = math.nan

HISTORY = 120
"""Samples of a host that its charts keep."""


class Series:
    """The last `size` samples of `width` figures each. NaN stands for a figure that is missing. Single precision: these
    are for charts. All figures of a sample lie side by side: a thousand hosts add some each second.
    """

    __slots__ = ("_next", "_ring", "_width", "size")

    def __init__(self, size: int, width: int) -> None:
        self.size = size
        self._width = width
        self._ring = array("f")
        self._next = 0

    def append(self, figures: Iterable[float | None]) -> None:
        """Add a sample; the oldest one goes where the ring is full."""
        ring, place = self._ring, self._next
        if len(ring) < self.size * self._width:
            ring.extend([NAN if figure is None else figure for figure in figures])
            return
        for figure in figures:
            ring[place] = NAN if figure is None else figure
            place += 1
        self._next = place % len(ring)

    def values(self, column: int) -> tuple[float, ...]:
        """The figures in that place of all samples, oldest first."""
        figures, oldest = self._ring[column :: self._width], self._next // self._width
        return (*figures[oldest:], *figures[:oldest])

    def __len__(self) -> int:
        return len(self._ring) // self._width


def rate(before: float | None, after: float | None, seconds: float) -> float | None:
    """A counter's gain per second; None where a reading is missing, the counter has started again or no time passed."""
    if before is None or after is None or after < before or seconds <= 0:
        return None
    return (after - before) / seconds


def share_of_growth(
    before: float | None, after: float | None, rest_before: float | None, rest_after: float | None
) -> float | None:
    """The share, 0 to 1, that one counter has of what two gained between two readings.

    None where a reading is missing, a counter has started again or neither has gained anything.
    """
    if before is None or after is None or rest_before is None or rest_after is None:
        return None
    part, rest = after - before, rest_after - rest_before
    return part / (part + rest) if part >= 0 and rest >= 0 and part + rest > 0 else None


def bounded(value: float | None) -> float | None:
    """A share kept within 0 to 1: two clocks measured it, and their jitter may push it over the edge."""
    if value is None or 0.0 <= value <= 1.0:
        return value
    return min(1.0, max(0.0, value))
