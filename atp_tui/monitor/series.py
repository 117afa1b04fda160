"""Figures over time: rings of the last samples, and rates from counters that may start again."""

from __future__ import annotations

import math
from array import array

NAN = math.nan


class Series:
    """The last `size` figures. NaN stands for a sample that is missing. Single precision: these are for charts."""

    __slots__ = ("_next", "_ring", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self._ring = array("f")
        self._next = 0

    def append(self, value: float | None) -> None:
        """Add a figure; the oldest one goes where the ring is full."""
        figure = NAN if value is None else value
        if len(self._ring) < self.size:
            self._ring.append(figure)
            return
        self._ring[self._next] = figure
        self._next = (self._next + 1) % self.size

    def values(self) -> tuple[float, ...]:
        """All figures, oldest first."""
        if not self._next:
            return tuple(self._ring)
        return (*self._ring[self._next :], *self._ring[: self._next])

    def __len__(self) -> int:
        return len(self._ring)


def growth(before: float | None, after: float | None) -> float | None:
    """What a counter gained between two readings; None where one is missing or the counter has started again."""
    if before is None or after is None or after < before:
        return None
    return after - before


def rate(before: float | None, after: float | None, seconds: float) -> float | None:
    """A counter's gain per second; None as for `growth`, and where no time has passed."""
    gained = growth(before, after)
    return None if gained is None or seconds <= 0 else gained / seconds


def share(part: float | None, rest: float | None) -> float | None:
    """part / (part + rest), 0 to 1; None where one is not known or both are 0."""
    if part is None or rest is None or part + rest <= 0:
        return None
    return part / (part + rest)


def bounded(value: float | None) -> float | None:
    """A share kept within 0 to 1: two clocks measured it, and their jitter may push it over the edge."""
    return None if value is None else min(1.0, max(0.0, value))
