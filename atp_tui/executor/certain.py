"""Sets of which it is not known of every id whether it is in. Pure.

What an operation says for sure holds however the unknown turns out; so nothing runs on a host by a guess.
"""

from __future__ import annotations

from typing import NamedTuple

IDS = frozenset[str]


class Certain(NamedTuple):
    """The ids that are `sure` to be in a set, and all that are `possible`, which are these and the unknown ones."""

    sure: IDS
    possible: IDS

    @classmethod
    def of(cls, ids: IDS) -> Certain:
        """A set that is known wholly."""
        return cls(ids, ids)

    def turned(self, every: IDS) -> Certain:
        """All of `every` that are not in this set."""
        return Certain(every - self.possible, every - self.sure)

    def joined(self, operator: str, other: Certain) -> Certain:
        """This set and the other one by `,` (both), `&` (in both), `!` (not in the other) or `^` (in one alone)."""
        (sure, possible), (also, perhaps) = self, other
        match operator:
            case "&":
                return Certain(sure & also, possible & perhaps)
            case "!":
                return Certain(sure - perhaps, possible - also)
            case "^":
                return Certain((sure - perhaps) | (also - possible), (possible - also) | (perhaps - sure))
            case _:
                return Certain(sure | also, possible | perhaps)
