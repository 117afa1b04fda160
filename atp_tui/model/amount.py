"""A number of hosts, or a share of all hosts of a job, as a person writes it."""

from __future__ import annotations

import re

from .data_class import dataclass

_AMOUNT = re.compile(r"([0-9]{1,7})(%?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of targets, 1 or more, or a share of all targets of a job: 1 to 100 percent. Raises ValueError."""

    number: int
    percent: bool = False

    def __post_init__(self) -> None:
        if self.number < 1 or (self.percent and self.number > 100):
            raise ValueError(f"{self} is no number of hosts, and no share of 1% to 100%")

    @classmethod
    def parse(cls, text: str) -> Amount:
        """Read `3` or `10%`. Raises ValueError."""
        found = _AMOUNT.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"{text[:40]!r} is no number of hosts, and no share such as 10%")
        return cls(int(found[1]), found[2] == "%")

    def of(self, total: int) -> int:
        """So many of `total`; of a share that is no whole number, the next one above it."""
        return -(-total * self.number // 100) if self.percent else self.number

    def __str__(self) -> str:
        return f"{self.number}{'%' * self.percent}"
