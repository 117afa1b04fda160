"""How far a job that moves files has come, over all its targets. Pure: moments are the caller's."""

from __future__ import annotations

from collections import deque

from ..model.moving import Moved

LOOKED_BACK = 5.0
"""Seconds over which a rate is taken."""

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_MINUTE = 60.0
_HOUR = 3600.0


class Motion:
    """The sums over the targets of a job of so many `hosts`."""

    def __init__(self, hosts: int) -> None:
        self._hosts = hosts
        self._moved: dict[str, Moved] = {}
        self._marks: deque[tuple[float, int]] = deque()
        self.done = 0
        self._total = 0

    def take(self, target: str, moved: Moved, at: float) -> None:
        """How far one target has come, at a moment in seconds."""
        before = self._moved.get(target, Moved())
        self._moved[target] = moved
        self.done += moved.done - before.done
        self._total += moved.total - before.total
        if moved.done < before.done:
            self._marks.clear()  # it was begun anew
        self._marks.append((at, self.done))
        while len(self._marks) > 2 and self._marks[1][0] < at - LOOKED_BACK:
            self._marks.popleft()

    def __bool__(self) -> bool:
        return bool(self._moved)

    @property
    def total(self) -> int:
        """Bytes over all hosts: those that have not begun count as the others do in the mean."""
        return self._total * max(self._hosts, len(self._moved)) // max(1, len(self._moved))

    def rate(self, now: float) -> float:
        """Bytes a second of late; 0 where nothing comes."""
        if not self._marks:
            return 0.0
        begin, first = self._marks[0]
        return (self.done - first) / (now - begin) if now > begin else 0.0

    def told(self, now: float, *, ended: bool = False) -> str:
        """`31 of 100 MB, 12 MB/s, 6 s left`; once it has `ended`, the bytes alone."""
        if ended:
            return size_told(self.done)
        rate, left = self.rate(now), max(0, self.total - self.done)
        words = f"{size_told(self.done)} of {size_told(self.total)}"
        if rate < 1:
            return words
        return f"{words}, {size_told(rate)}/s" + (f", {_time(left / rate)} left" if left else "")


def size_told(size: float) -> str:
    """A number of bytes for a person: `1.2 MB`."""
    unit = 0
    while size >= 999.5 and unit < len(_UNITS) - 1:
        size /= 1000
        unit += 1
    return f"{size:.0f} {_UNITS[unit]}" if unit == 0 or size >= 9.95 else f"{size:.1f} {_UNITS[unit]}"


def _time(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.0f} h"
