"""From changes of the fleet's view to messages for the screen, not too often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..monitor.follower import Changed
from .messages import FleetChanged
from .services import Fleet, Follower

SHORTEST_GAP = 0.1
"""Seconds between two messages to the screen: a person sees no more than ten changes a second."""


class FleetBridge:
    """Sends `FleetChanged` while its block is entered.

    A change of state is told at once when nothing was told during the last tenth of a second; samples alone wait for
    the refresh period. `send` must not block; it is called on the event loop.
    """

    def __init__(
        self, follower: Follower, fleet: Fleet, send: Callable[[FleetChanged], object], refresh: float
    ) -> None:
        self._fleet = fleet
        self._send = send
        self._refresh = max(refresh, SHORTEST_GAP)
        self._changed: set[str] = set()
        self._all = False
        self._told_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._follower = follower
        self._stop: Callable[[], None] | None = None

    def __enter__(self) -> FleetBridge:
        self._stop = self._follower.listen(self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        if self._stop is not None:
            self._stop()
        self._drop_timer()

    def _heard(self, change: Changed) -> None:
        if change.hosts is None:
            self._all = True
        else:
            self._changed |= change.hosts
        loop = asyncio.get_running_loop()
        wait = max(0.0, self._told_at + SHORTEST_GAP - loop.time()) if change.urgent else self._refresh
        if wait == 0.0:
            self._flush()
        elif self._timer is None or loop.time() + wait < self._timer.when():
            self._drop_timer()
            self._timer = loop.call_later(wait, self._flush)

    def _drop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _flush(self) -> None:
        self._drop_timer()
        self._told_at = asyncio.get_running_loop().time()
        self._send(FleetChanged(self._fleet.rows(), None if self._all else frozenset(self._changed)))
        self._changed.clear()
        self._all = False
