"""An option of a command's job as a person writes it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from ..executor.away import LONGEST
from ..model.data_class import dataclass
from .action import Argument, Value

HIGHEST = 100
"""Priorities go from that below 0 to that above."""

_WHOLE = re.compile(r"-?\d{1,9}", re.ASCII)
_SPAN = re.compile(r"(\d{1,6})([mhd])", re.ASCII)
_UNITS = {"m": 60.0, "h": 3_600.0, "d": 86_400.0}
_SECONDS = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class JobWord:
    """One option. `name` is that of the argument of `run`: a field of JobOptions, or of JobSpec (`when_back`).

    `least` is the lowest value that makes sense. A word of the kind bool has no value: it is there, or not. A number of
    the kind float is one of seconds, above 0; as a `span` it is written in minutes, hours or days: 90m, 24h, 7d.
    `check` raises ValueError for a text that is no value of a word of the kind str, and says what would be right. A
    word with a `bare` value has that where it stands alone, and another one behind `=`.
    """

    flag: str
    name: str
    kind: type[Value]
    help: str
    metavar: str = ""
    least: int = 0
    span: bool = False
    check: Callable[[str], object] = str
    bare: str = ""

    @property
    def argument(self) -> Argument:
        """The same for the registry."""
        return Argument(self.name, self.help, kind=self.kind, required=False)

    def read(self, text: str) -> Value:
        """The value of a text. Raises ValueError, which says what would be right."""
        if self.kind is str:
            self.check(text)
            return text
        if self.span:
            return _seconds_of(text)
        if self.kind is float:
            if _SECONDS.fullmatch(text) and math.isfinite(seconds := float(text)) and seconds > 0:
                return seconds
            raise ValueError("a number of seconds above 0")
        if _WHOLE.fullmatch(text) and self.least <= (number := int(text)) <= self.most:
            return number
        raise ValueError(
            f"a whole number from {self.least} to {self.most}"
            if self.most < 10**6
            else f"a whole number of {self.least} or more"
        )

    @property
    def most(self) -> int:
        """The highest value."""
        return HIGHEST if self.name == "priority" else 10**6


def _seconds_of(text: str) -> float:
    found = _SPAN.fullmatch(text)
    if found is not None and 0 < (seconds := int(found[1]) * _UNITS[found[2]]) <= LONGEST:
        return seconds
    most = f"{LONGEST // 86_400:.0f}d"
    raise ValueError(f"a span of minutes, hours or days, such as 90m, 24h or 7d, of {most} at most")
