"""When a host was last heard, and what follows: how fresh its figures are, and whether it has fallen silent."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..model.connection import ConnectionState, HostStatus
from .freshness import AGE_AFTER, DIM_AFTER, Freshness, freshness, is_old, pace

GAPS = 2
"""Times between answers that are remembered, to tell a slow host from a silent one."""

FIRST_MISSING = 1.5
"""Periods after a sample until the next one counts as missing: half a period is the jitter that it may have."""


class Verdict(NamedTuple):
    """`silent_since` is the moment of the host's last word where it is connected and silent; `missing` samples should
    have come since the newest one."""

    freshness: Freshness
    silent_since: float | None
    missing: int


_GOOD = Verdict(Freshness.FRESH, None, 0)


class Hearing:
    """Moments of one host. `interval` None: nothing ever grows old. Moments are seconds of the program's clock."""

    def __init__(self, interval: float | None, status: HostStatus, most_missing: int) -> None:
        self._interval = interval
        self._status = status
        self._most_missing = most_missing
        self._now = 0.0
        self._sampled_at: float | None = None
        self._heard_at = -math.inf
        self._gaps: tuple[float, ...] = ()
        self._quiet_until = -math.inf

    def moved(self, status: HostStatus) -> None:
        """The host's status has changed: what a connection was before says nothing of its pace now."""
        self._status = status
        if status.state is not ConnectionState.CONNECTED:
            self._gaps = ()

    def heard(self, at: float, *, sample: bool) -> None:
        """The host has answered: with a sample, or with an error, which is no silence."""
        if self._heard_at >= self._status.since:
            self._gaps = (*self._gaps, at - self._heard_at)[-GAPS:]
        self._heard_at = at
        if sample:
            self._sampled_at = at
        if at > self._now:
            self._now = at

    def look(self, now: float) -> bool:
        """It is `now`; whether the verdict may be another one by that. Asked of a thousand hosts twice a second."""
        if now > self._now:
            self._now = now
        return now >= self._quiet_until

    def missed(self, before: float, after: float, most: int) -> int:
        """Samples that should have come between two moments and did not, `most` at most."""
        if self._interval is None:
            return 0
        return min(max(round((after - before) / self._interval) - 1, 0), most)

    def missing(self, most: int) -> int:
        """Samples that should have come since the newest one, `most` at most."""
        return 0 if self._sampled_at is None else self.missed(self._sampled_at, self._now, most)

    def verdict(self) -> Verdict:
        """How things stand at the moment that was last looked at."""
        interval, sampled_at = self._interval, self._sampled_at
        if (
            interval is not None
            and sampled_at == self._heard_at
            and self._now - sampled_at < FIRST_MISSING * interval
            and self._status.state is ConnectionState.CONNECTED
        ):  # the usual case, a thousand times a second: what follows would come to the same
            self._quiet_until = sampled_at + FIRST_MISSING * interval
            return _GOOD
        connected = self._status.state is ConnectionState.CONNECTED
        # a connection's opening ends with an answer, so that a host is not silent at once for want of its first sample
        heard_at = max(self._heard_at, self._status.since)
        beat = None if self._interval is None else pace(self._interval, self._gaps)
        silent = connected and beat is not None and is_old(self._now - heard_at, beat)
        missing = self.missing(self._most_missing) if connected else 0
        self._quiet_until = self._next_change(heard_at, beat, missing)
        fresh = freshness(self._sampled_at, self._now, self._interval)
        return Verdict(fresh, heard_at if silent else None, missing)

    def _next_change(self, heard_at: float, beat: float | None, missing: int) -> float:
        """Until when the verdict holds if nothing comes."""
        if self._interval is None or beat is None:
            return math.inf
        moments = [heard_at + DIM_AFTER * beat]
        if self._sampled_at is not None:
            moments += [self._sampled_at + n * self._interval for n in (missing + FIRST_MISSING, DIM_AFTER, AGE_AFTER)]
        return min((moment for moment in moments if moment >= self._now), default=math.inf)
