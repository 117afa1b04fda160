"""What was said in the line at the bottom, for reading it again: the last of it, with its moments. Pure."""

from __future__ import annotations

from collections import deque

from ..model.data_class import dataclass
from ..model.day import Day
from ..monitor.happening import DayLine
from .text import Safe, safe, wrap

MOST = 200
"""Messages that are kept; the oldest goes for each that comes then."""

LONGEST = 400
"""Lines of one message at most."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message: its number, from 1, its moment in seconds since 1970, and whether it told what went wrong."""

    number: int
    at: float
    text: str
    wrong: bool


@dataclass(frozen=True, slots=True)
class SaidLine:
    """A line of a message; `first`: the one with its moment. `text` is the part of the message that it has."""

    key: str
    said: Said
    text: Safe
    first: bool


class Told:
    """The messages, newest last."""

    def __init__(self, most: int = MOST) -> None:
        self._said: deque[Said] = deque(maxlen=most)
        self.number = 0
        """How many there were. Those that are not kept any more are counted."""

    def __len__(self) -> int:
        return len(self._said)

    def add(self, text: str, at: float, *, wrong: bool) -> None:
        """It was said at this moment."""
        self.number += 1
        self._said.append(Said(self.number, at, text, wrong))

    def lines(self, width: int, now: float, filter: str = "") -> tuple[SaidLine | DayLine, ...]:
        """Those in which all words of `filter` stand, newest first, each in lines of `width` cells; where a message is
        of another day than the one above it, or than today, a line says so."""
        wanted, day = filter.casefold().split(), Day(now)
        found: list[SaidLine | DayLine] = []
        for said in reversed(self._said):
            if not all(word in said.text.casefold() for word in wanted):
                continue
            if not day.holds(said.at):
                day = Day(said.at)
                found.append(DayLine(f"day {day.begins:.0f}", said.at))
            for number, part in enumerate(wrap(safe(said.text), max(width, 1), LONGEST) or [safe("")]):
                found.append(SaidLine(f"said {said.number} {number}", said, part, number == 0))
        return tuple(found)
