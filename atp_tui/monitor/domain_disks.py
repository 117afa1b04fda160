"""What goes to and from the disks of a host's domains, between two readings of their counters."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import NamedTuple

from .domain_history import Listed
from .series import NAN


class DiskRates(NamedTuple):
    """Bytes that each of the domains has read a second, and then that each has written; NaN: not known."""

    listed: Listed
    rates: array[float]

    def of(self, uuid: str) -> tuple[float | None, float | None]:
        """What a domain reads and writes a second; None: not known."""
        place = self.listed.places.get(uuid)
        if place is None:
            return None, None
        read, written = self.rates[place], self.rates[place + len(self.listed.uuids)]
        return None if read != read else read, None if written != written else written


NO_RATES = DiskRates(Listed((), ()), array("d"))


class DiskCounters:
    """The counters as they were read last."""

    __slots__ = ("_at", "_counts", "_listed")

    def __init__(self) -> None:
        self._at = 0.0
        self._listed: Listed | None = None
        self._counts = array("q")

    def take(self, at: float, listed: Listed, read: Sequence[int | None], written: Sequence[int | None]) -> DiskRates:
        """Take over the counters of a reading: what they gained a second since the last one."""
        before, seconds = self._before(listed), at - self._at
        counts = array("q", [-1 if count is None else count for count in (*read, *written)])
        self._at, self._listed, self._counts = at, listed, counts
        if seconds <= 0:
            return DiskRates(listed, array("d", [NAN] * len(counts)))
        gains = [(now - was) / seconds if now >= was >= 0 else NAN for was, now in zip(before, counts, strict=True)]
        return DiskRates(listed, array("d", gains))

    def _before(self, listed: Listed) -> array[int]:
        """The counters of the last reading, in the order of these domains; -1 for none."""
        if self._listed is listed:
            return self._counts
        places, size = {} if self._listed is None else self._listed.places, len(self._counts) // 2
        found = array("q")
        for column in (0, size):
            found.extend(
                [-1 if (at := places.get(uuid)) is None else self._counts[column + at] for uuid in listed.uuids]
            )
        return found
