"""Figures over time: rings of the last samples, and rates from counters that may start again."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable

NAN = math.nan


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
        row = array("f", [NAN if figure is None else figure for figure in figures])
        ring, width, place = self._ring, self._width, self._next
        if len(ring) < self.size * width:
            ring.extend(row)
            return
        ring[place : place + width] = row
        self._next = (place + width) % len(ring)

    def values(self, column: int) -> tuple[float, ...]:
        """The figures in that place of all samples, oldest first."""
        figures, oldest = self._ring[column :: self._width], self._next // self._width
        return (*figures[oldest:], *figures[:oldest])

    def __len__(self) -> int:
        return len(self._ring) // self._width


def growth(before: float | None, after: float | None) -> float | None:
    """What a counter gained between two readings; None where one is missing or the counter has started again."""
    if before is None or after is None or after < before:
        return None
    return after - before


def rate(before: float | None, after: float | None, seconds: float) -> float | None:
    """A counter's gain per second; None as for `growth`, and where no time has passed."""
    if before is None or after is None or after < before or seconds <= 0:
        return None
    return (after - before) / seconds


def share(part: float | None, rest: float | None) -> float | None:
    """part / (part + rest), 0 to 1; None where one is not known or both are 0."""
    if part is None or rest is None or part + rest <= 0:
        return None
    return part / (part + rest)


def bounded(value: float | None) -> float | None:
    """A share kept within 0 to 1: two clocks measured it, and their jitter may push it over the edge."""
    return None if value is None else min(1.0, max(0.0, value))
