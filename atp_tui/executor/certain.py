"""Sets of which it is not known of every id whether it is in. Pure.

What an operation says for sure holds however the unknown turns out; so nothing runs on a host by a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import and_, or_, sub, xor
from typing import NamedTuple

IDS = frozenset[str]

_PLAIN: Mapping[str, Callable[[IDS, IDS], IDS]] = {",": or_, "&": and_, "!": sub, "^": xor}


class Certain(NamedTuple):
    """The ids that are `sure` to be in a set, and all that are `possible`, which are these and the unknown ones."""

    sure: IDS
    possible: IDS

    @classmethod
    def of(cls, ids: IDS) -> Certain:
        """A set that is known wholly."""
        return cls(ids, ids)

    @property
    def whole(self) -> bool:
        """Whether nothing of it is unknown; two sets of a thousand ids need not be reckoned with then."""
        return self.sure is self.possible

    def turned(self, every: IDS) -> Certain:
        """All of `every` that are not in this set."""
        return Certain.of(every - self.sure) if self.whole else Certain(every - self.possible, every - self.sure)

    def with_all(self, others: Sequence[Certain]) -> Certain:
        """This set and all of the other ones together."""
        sure = self.sure.union(*(other.sure for other in others))
        if self.whole and all(other.whole for other in others):
            return Certain.of(sure)
        return Certain(sure, self.possible.union(*(other.possible for other in others)))

    def joined(self, operator: str, other: Certain) -> Certain:
        """This set and the other one by `,` (both), `&` (in both), `!` (not in the other) or `^` (in one alone)."""
        (sure, possible), (also, perhaps) = self, other
        if self.whole and other.whole:
            return Certain.of(_PLAIN[operator](sure, also))
        match operator:
            case "&":
                return Certain(sure & also, possible & perhaps)
            case "!":
                return Certain(sure - perhaps, possible - also)
            case "^":
                return Certain((sure - perhaps) | (also - possible), (possible - also) | (perhaps - sure))
            case _:
                return Certain(sure | also, possible | perhaps)
