"""How busy a pool's usable slots are, and what follows of it: growing, and closing what is idle. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from ..model.settings import PoolConfig
from .slot import Slot

C = TypeVar("C")


def is_high(usable: Sequence[Slot[C]], settings: PoolConfig) -> bool:
    """Whether so many of them are busy that another connection should be opened."""
    if not usable:
        return False
    return _busy(usable, settings) / len(usable) >= settings.high_load_ratio  # 0.28 * 25 is a little more than 7


def _busy(usable: Sequence[Slot[C]], settings: PoolConfig) -> int:
    # A full connection is busy whatever the threshold says: with the defaults (threshold 5, 5 requests a
    # connection) "more than the threshold" alone could never come true. One whose link carries less than the
    # setting is full sooner, but not busy: where that is too little, callers wait, and the pool grows for them.
    busy = min(settings.high_load_threshold + 1, settings.requests_per_connection)
    return sum(1 for slot in usable if slot.active_uses >= busy)


def idle_to_close(usable: Sequence[Slot[C]], settings: PoolConfig, now: float) -> list[Slot[C]]:
    """Those that were idle for longer than idle_timeout, the longest first, as far as the pool can do without them."""
    idle = [
        slot
        for slot in usable
        if not slot.active_uses and not slot.pins and now - slot.idle_since > settings.idle_timeout
    ]
    idle.sort(key=lambda slot: slot.idle_since)
    busy, left = _busy(usable, settings), len(usable)
    for count in range(len(idle)):
        left -= 1
        # Without the second condition the next tick would open again what this one closes.
        if left < settings.min_connections_per_host or (left and busy / left >= settings.high_load_ratio):
            return idle[:count]
    return idle


def is_last_kept(slots: Iterable[Slot[C]], settings: PoolConfig) -> bool:
    """Whether work has all the connections that it may have where a link carries one call at a time: all but one."""
    least = settings.max_connections_per_host - 1
    return least > 0 and sum(1 for slot in slots if slot.active_uses - slot.samples >= slot.places) >= least
