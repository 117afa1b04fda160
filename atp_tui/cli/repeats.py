"""What the log has once, and how often it came again: a host that fails each second would fill it with one line."""

from __future__ import annotations

import logging
import time
from copy import copy

SPAN = 60.0
"""Seconds in which a warning that was written once is only counted."""

MOST = 500
"""Different warnings that are remembered for that long."""

_Key = tuple[str, int, str]


class Repeats:
    """Tells which records are to be written. Warnings alone are folded: of a state change each moment may count."""

    def __init__(self) -> None:
        self._held: dict[_Key, tuple[logging.LogRecord, int]] = {}

    def take(self, record: logging.LogRecord) -> list[logging.LogRecord]:
        """What is to be written as this record comes: itself, unless it is a repeat, and the numbers of others."""
        due = self._due(record.created)
        if record.levelno < logging.WARNING:
            return [*due, record]
        key = record.name, record.levelno, record.getMessage()
        if key in self._held:
            first, times = self._held[key]
            self._held[key] = first, times + 1
            return due
        self._held[key] = _line_of(record), 0
        if len(self._held) > MOST:
            due += self._told(next(iter(self._held)))
        return [*due, record]

    def rest(self) -> list[logging.LogRecord]:
        """The numbers that are still to be told, at the end."""
        return [told for key in [*self._held] for told in self._told(key)]

    def _due(self, now: float) -> list[logging.LogRecord]:
        """The numbers of those whose time is over. They stand in the order in which they began."""
        due: list[logging.LogRecord] = []
        while self._held:
            key, (first, _) = next(iter(self._held.items()))
            if 0 <= now - first.created < SPAN:  # a clock that was set back ends it as well
                break
            due += self._told(key)
        return due

    def _told(self, key: _Key) -> list[logging.LogRecord]:
        first, times = self._held.pop(key)
        if not times:
            return []
        since = time.strftime("%H:%M:%S", time.localtime(first.created))
        first.msg, first.created = f"{first.msg} ({times} more since {since})", time.time()
        return [first]


def _line_of(record: logging.LogRecord) -> logging.LogRecord:
    """The record as text alone: its error would keep every value of its frames in memory, passwords among them."""
    line = copy(record)
    line.msg, line.args = record.getMessage(), None
    line.exc_info = line.exc_text = line.stack_info = None
    return line
