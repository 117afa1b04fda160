"""The writes that may wait for the disk. A pure decision: a hung disk must not fill the memory."""

from __future__ import annotations

from enum import Enum


class Rank(Enum):
    """How much a write matters; the value is its share of the limit, which grows with that."""

    TEXT = 1.0
    ENDINGS = 1.5
    RECORD = 2.0


_NAMES = {Rank.TEXT: "outputs", Rank.ENDINGS: "results of hosts", Rank.RECORD: "whole jobs"}


class Backlog:
    """Counts the bytes that wait, and says which others may join them.

    Outputs are refused above `limit` bytes, results above 1.5 times as many, the records of jobs above twice as many:
    each rank has a reserve that the ranks below it cannot use. Refusals are counted until `losses` tells them.
    """

    def __init__(self, limit: int) -> None:
        self.waiting = 0
        self._limit = limit
        self._refused = dict.fromkeys(Rank, 0)

    def take(self, rank: Rank, size: int, count: int = 1) -> bool:
        """Whether `size` bytes may wait. `count` is the number of things in them, for the words about a loss."""
        if self.waiting + size > self._limit * rank.value:
            self._refused[rank] += count
            return False
        self.waiting += size
        return True

    def refuse(self, rank: Rank, count: int = 1) -> None:
        """Count things that are left out because the job that they belong to was refused."""
        self._refused[rank] += count

    def written(self, size: int) -> None:
        """So many bytes wait no longer."""
        self.waiting -= size

    def losses(self) -> str:
        """The refusals since the last call, in words; empty for none."""
        lost = [f"{count} {_NAMES[rank]}" for rank, count in self._refused.items() if count]
        self._refused = dict.fromkeys(Rank, 0)
        return " and ".join(lost)
