"""The pool's decisions, apart from all I/O: a state machine with no await, no clock and no random of its own.

Each event (a checkout, a connection opened or lost, a tick of the housekeeper) is a method. It changes the counts and
returns a Plan: what the shell around it (`pool.py`) is to do. `now` is always the caller's, in monotonic seconds.

Rules kept here, and attacked by tests/unit/transport/test_core_properties.py:
  at most one slot of a pool is being opened or reconnected at a time; no slot is handed out beyond its places, which
  are requests_per_connection, or what its link can carry where that is less; what is leased or pinned is never closed,
  except by a cut at the end of draining; waiters are served first come, first served; the pool stays between min and
  max; a plan that was carried out leads to rest.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

from ..model.settings import PoolConfig
from .selection import Choose, Selector
from .slot import Phase, Plan, Slot, Waiter

C = TypeVar("C")


class PoolCore(Generic[C]):
    """Slots, waiters and settings of one pool. See the module's text for its rules."""

    def __init__(self, settings: PoolConfig, choose: Choose) -> None:
        self.settings = settings
        self.slots: dict[int, Slot[C]] = {}
        self.waiting: OrderedDict[Waiter[C], None] = OrderedDict()
        self.draining = False
        self._choose = choose
        self._selector = Selector(settings.selection_strategy, choose)
        self._usable: list[Slot[C]] = []  # READY and not retiring, in order of id: the list that checkout walks
        self._next_id = 1

    def __repr__(self) -> str:
        """Counts only: the debug view and the tests' oracle, after httpcore's."""
        uses = sum(slot.active_uses for slot in self.slots.values())
        return (
            f"<PoolCore slots={len(self.slots)} usable={len(self._usable)} uses={uses} waiting={len(self.waiting)}"
            f"{' draining' if self.draining else ''}>"
        )

    @property
    def usable(self) -> int:
        """How many slots can serve callers, full ones included."""
        return len(self._usable)

    def acquire(self) -> Slot[C] | None:
        """A place on a usable connection, at once, or None: then `enqueue`. The use is counted here."""
        if self.waiting or self.draining:
            return None
        slot = self._selector.select(self._usable)
        if slot is not None:
            slot.active_uses += 1
            if slot.active_uses > slot.high_water:
                slot.high_water = slot.active_uses
        return slot

    def release(self, slot: Slot[C], now: float) -> Plan[C] | None:
        """A use has ended. None: there is nothing to do, the usual case."""
        slot.active_uses -= 1
        if slot.active_uses == 0:
            slot.idle_since = now
        if slot.retiring is not None:
            return self._settle(slot, now)
        return self._hand_on(slot) if self.waiting else None

    def acquire_pin(self) -> Slot[C] | None:
        """Keep a usable connection open without taking one of its places; `release_pin` ends it."""
        if self.draining or not self._usable:
            return None
        slot = self._usable[0]
        slot.pins += 1
        return slot

    def release_pin(self, slot: Slot[C], now: float) -> Plan[C] | None:
        """A pin has ended."""
        slot.pins -= 1
        if slot.pins == 0:
            slot.idle_since = max(slot.idle_since, now)
        return self._settle(slot, now) if slot.retiring is not None else None

    def enqueue(self, waiter: Waiter[C], now: float) -> Plan[C]:
        """Put a caller at the end of the queue; the plan may serve it at once or open a connection for it."""
        plan: Plan[C] = Plan()
        self.waiting[waiter] = None
        first = next(iter(self.waiting))
        if first is waiter or first.pin:  # where others wait for places, there are none to be had
            self._serve(plan)
        if len(self.slots) < self.settings.max_connections_per_host:
            self._replenish(plan)
        return plan

    def abandon(self, waiter: Waiter[C]) -> None:
        """A caller no longer waits. One that was served already is not touched: it must `release`."""
        self.waiting.pop(waiter, None)

    def opened(self, slot: Slot[C], now: float, uniform: float, carries: int | None = None) -> Plan[C]:
        """A connection has become usable, for the first time or again. `uniform` (0 to 1) jitters its lifetime.

        `carries`: the uses that its link can have at a time, where that is fewer than requests_per_connection.
        """
        plan: Plan[C] = Plan()
        if slot.phase is not Phase.DOWN:
            return plan
        slot.phase = Phase.READY
        slot.failing = False
        slot.carries = carries
        slot.places = self._places(slot)
        slot.idle_since = now
        slot.opened_at = now
        slot.latency = 0.0
        # -5 %..0, as HikariCP and psycopg_pool do: connections opened together must not end together
        slot.lifetime_share = 1 - 0.05 * uniform
        self._index()
        self._serve(plan)
        self._replenish(plan)
        return plan

    def open_failed(self, slot: Slot[C], *, permanent: bool) -> Plan[C]:
        """One attempt to open or reconnect has failed; the connection goes on by itself unless the plan closes it.

        `permanent`: it does not go on by itself, and whoever waits for it would wait for nothing.
        """
        plan: Plan[C] = Plan()
        if slot.phase is not Phase.DOWN:
            return plan
        slot.failing = True
        if not self._usable:
            plan.failed = tuple(waiter for waiter in self.waiting if permanent or waiter.fail_fast)
            for waiter in plan.failed:
                del self.waiting[waiter]
        if not self._needed(slot):
            self._retire(slot, "failed", plan)
        return plan

    def lost(self, slot: Slot[C]) -> Plan[C]:
        """A usable connection has ended. It is kept for reconnecting where it is needed, else evicted."""
        plan: Plan[C] = Plan()
        if slot.phase is not Phase.READY:
            return plan
        slot.phase = Phase.DOWN
        slot.failing = True
        self._index()
        another_down = any(other is not slot and self._is_opening(other) for other in self.slots.values())
        if slot.retiring is not None:
            self._close_if_unused(slot, plan)
        elif another_down or not self._needed(slot):
            self._retire(slot, "lost", plan)
        self._replenish(plan)
        return plan

    def ended(self, slot: Slot[C]) -> Plan[C]:
        """Somebody who had it has closed the connection for good: another one takes its place."""
        plan: Plan[C] = Plan()
        if slot.phase is not Phase.GONE and slot.retiring is None:
            slot.phase = Phase.DOWN
            self._retire(slot, "closed", plan)
            self._replenish(plan)
        return plan

    def tick(self, now: float) -> Plan[C]:
        """The housekeeper's turn: lifetime, growth under load, idle eviction, the minimum."""
        plan: Plan[C] = Plan()
        if self.draining:
            return plan
        if not any(self._is_opening(slot) for slot in self.slots.values()):
            # one at a time, so that a pool that was opened at once is not closed at once
            expired = next((slot for slot in self._usable if self._expired(slot, now)), None)
            if expired is not None:
                self._retire(expired, "lifetime", plan)
        for slot in list(self.slots.values()):
            # one that grows the pool under load is needed by nobody, but has its first attempt to finish
            if slot.failing and self._is_opening(slot) and not self._needed(slot):
                self._retire(slot, "failed", plan)
        if not self._grow_under_load(plan):
            self._evict_idle(now, plan)
        self._replenish(plan)
        return plan

    def configure(self, settings: PoolConfig) -> Plan[C]:
        """Take new settings. Connections above a lower maximum close, those in use after their last use."""
        plan: Plan[C] = Plan()
        self.settings = settings
        self._selector = Selector(settings.selection_strategy, self._choose)
        for slot in self.slots.values():
            slot.places = self._places(slot)
        if self.draining:
            return plan
        staying = sorted(
            (slot for slot in self.slots.values() if slot.retiring is None),
            key=lambda slot: (slot.phase is not Phase.READY, -slot.active_uses, -slot.idle_since),
        )
        for slot in staying[settings.max_connections_per_host :]:
            self._retire(slot, "resized", plan)
        self._serve(plan)
        self._replenish(plan)
        return plan

    def demand(self) -> Plan[C]:
        """A person wants this host connected: open one connection if there is none."""
        plan: Plan[C] = Plan()
        if not self.draining and not any(slot.retiring is None for slot in self.slots.values()):
            self._open(plan)
        return plan

    def drain(self) -> Plan[C]:
        """Serve nobody any more: fail the waiters, close what is unused, the rest after its last use."""
        plan: Plan[C] = Plan()
        self.draining = True
        plan.failed = tuple(self.waiting)
        self.waiting.clear()
        for slot in list(self.slots.values()):
            self._retire(slot, "drained", plan)
        return plan

    def cut(self) -> Plan[C]:
        """Draining has lasted long enough: close what is still in use."""
        plan: Plan[C] = Plan()
        for slot in list(self.slots.values()):
            self._remove(slot, "cut", plan)
        return plan

    # -- the rules -----------------------------------------------------------------------------------------------

    def _places(self, slot: Slot[C]) -> int:
        wanted = self.settings.requests_per_connection
        return wanted if slot.carries is None else min(wanted, slot.carries)

    @staticmethod
    def _is_opening(slot: Slot[C]) -> bool:
        return slot.phase is Phase.DOWN and slot.retiring is None

    def _expired(self, slot: Slot[C], now: float) -> bool:
        lifetime = self.settings.max_lifetime
        return bool(lifetime) and slot.opened_at + lifetime * slot.lifetime_share <= now

    def _needed(self, slot: Slot[C]) -> bool:
        """Whether a slot that is down is worth working on: the minimum or a waiter asks for it."""
        others = sum(1 for other in self.slots.values() if other is not slot and other.retiring is None)
        return others < self.settings.min_connections_per_host or bool(self.waiting)

    def _settle(self, slot: Slot[C], now: float) -> Plan[C]:
        plan: Plan[C] = Plan()
        if slot.retiring is not None:
            self._close_if_unused(slot, plan)
        self._serve(plan)
        self._replenish(plan)
        return plan

    def _hand_on(self, slot: Slot[C]) -> Plan[C] | None:
        """Callers wait, so all other connections are full: the place that has come free is the first caller's."""
        if slot.phase is not Phase.READY or slot.active_uses >= slot.places:
            return None
        plan: Plan[C] = Plan()
        waiter = next(iter(self.waiting))
        if waiter.pin:  # it takes no place, and those behind it may
            self._serve(plan)
        else:
            del self.waiting[waiter]
            slot.active_uses += 1
            plan.assign += ((waiter, slot),)
        return plan

    def _serve(self, plan: Plan[C]) -> None:
        while self.waiting and self._usable:
            waiter = next(iter(self.waiting))
            slot: Slot[C] | None
            if waiter.pin:
                slot = self._usable[0]
                slot.pins += 1
            else:
                slot = self._selector.select(self._usable)
                if slot is None:
                    return
                slot.active_uses += 1
                slot.high_water = max(slot.high_water, slot.active_uses)
            del self.waiting[waiter]
            plan.assign += ((waiter, slot),)

    def _replenish(self, plan: Plan[C]) -> None:
        if self.draining or len(self.slots) >= self.settings.max_connections_per_host:
            return
        staying = [slot for slot in self.slots.values() if slot.retiring is None]
        if any(slot.phase is Phase.DOWN for slot in staying):
            return
        if self.waiting or len(staying) < self.settings.min_connections_per_host:
            self._open(plan)

    def _grow_under_load(self, plan: Plan[C]) -> bool:
        if len(self.slots) >= self.settings.max_connections_per_host or not self._usable:
            return False
        if any(self._is_opening(slot) for slot in self.slots.values()):
            return False
        if self._busy() / len(self._usable) < self.settings.high_load_ratio:  # 0.28 * 25 is a little more than 7
            return False
        self._open(plan)
        return True

    def _busy(self) -> int:
        # A full connection is busy whatever the threshold says: with the defaults (threshold 5, 5 requests a
        # connection) "more than the threshold" alone could never come true. One whose link carries less than the
        # setting is full sooner, but not busy: where that is too little, callers wait, and the pool grows for them.
        busy = min(self.settings.high_load_threshold + 1, self.settings.requests_per_connection)
        return sum(1 for slot in self._usable if slot.active_uses >= busy)

    def _evict_idle(self, now: float, plan: Plan[C]) -> None:
        idle = [
            slot
            for slot in self._usable
            if not slot.active_uses and not slot.pins and now - slot.idle_since > self.settings.idle_timeout
        ]
        for slot in sorted(idle, key=lambda slot: slot.idle_since):
            left = len(self._usable) - 1
            # Without the second condition the next tick would open again what this one closes.
            if left < self.settings.min_connections_per_host or (
                left and self._busy() / left >= self.settings.high_load_ratio
            ):
                return
            self._retire(slot, "idle", plan)

    def _open(self, plan: Plan[C]) -> None:
        slot: Slot[C] = Slot(self._next_id)
        self._next_id += 1
        self.slots[slot.id] = slot
        plan.open += (slot,)

    def _retire(self, slot: Slot[C], reason: str, plan: Plan[C]) -> None:
        if slot.retiring is None:
            slot.retiring = reason
        self._close_if_unused(slot, plan)
        self._index()

    def _close_if_unused(self, slot: Slot[C], plan: Plan[C]) -> None:
        if not slot.active_uses and not slot.pins:
            self._remove(slot, slot.retiring or "closed", plan)

    def _remove(self, slot: Slot[C], reason: str, plan: Plan[C]) -> None:
        if self.slots.pop(slot.id, None) is not None:
            slot.phase = Phase.GONE
            slot.retiring = slot.retiring or reason
            plan.close += ((slot, reason),)
            self._index()

    def _index(self) -> None:
        self._usable = [slot for slot in self.slots.values() if slot.phase is Phase.READY and slot.retiring is None]
