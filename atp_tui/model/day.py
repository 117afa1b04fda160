"""A day as a person has it: of local time, which on two days of a year has 23 or 25 hours."""

from __future__ import annotations

import time


class Day:
    """The local day of a moment in seconds since 1970: from its first instant to that of the next day."""

    def __init__(self, at: float) -> None:
        year, month, day, *_ = time.localtime(at)
        self.begins = time.mktime((year, month, day, 0, 0, 0, 0, 0, -1))
        self.ends = time.mktime((year, month, day + 1, 0, 0, 0, 0, 0, -1))

    def holds(self, at: float) -> bool:
        """Whether a moment is of this day."""
        return self.begins <= at < self.ends
