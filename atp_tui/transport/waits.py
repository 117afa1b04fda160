"""How long callers waited for a connection of a pool: all of them as a histogram, the last ones by percentiles."""

from __future__ import annotations

from array import array
from bisect import bisect_left

from ..model.connection import CheckoutWaits

CHECKOUT_BOUNDS = (0.0, 0.001, 0.01, 0.1, 1.0, 10.0, float("inf"))
"""Upper bounds, in seconds, of the histogram. The first counts the checkouts that did not wait at all."""

WINDOW = 256
"""Checkouts that the percentiles are taken from: as many as the calls of a connection."""


class Waits:
    """Notes the waits of those that stood in the queue.

    A checkout that found a connection at once costs nothing here: the pool counts it, and each number that was not
    noted is a wait of 0 s. So the lists stay empty in a pool that is never full, and have 2 * WINDOW entries at most.
    """

    __slots__ = ("_numbers", "_queued", "_seconds", "_served")

    def __init__(self) -> None:
        self._queued = 0
        self._served = [0] * len(CHECKOUT_BOUNDS)
        self._numbers: array[int] | None = None
        self._seconds: array[float] | None = None

    def served(self, seconds: float, at_once: int) -> None:
        """A caller has got its connection after so long. `at_once`: the checkouts so far that did not wait."""
        self._served[bisect_left(CHECKOUT_BOUNDS, seconds)] += 1
        self.gave_up(seconds, at_once)

    def gave_up(self, seconds: float, at_once: int) -> None:
        """A caller's time limit has ended its wait: it is no checkout of the histogram."""
        if self._numbers is None or self._seconds is None:
            self._numbers, self._seconds = array("q"), array("d")
        self._queued += 1
        self._numbers.append(at_once + self._queued)
        self._seconds.append(seconds)
        if len(self._numbers) >= 2 * WINDOW:
            del self._numbers[:-WINDOW], self._seconds[:-WINDOW]

    def histogram(self, at_once: int) -> dict[float, int]:
        """Checkouts by the upper bound of their wait in seconds."""
        counts = [at_once + self._served[0], *self._served[1:]]
        return dict(zip(CHECKOUT_BOUNDS, counts, strict=True))

    def summary(self, at_once: int) -> CheckoutWaits | None:
        """The last WINDOW checkouts by the nearest-rank rule; None before the first."""
        total = at_once + self._queued
        if not total:
            return None
        count = min(total, WINDOW)
        noted = zip(self._numbers or (), self._seconds or (), strict=True)
        waited = sorted(seconds for number, seconds in noted if number > total - count)

        def rank(share: float) -> float:
            place = min(count - 1, int(share * count)) - (count - len(waited))
            return waited[place] if place >= 0 else 0.0

        return CheckoutWaits(rank(0.50), rank(0.95), rank(1.0), count)
