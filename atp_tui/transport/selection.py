"""Which of the usable slots serves the next caller. Pure: no clock, and the random choice is an argument."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ..model.settings import SelectionStrategy
from .slot import Slot

C = TypeVar("C")

Choose = Callable[[int], int]
"""Given n, a number from 0 to n-1; `random.Random.randrange` in the program, a script in tests."""


class Selector:
    """Chooses by one strategy; round robin remembers the slot it served last."""

    def __init__(self, strategy: SelectionStrategy, choose: Choose) -> None:
        self.strategy = strategy
        self._choose = choose
        self._last = -1

    def select(self, slots: Sequence[Slot[C]]) -> Slot[C] | None:
        """A slot with fewer active uses than places, None if there is none. `slots` are usable and in order of id."""
        if len(slots) == 1:  # most pools have one connection
            (slot,) = slots
            if slot.active_uses >= slot.places:
                return None
            self._last = slot.id
            return slot
        if self.strategy is SelectionStrategy.ROUND_ROBIN:
            return self._round_robin(slots)
        free = [slot for slot in slots if slot.active_uses < slot.places]
        if not free:
            return None
        if len(free) == 1:
            return free[0]
        if self.strategy is SelectionStrategy.RANDOM:
            return free[self._choose(len(free))]
        if self.strategy is SelectionStrategy.LEAST_LATENCY:
            # The load on a connection counts as in the peak-EWMA balancers. A pool has a handful of connections and one
            # chooser who knows all their uses, so all are compared; drawing two is for many choosers who know less.
            return min(
                free, key=lambda slot: (slot.latency * (slot.active_uses + 1), slot.active_uses, slot.idle_since)
            )
        return min(free, key=lambda slot: (slot.active_uses, slot.idle_since))

    def _round_robin(self, slots: Sequence[Slot[C]]) -> Slot[C] | None:
        first = None
        for slot in slots:
            if slot.active_uses < slot.places:
                if slot.id > self._last:
                    self._last = slot.id
                    return slot
                if first is None:
                    first = slot
        if first is not None:
            self._last = first.id
        return first
