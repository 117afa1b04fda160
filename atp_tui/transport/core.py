"""The pool's decisions, apart from all I/O: a state machine with no await, no clock and no random of its own.

Each event (a checkout, a connection opened or lost, a tick of the housekeeper) is a method. It changes the counts and
returns a Plan: what the shell around it (`pool.py`) is to do. `now` is always the caller's, in monotonic seconds.

Rules kept here, and attacked by tests/unit/transport/test_core_properties.py:
  at most one slot of a pool is being opened or reconnected at a time; no slot is handed out beyond its places, which
  are requests_per_connection, or what its link can carry where that is less; what is leased or pinned is never closed,
  except by a cut at the end of draining; the pool stays between min and max; a plan that was carried out leads to rest;
  waiters of a class are served first come, first served, and samples before work; where links carry one call at a
  time, work never has all the connections that the pool may have, if that is more than one: a sample finds a free one,
  one that another sample is about to give back, or one is opened for it.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from ..model.connection import Closed
from ..model.settings import PoolConfig
from .load import idle_to_close, is_high, is_last_kept
from .selection import Choose, Selector
from .slot import LeaseClass, Phase, Plan, Slot, Waiter
from .waiters import Waiters

C = TypeVar("C")

_WORK, _SAMPLE, _WATCH = LeaseClass.WORK, LeaseClass.SAMPLE, LeaseClass.WATCH  # plain names: checkout looks at them


class PoolCore(Generic[C]):
    """Slots, waiters and settings of one pool. See the module's text for its rules."""

    def __init__(self, settings: PoolConfig, choose: Choose, first_id: int = 1) -> None:
        self.settings = settings
        self.slots: dict[int, Slot[C]] = {}
        self.waiting: Waiters[C] = Waiters()
        self.draining = False
        self._choose = choose
        self._selector = Selector(settings.selection_strategy, choose)
        self._usable: list[Slot[C]] = []  # READY and not retiring, in order of id: the list that checkout walks
        self._samples, self._work = self.waiting.samples, self.waiting.work  # looked at by each checkout
        self._single = False  # whether there are links that carry one call at a time
        self._tight = False  # whether there are so many connections then that work may have all but one
        self.next_id = first_id

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

    def acquire(self, lease_class: LeaseClass = _WORK) -> Slot[C] | None:
        """A place on a usable connection, at once, or None: then `enqueue`. The use is counted here.

        WATCH keeps a usable connection open without taking one of its places.
        """
        if self.draining:
            return None
        if lease_class is _WATCH:
            return self._pinned()
        if self._samples or (self._work and lease_class is _WORK):
            return None
        slot = self._select(lease_class) if self._tight else self._selector.select(self._usable)
        if slot is not None:
            slot.active_uses += 1
            if slot.active_uses > slot.high_water:
                slot.high_water = slot.active_uses
            if lease_class is _SAMPLE:
                slot.samples += 1
        return slot

    def release(self, slot: Slot[C], now: float, lease_class: LeaseClass = _WORK) -> Plan[C] | None:
        """A lease of that class has ended. None: there is nothing to do, the usual case."""
        if lease_class is not _WORK:
            if lease_class is _WATCH:
                return self._unpinned(slot, now)
            slot.samples -= 1
        slot.active_uses -= 1
        if slot.active_uses == 0:
            slot.idle_since = now
        if slot.retiring is not None:
            return self._settle(slot)
        return self._hand_on(slot) if self._work or self._samples else None

    def _pinned(self) -> Slot[C] | None:
        if not self._usable:
            return None
        slot = self._usable[0]
        slot.pins += 1
        return slot

    def _unpinned(self, slot: Slot[C], now: float) -> Plan[C] | None:
        slot.pins -= 1
        if slot.pins == 0:
            slot.idle_since = max(slot.idle_since, now)
        return self._settle(slot) if slot.retiring is not None else None

    def enqueue(self, waiter: Waiter[C]) -> Plan[C]:
        """Put a caller at the end of its queue; the plan may serve it at once or open a connection for it."""
        plan: Plan[C] = Plan()
        if self.waiting.add(waiter):  # where others of its class wait, there is nothing to be had
            self._serve(plan)
        if len(self.slots) < self.settings.max_connections_per_host:
            self._replenish(plan)
        return plan

    def abandon(self, waiter: Waiter[C]) -> None:
        """A caller no longer waits. One that was served already is not touched: it must `release`."""
        self.waiting.discard(waiter)

    def clog(self, slot: Slot[C]) -> None:
        """The slot's link carries one call at a time, and may be busy with one that nobody waits for: lend it to none.

        That ends with `unclog`, and with the connection: the next link knows nothing of the call.
        """
        slot.clogged = True
        slot.places = self._places(slot)

    def unclog(self, slot: Slot[C]) -> Plan[C]:
        """The slot's link has answered, or is lost."""
        plan: Plan[C] = Plan()
        if slot.clogged:
            slot.clogged = False
            slot.places = self._places(slot)
            self._serve(plan)
            self._replenish(plan)
        return plan

    def opened(self, slot: Slot[C], now: float, uniform: float, carries: int | None = None) -> Plan[C]:
        """A connection has become usable, for the first time or again. `uniform` (0 to 1) jitters its lifetime.

        `carries`: the uses that its link can have at a time, where that is fewer than requests_per_connection.
        """
        plan: Plan[C] = Plan()
        if slot.phase is not Phase.DOWN:
            return plan
        slot.phase = Phase.READY
        slot.failing = False
        slot.clogged = False
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
                self.waiting.discard(waiter)
        if not self._needed(slot):
            self._retire(slot, Closed.FAILED, plan)
        return plan

    def lost(self, slot: Slot[C]) -> Plan[C]:
        """A usable connection has ended. It is kept for reconnecting where it is needed, else evicted."""
        plan: Plan[C] = Plan()
        if slot.phase is not Phase.READY:
            return plan
        slot.phase = Phase.DOWN
        slot.failing = True
        slot.clogged = False
        slot.places = self._places(slot)
        self._index()
        another_down = any(other is not slot and self._is_opening(other) for other in self.slots.values())
        if slot.retiring is not None:
            self._close_if_unused(slot, plan)
        elif another_down or not self._needed(slot):
            self._retire(slot, Closed.LOST, plan)
        self._serve(plan)  # as in `tick`
        self._replenish(plan)
        return plan

    def ended(self, slot: Slot[C]) -> Plan[C]:
        """Somebody who had it has closed the connection for good: another one takes its place."""
        plan: Plan[C] = Plan()
        if slot.phase is not Phase.GONE and slot.retiring is None:
            slot.phase = Phase.DOWN
            self._retire(slot, Closed.ENDED, plan)
            self._serve(plan)  # as in `tick`
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
                self._retire(expired, Closed.LIFETIME, plan)
        for slot in list(self.slots.values()):
            # one that grows the pool under load is needed by nobody, but has its first attempt to finish
            if slot.failing and self._is_opening(slot) and not self._needed(slot):
                self._retire(slot, Closed.FAILED, plan)
        if not self._grow_under_load(plan):
            for slot in idle_to_close(self._usable, self.settings, now):
                self._retire(slot, Closed.IDLE, plan)
        self._serve(plan)  # a clogged one counts as held by work: once it has gone, work may have the one kept free
        self._replenish(plan)
        return plan

    def configure(self, settings: PoolConfig) -> Plan[C]:
        """Take new settings. Connections above a lower maximum close, those in use after their last use."""
        plan: Plan[C] = Plan()
        self.settings = settings
        self._selector = Selector(settings.selection_strategy, self._choose)
        for slot in self.slots.values():
            slot.places = self._places(slot)
        self._index()
        if self.draining:
            return plan
        staying = sorted(
            (slot for slot in self.slots.values() if slot.retiring is None),
            key=lambda slot: (slot.phase is not Phase.READY, -slot.active_uses, -slot.idle_since),
        )
        for slot in staying[settings.max_connections_per_host :]:
            self._retire(slot, Closed.RESIZED, plan)
        self._serve(plan)
        self._replenish(plan)
        return plan

    def demand(self) -> Plan[C]:
        """A person wants this host connected: open one connection if there is none."""
        plan: Plan[C] = Plan()
        if not self.draining and not any(slot.retiring is None for slot in self.slots.values()):
            self._open(plan)
        return plan

    def drain(self, why: Closed = Closed.DRAINED) -> Plan[C]:
        """Serve nobody any more: fail the waiters, close what is unused, the rest after its last use."""
        plan: Plan[C] = Plan()
        self.draining = True
        plan.failed = tuple(self.waiting)
        self.waiting.clear()
        for slot in list(self.slots.values()):
            self._retire(slot, why, plan)
        return plan

    def cut(self) -> Plan[C]:
        """Draining has lasted long enough: close what is still in use."""
        plan: Plan[C] = Plan()
        for slot in list(self.slots.values()):
            self._remove(slot, Closed.CUT, plan)
        return plan

    # -- the rules -----------------------------------------------------------------------------------------------

    def _places(self, slot: Slot[C]) -> int:
        wanted = self.settings.requests_per_connection
        if slot.carries is None:
            return wanted
        return 0 if slot.clogged else min(wanted, slot.carries)

    def _select(self, lease_class: LeaseClass) -> Slot[C] | None:
        if lease_class is _WORK and self._tight and is_last_kept(self.slots.values(), self.settings):
            return self._selector.select([slot for slot in self._usable if slot.carries != 1])
        return self._selector.select(self._usable)

    def _wants_more(self) -> bool:
        """Whether somebody waits whom one more connection could serve."""
        if self.waiting.watches or self._samples:
            return True
        return bool(self._work) and not (self._tight and is_last_kept(self.slots.values(), self.settings))

    @staticmethod
    def _is_opening(slot: Slot[C]) -> bool:
        return slot.phase is Phase.DOWN and slot.retiring is None

    def _expired(self, slot: Slot[C], now: float) -> bool:
        lifetime = self.settings.max_lifetime
        return bool(lifetime) and slot.opened_at + lifetime * slot.lifetime_share <= now

    def _needed(self, slot: Slot[C]) -> bool:
        """Whether a slot that is down is worth working on: the minimum or a waiter asks for it."""
        others = sum(1 for other in self.slots.values() if other is not slot and other.retiring is None)
        return others < self.settings.min_connections_per_host or self._wants_more()

    def _settle(self, slot: Slot[C]) -> Plan[C]:
        plan: Plan[C] = Plan()
        self._close_if_unused(slot, plan)
        self._serve(plan)
        self._replenish(plan)
        return plan

    def _hand_on(self, slot: Slot[C]) -> Plan[C] | None:
        """Callers wait, so all other connections are full: the place that has come free is the first caller's."""
        plan: Plan[C] = Plan()
        if self._single:  # others may be free, and kept for samples
            self._serve(plan)
            self._replenish(plan)
            return plan
        if slot.phase is not Phase.READY or slot.active_uses >= slot.places:
            return None
        waiter, _ = (self._samples or self._work).popitem(last=False)
        self._assign(waiter, slot, plan)
        return plan

    def _serve(self, plan: Plan[C]) -> None:
        while self._usable and (waiter := self.waiting.first()) is not None:
            slot = self._usable[0] if waiter.lease_class is _WATCH else self._select(waiter.lease_class)
            if slot is None:
                return
            self.waiting.discard(waiter)
            self._assign(waiter, slot, plan)

    @staticmethod
    def _assign(waiter: Waiter[C], slot: Slot[C], plan: Plan[C]) -> None:
        if waiter.lease_class is _WATCH:
            slot.pins += 1
        else:
            slot.active_uses += 1
            slot.high_water = max(slot.high_water, slot.active_uses)
            if waiter.lease_class is _SAMPLE:
                slot.samples += 1
        plan.assign += ((waiter, slot),)

    def _replenish(self, plan: Plan[C]) -> None:
        if self.draining or len(self.slots) >= self.settings.max_connections_per_host:
            return
        staying = [slot for slot in self.slots.values() if slot.retiring is None]
        if any(slot.phase is Phase.DOWN for slot in staying):
            return
        if len(staying) < self.settings.min_connections_per_host or self._wants_more():
            self._open(plan)

    def _grow_under_load(self, plan: Plan[C]) -> bool:
        if len(self.slots) >= self.settings.max_connections_per_host or not is_high(self._usable, self.settings):
            return False
        if any(self._is_opening(slot) for slot in self.slots.values()):
            return False
        self._open(plan)
        return True

    def _open(self, plan: Plan[C]) -> None:
        slot: Slot[C] = Slot(self.next_id)
        self.next_id += 1
        self.slots[slot.id] = slot
        self._index()
        plan.open += (slot,)

    def _retire(self, slot: Slot[C], reason: Closed, plan: Plan[C]) -> None:
        if slot.retiring is None:
            slot.retiring = reason
        self._close_if_unused(slot, plan)
        self._index()

    def _close_if_unused(self, slot: Slot[C], plan: Plan[C]) -> None:
        if not slot.active_uses and not slot.pins:
            self._remove(slot, slot.retiring or Closed.ENDED, plan)

    def _remove(self, slot: Slot[C], reason: Closed, plan: Plan[C]) -> None:
        if self.slots.pop(slot.id, None) is not None:
            slot.phase = Phase.GONE
            slot.retiring = slot.retiring or reason
            plan.close += ((slot, reason),)
            self._index()

    def _index(self) -> None:
        self._usable = [slot for slot in self.slots.values() if slot.phase is Phase.READY and slot.retiring is None]
        self._single = any(slot.carries == 1 for slot in self.slots.values())
        self._tight = self._single and len(self.slots) >= self.settings.max_connections_per_host - 1
