"""A limit on how many connections are being opened at a time, which silent hosts cannot fill."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from .clock import Clock, TimerHandle

PATIENCE = 0.5
"""Seconds after which an opening that has not ended lends its place to the next one. It waits for a peer then, and is
no load on anybody; if it kept its place, 16 silent hosts would hold up all others for connect_timeout. The limit thus
bounds how fast openings begin: `limit` at once, and `limit` more per PATIENCE."""

LATENESS = 1 / 16
"""The share of it that it may last longer, so that many openings have one timer."""


class Gate:
    """At most `limit` openings in their first moments; first come, first served."""

    def __init__(self, limit: int, clock: Clock, *, patience: float = PATIENCE) -> None:
        self.limit = limit
        self.under_way = 0
        self.clock = clock
        self.patience = patience
        self.places = asyncio.Semaphore(limit)

    def sibling(self, limit: int) -> Gate:
        """Another gate with the same clock and patience."""
        return Gate(limit, self.clock, patience=self.patience)

    def place(self, *, begun: bool = True) -> Place:
        """To wait for a place, and hold it through an `async with` or until patience ends.

        Not `begun`: patience begins with `Place.begin`, for an opening that has another gate to pass first.
        """
        return Place(self, begun)


class Place:
    """One opening's place in a gate. A class, for a generator would cost three times as much."""

    __slots__ = ("_begun", "_gate", "_held", "_timer")

    def __init__(self, gate: Gate, begun: bool) -> None:
        self._gate = gate
        self._begun = begun
        self._held = False
        self._timer: TimerHandle | None = None

    async def __aenter__(self) -> Self:
        gate = self._gate
        await gate.places.acquire()
        self._held = True
        gate.under_way += 1
        if self._begun:
            self.begin()
        return self

    def begin(self) -> None:
        """The opening begins, and patience with it."""
        gate = self._gate
        self._timer = gate.clock.call_later(gate.patience, self._give_back, gate.patience * LATENESS)

    def keep(self, patience: float) -> None:
        """Hold it for so many seconds from now instead, unless it is lent already."""
        if self._held and self._timer is not None:
            self._timer.cancel()
            self._timer = self._gate.clock.call_later(patience, self._give_back, patience * LATENESS)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gate.under_way -= 1
        if self._timer is not None:
            self._timer.cancel()
        self._give_back()

    def _give_back(self) -> None:
        if self._held:
            self._held = False
            self._gate.places.release()
