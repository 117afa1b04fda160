"""A freeze: until a moment nothing is changed on some hosts, or on any."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from .data_class import dataclass

ALL = "@all"
"""The set of a freeze of the whole fleet."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """What one person has frozen: a set in the words of targets, and the ids of the hosts that it named then.

    `until` and `since` are seconds since 1970 of the wall clock. `reason` and `who` are texts of persons.
    """

    words: str
    hosts: tuple[str, ...]
    until: float
    reason: str
    who: str
    since: float

    @property
    def of_all(self) -> bool:
        """Whether it is of the whole fleet."""
        return self.words == ALL


@dataclass(frozen=True, slots=True)
class Frozen:
    """All freezes that are known. `unreadable` says why they are not: then everything counts as frozen."""

    freezes: tuple[Freeze, ...] = ()
    unreadable: str = ""

    def at(self, now: float) -> Frozen:
        """Those that have not come to their end at a moment of the wall clock."""
        return replace(self, freezes=tuple(each for each in self.freezes if each.until > now))


def local_time(at: float) -> str:
    """A moment as this machine's people write it: `2026-12-02 06:00 CET`; without a zone where it is out of range."""
    try:
        return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M %Z")
    except (OverflowError, OSError, ValueError):
        return f"second {at:.0f}"
