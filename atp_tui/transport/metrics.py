"""A connection's own figures, kept with plain additions and readable at any moment."""

from __future__ import annotations

from array import array

from ..model.connection import Latency

SMOOTHING = 1 / 4
"""The weight of the newest call in the smoothed latency: of eight calls ago a tenth is left."""

LATENCY_WINDOW = 256
"""Calls that the percentiles are taken from: enough for a p99, and 2 kB a connection."""


class Metrics:
    """Counters since the connection was made. Moments are seconds of the program's clock, latencies seconds."""

    __slots__ = (
        "_latencies",
        "_place",
        "created_at",
        "error_count",
        "errors",
        "last_active",
        "last_error",
        "last_error_at",
        "smoothed",
        "times_up",
        "total_requests",
    )

    def __init__(self, now: float) -> None:
        self.created_at = now
        self.last_active = now
        self.total_requests = 0
        self.error_count = 0
        self.errors: dict[str, int] = {}
        self.last_error: str | None = None
        self.last_error_at: float | None = None
        self._latencies = array("d")  # a ring: objects of their own would take four times as much
        self._place = 0
        self.smoothed = 0.0
        self.times_up = 0

    @property
    def reconnects(self) -> int:
        """How many times it has been up again."""
        return max(0, self.times_up - 1)

    def opened(self, now: float) -> None:
        """It is up, for the first time or again."""
        self.times_up += 1
        self.smoothed = 0.0  # what the link before it took says nothing of this one
        self.last_active = now

    def answered(self, started: float, now: float) -> None:
        """A request was answered: it took now - started seconds."""
        self.measured(now - started)
        self.last_active = now

    def measured(self, seconds: float) -> None:
        """The peer took so long for an answer."""
        if len(self._latencies) < LATENCY_WINDOW:
            self._latencies.append(seconds)
        else:
            self._latencies[self._place] = seconds
            self._place = (self._place + 1) % LATENCY_WINDOW
        self.smoothed += (seconds - self.smoothed) * SMOOTHING if self.smoothed else seconds

    @property
    def last_latency(self) -> float:
        """What the newest call took. Raises IndexError before the first answer."""
        return self._latencies[self._place - 1]

    def failed(self, error: BaseException, now: float) -> None:
        """A request, or an attempt to connect, has failed."""
        name = type(error).__name__
        self.error_count += 1
        self.errors[name] = self.errors.get(name, 0) + 1
        self.last_error = str(error)
        self.last_error_at = now

    def latency(self) -> Latency | None:
        """The last calls, their percentiles by the nearest-rank rule; None before the first answer."""
        if not self._latencies:
            return None
        ordered = sorted(self._latencies)
        count = len(ordered)

        def rank(share: float) -> float:
            return ordered[min(count - 1, int(share * count))]

        return Latency(rank(0.50), rank(0.95), rank(0.99), count, self.last_latency)
