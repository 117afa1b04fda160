"""Which hosts the rules that stay are about: freezes, and the sets that `[guard]` names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..actions.held import Held, held_by, in_sets
from ..model.freeze import Frozen
from ..model.guard import GuardSettings
from ..model.host import HostInfo
from ..model.sets import Sets

Known = tuple[tuple[HostInfo, ...], Sets]


class Standing:
    """A panel asks at each of its updates: what was found is kept until rules, hosts or sets change.

    `hosts` gives all that are known, of which a verb uses some, since a set is what it is by all of them.
    """

    def __init__(self, hosts: Callable[[], tuple[HostInfo, ...]], sets: Callable[[], Sets]) -> None:
        self._hosts = hosts
        self._sets = sets
        self._held: tuple[tuple[Frozen, Known], tuple[Held, ...]] | None = None
        self._guarded: tuple[tuple[GuardSettings, Known], Mapping[str, tuple[str, ...]]] | None = None

    def held(self, frozen: Frozen) -> tuple[Held, ...]:
        """As held_by."""
        if not frozen.freezes:
            return ()
        of = frozen, (self._hosts(), self._sets())
        if self._held is None or self._held[0] != of:
            self._held = of, held_by(frozen, *of[1])
        return self._held[1]

    def guarded(self, guard: GuardSettings) -> Mapping[str, tuple[str, ...]]:
        """The sets of `[guard]` that each host is in."""
        if not (sets := self._sets()):
            return {}
        of = guard, (self._hosts(), sets)
        if self._guarded is None or self._guarded[0] != of:
            self._guarded = of, in_sets((*guard.protected, *guard.read_only), *of[1])
        return self._guarded[1]
