"""The pool's core under hypothesis: every rule in core.py's text, at every step of random histories.

The machine plays the shell and a hostile world: leases of every class, cancels before and after being served, openings
that succeed late or fail, lost connections, calls that are given up, clock leaps, changing settings, draining.
"""

from __future__ import annotations

import random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from atp_tui.model.settings import PoolConfig, SelectionStrategy
from atp_tui.transport.core import PoolCore
from atp_tui.transport.slot import LeaseClass, Phase, Plan, Slot, Waiter

_Slot = Slot[Any]
_Waiter = Waiter[Any]

configs = st.integers(1, 5).flatmap(
    lambda most: st.builds(
        PoolConfig,
        max_connections_per_host=st.just(most),
        min_connections_per_host=st.integers(0, most),
        requests_per_connection=st.integers(1, 3),
        high_load_threshold=st.integers(0, 4),
        high_load_ratio=st.sampled_from([0.2, 0.5, 0.8, 1.0]),
        idle_timeout=st.sampled_from([1.0, 50.0]),
        max_lifetime=st.sampled_from([0.0, 100.0]),
        selection_strategy=st.sampled_from(list(SelectionStrategy)),
    )
)


classes = st.sampled_from([LeaseClass.WORK, LeaseClass.WORK, LeaseClass.SAMPLE, LeaseClass.WATCH])
leaps = st.sampled_from([0.0, 0.6, 10.0, 45.0, 60.0, 1e6])
"""Seconds: some shorter and some longer than the time-outs above."""


class PoolMachine(RuleBasedStateMachine):
    """Holds a model beside the core: who uses what, who waits in which order, what is open and since when."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.core: PoolCore[Any] = PoolCore(PoolConfig(), random.Random(0).randrange)
        self.uses: list[tuple[_Slot, LeaseClass]] = []
        self.queue: list[_Waiter] = []
        self.clogged: set[_Slot] = set()
        self.open: dict[int, _Slot] = {}
        self.gone: list[_Slot] = []
        self.steps = 0
        self.quiet_since: dict[_Slot, float] = {}
        self.opened_at: dict[_Slot, float] = {}
        self.most_allowed = self.core.settings.requests_per_connection
        self.perform(self.core.tick(self.now))

    # -- the shell -----------------------------------------------------------------------------------------------

    def perform(self, plan: Plan[Any] | None) -> None:
        if plan is None:
            return
        for slot, reason in plan.close:
            assert self.open.pop(slot.id) is slot
            self.gone.append(slot)
            if reason == "idle":
                assert self.now - self.quiet_since[slot] > self.core.settings.idle_timeout
            if reason == "lifetime":
                assert self.now - self.opened_at[slot] >= self.core.settings.max_lifetime * 0.95
            if reason != "cut":
                assert not any(used is slot for used, _ in self.uses), f"a slot in use was closed: {reason}"
            self.clogged.discard(slot)
        for waiter, slot in plan.assign:
            assert waiter is self.in_order()[0], "a waiter was overtaken"
            self.queue.remove(waiter)
            self.begin_use(slot, waiter.lease_class)
        for waiter in plan.failed:
            self.queue.remove(waiter)
        for slot in plan.open:
            assert slot.id not in self.open
            self.open[slot.id] = slot

    def in_order(self) -> list[_Waiter]:
        """Those who wait, in the order in which they are to be served: by class, then as they came."""
        order = [LeaseClass.WATCH, LeaseClass.SAMPLE, LeaseClass.WORK]
        return sorted(self.queue, key=lambda waiter: order.index(waiter.lease_class))

    def waiting(self, *classes: LeaseClass) -> list[_Waiter]:
        return [waiter for waiter in self.queue if waiter.lease_class in classes]

    def begin_use(self, slot: _Slot, lease_class: LeaseClass) -> None:
        self.uses.append((slot, lease_class))
        assert slot.phase is Phase.READY
        assert slot.retiring is None, "what is to close would never come free"
        if lease_class is not LeaseClass.WATCH:
            assert slot.active_uses <= self.places_of(slot)
            assert slot not in self.clogged
        if lease_class is LeaseClass.WORK and slot.carries == 1 and self.most > 1:
            assert self.held_by_work() < self.most, "nothing is left for a sample"

    @property
    def most(self) -> int:
        return self.core.settings.max_connections_per_host

    def held_by_work(self) -> int:
        """The connections of which work has every place, or of which a call that was given up has the only one."""
        return sum(
            1
            for slot in self.open.values()
            if sum(1 for use in self.uses if use == (slot, LeaseClass.WORK)) >= self.places_of(slot)
        )

    def is_kept_from_work(self, slot: _Slot) -> bool:
        return slot.carries == 1 and self.most > 1 and self.held_by_work() >= self.most - 1

    def places_of(self, slot: _Slot) -> int:
        limit = self.core.settings.requests_per_connection
        if slot.phase is Phase.DOWN and slot.carries is None and not slot.failing:
            return max(1, slot.places)  # it was never open
        return 0 if slot in self.clogged else min(limit, slot.carries or limit)

    def of_phase(self, phase: Phase) -> list[_Slot]:
        return [slot for slot in self.open.values() if slot.phase is phase]

    # -- the world -----------------------------------------------------------------------------------------------

    @rule(count=st.integers(1, 5), lease_class=classes, fail_fast=st.booleans())
    def callers_come(self, count: int, lease_class: LeaseClass, fail_fast: bool) -> None:
        for _ in range(count):
            self.check_out(lease_class, fail_fast)

    def check_out(self, lease_class: LeaseClass, fail_fast: bool) -> None:
        if self.core.draining:
            assert self.core.acquire(lease_class) is None
            return
        slot = self.core.acquire(lease_class)
        if slot is not None:
            if lease_class is not LeaseClass.WATCH:
                ahead = {LeaseClass.SAMPLE, lease_class}
                assert not self.waiting(*ahead), "a newcomer overtook the queue"
            self.begin_use(slot, lease_class)
            return
        waiter: _Waiter = Waiter(lease_class=lease_class, fail_fast=fail_fast)
        self.queue.append(waiter)
        self.perform(self.core.enqueue(waiter))

    @precondition(lambda self: self.uses)
    @rule(data=st.data())
    def one_gives_back(self, data: st.DataObject) -> None:
        self.give_back(data.draw(st.integers(0, len(self.uses) - 1)))

    @precondition(lambda self: self.uses)
    @rule(leaps=st.lists(leaps, max_size=3))
    def all_give_back(self, leaps: list[float]) -> None:
        """The pool, perhaps a grown one, then has some quiet moments. Those who are served meanwhile stay."""
        for _ in range(len(self.uses)):
            self.give_back(0)
        for leap in leaps:
            self.keep_house(leap)

    def give_back(self, index: int) -> None:
        slot, lease_class = self.uses.pop(index)
        self.quiet_since[slot] = self.now
        self.perform(self.core.release(slot, self.now, lease_class))

    @precondition(lambda self: any(slot.carries == 1 for slot, _ in self.uses))
    @rule(data=st.data())
    def one_gives_up_a_call_and_gives_back(self, data: st.DataObject) -> None:
        """Where a link carries one call, nobody is to wait behind it there."""
        which = [index for index, (slot, _) in enumerate(self.uses) if slot.carries == 1 and slot.phase is Phase.READY]
        if which:
            index = data.draw(st.sampled_from(which))
            self.clogged.add(self.uses[index][0])
            self.core.clog(self.uses[index][0])
            self.give_back(index)

    @precondition(lambda self: self.clogged)
    @rule(data=st.data())
    def the_call_ends_after_all(self, data: st.DataObject) -> None:
        slot = data.draw(st.sampled_from(sorted(self.clogged, key=lambda slot: slot.id)))
        self.clogged.remove(slot)
        self.perform(self.core.unclog(slot))

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def cancel_while_waiting(self, data: st.DataObject) -> None:
        self.core.abandon(self.queue.pop(data.draw(st.integers(0, len(self.queue) - 1))))

    @precondition(lambda self: self.of_phase(Phase.DOWN))
    @rule(data=st.data(), uniform=st.floats(0, 1), carries=st.sampled_from([None, 1, 2]))
    def open_succeeds(self, data: st.DataObject, uniform: float, carries: int | None) -> None:
        self.opens(data.draw(st.sampled_from(self.of_phase(Phase.DOWN))), uniform, carries)

    @precondition(lambda self: self.of_phase(Phase.DOWN))
    @rule(data=st.data())
    def all_openings_succeed(self, data: st.DataObject) -> None:
        """Also those that come of it: with waiters or a minimum, one follows the other."""
        uniform = data.draw(st.floats(0, 1))
        while slots := self.of_phase(Phase.DOWN):
            self.opens(slots[0], uniform)

    def opens(self, slot: _Slot, uniform: float, carries: int | None = None) -> None:
        self.quiet_since[slot] = self.now
        if not slot.retiring:  # what retires already has its reason from before
            self.opened_at[slot] = self.now
        self.clogged.discard(slot)  # the next link knows nothing of the call
        self.perform(self.core.opened(slot, self.now, uniform, carries))

    @precondition(lambda self: self.gone)
    @rule(data=st.data(), news=st.sampled_from(["opened", "failed", "lost", "ended"]))
    def late_news_comes(self, data: st.DataObject, news: str) -> None:
        """What is still heard of a slot that is gone must change nothing."""
        slot = data.draw(st.sampled_from(self.gone))
        plan = {
            "opened": lambda: self.core.opened(slot, self.now, 0.5),
            "failed": lambda: self.core.open_failed(slot, permanent=True),
            "lost": lambda: self.core.lost(slot),
            "ended": lambda: self.core.ended(slot),
        }[news]()
        assert not plan
        assert slot.phase is Phase.GONE

    @precondition(lambda self: self.of_phase(Phase.DOWN))
    @rule(permanent=st.booleans(), closed=st.booleans(), data=st.data())
    def open_fails(self, permanent: bool, closed: bool, data: st.DataObject) -> None:
        slot = data.draw(st.sampled_from(self.of_phase(Phase.DOWN)))
        if permanent and closed:
            self.perform(self.core.ended(slot))
            assert slot.retiring
            return
        before = list(self.queue)
        self.perform(self.core.open_failed(slot, permanent=permanent))
        if self.core.usable:
            assert self.queue == before, "a waiter failed that another connection can serve"
        elif permanent:
            assert not self.queue, "a waiter was left waiting for what cannot come"
        else:
            assert self.queue == [waiter for waiter in before if not waiter.fail_fast]
        self.is_worked_for(slot)

    @precondition(lambda self: self.of_phase(Phase.READY))
    @rule(data=st.data(), closed=st.booleans())
    def connection_dies(self, data: st.DataObject, closed: bool) -> None:
        """Or somebody who had it has `closed` it for good."""
        slot = data.draw(st.sampled_from(self.of_phase(Phase.READY)))
        if not closed:
            self.clogged.discard(slot)
        self.perform(self.core.ended(slot) if closed else self.core.lost(slot))
        assert slot.retiring or not closed
        self.is_worked_for(slot)

    def is_worked_for(self, slot: _Slot) -> None:
        """A connection that is down is worth its attempts only where the minimum or a waiter asks for it."""
        others = sum(1 for other in self.open.values() if other is not slot and other.retiring is None)
        assert slot.retiring or self.wants_more() or others < self.core.settings.min_connections_per_host

    def wants_more(self) -> bool:
        """Whether somebody waits whom another connection could serve; work must leave one to samples."""
        if self.waiting(LeaseClass.WATCH, LeaseClass.SAMPLE):
            return True
        single = any(slot.carries == 1 for slot in self.open.values())
        return bool(self.queue) and not (single and self.most > 1 and self.held_by_work() >= self.most - 1)

    @rule(leap=leaps)
    def housekeeping(self, leap: float) -> None:
        self.keep_house(leap)

    def keep_house(self, leap: float) -> None:
        self.now += leap
        self.perform(self.core.tick(self.now))
        for slot in self.of_phase(Phase.DOWN):
            if slot.failing:
                self.is_worked_for(slot)

    @initialize(config=configs)
    def begin_with_settings(self, config: PoolConfig) -> None:
        self.take_settings(config)

    @rule(config=configs)
    def change_settings(self, config: PoolConfig) -> None:
        self.take_settings(config)

    def take_settings(self, config: PoolConfig) -> None:
        self.most_allowed = max(self.most_allowed, config.requests_per_connection)
        self.perform(self.core.configure(config))

    @precondition(lambda self: len(self.open) < 2)
    @rule()
    def person_asks(self) -> None:
        self.perform(self.core.demand())
        assert self.core.draining or self.core.slots

    @precondition(lambda self: self.steps > 25)  # most histories go on without it
    @rule()
    def drain(self) -> None:
        self.perform(self.core.drain())

    @precondition(lambda self: self.core.draining)
    @rule()
    def cut(self) -> None:
        self.perform(self.core.cut())
        assert not self.core.slots

    # -- what must hold at every step ----------------------------------------------------------------------------

    @invariant()
    def one_more_step(self) -> None:
        self.steps += 1

    @invariant()
    def uses_are_counted_exactly(self) -> None:
        for slot in self.open.values():
            kinds = [lease_class for used, lease_class in self.uses if used is slot]
            assert slot.active_uses == len(kinds) - kinds.count(LeaseClass.WATCH)
            assert slot.samples == kinds.count(LeaseClass.SAMPLE)
            assert slot.pins == kinds.count(LeaseClass.WATCH)
            assert slot.active_uses <= slot.high_water <= self.most_allowed

    @invariant()
    def what_retires_closes_with_its_last_use(self) -> None:
        assert not any(slot.retiring and not slot.active_uses and not slot.pins for slot in self.open.values())

    @invariant()
    def core_and_shell_agree_on_what_is_open(self) -> None:
        assert self.core.slots == self.open

    @invariant()
    def waiters_are_the_same_in_the_same_order(self) -> None:
        assert list(self.core.waiting) == self.in_order()

    @invariant()
    def never_above_the_maximum(self) -> None:
        most = self.core.settings.max_connections_per_host
        assert sum(1 for slot in self.open.values() if slot.retiring is None) <= most

    @invariant()
    def one_opening_at_a_time(self) -> None:
        assert sum(1 for slot in self.of_phase(Phase.DOWN) if slot.retiring is None) <= 1

    @invariant()
    def nobody_waits_beside_a_free_place(self) -> None:
        usable = [slot for slot in self.of_phase(Phase.READY) if slot.retiring is None]
        free = [slot for slot in usable if slot.active_uses < self.places_of(slot)]
        assert not (usable and self.waiting(LeaseClass.WATCH))
        assert not (free and self.waiting(LeaseClass.SAMPLE))
        if self.waiting(LeaseClass.WORK):
            assert all(self.is_kept_from_work(slot) for slot in free)

    @invariant()
    def waiters_and_the_minimum_are_being_worked_for(self) -> None:
        """Whoever waits, or whatever the minimum lacks: something is being opened, or the pool is full."""
        if self.core.draining:
            assert not self.queue
            return
        staying = [slot for slot in self.open.values() if slot.retiring is None]
        if self.wants_more() or len(staying) < self.core.settings.min_connections_per_host:
            opening = any(slot.phase is Phase.DOWN for slot in staying)
            assert opening or len(self.open) >= self.core.settings.max_connections_per_host

    @precondition(lambda self: not (self.uses or self.queue or self.core.draining))
    @rule()
    def housekeeping_comes_to_rest(self) -> None:
        """With time standing still and every opening successful, ticks stop changing anything.

        Not while there are uses: growth under load is a change on purpose.
        """
        for _ in range(40):
            for slot in self.of_phase(Phase.DOWN):
                self.opens(slot, 0.0)
            plan = self.core.tick(self.now)
            self.perform(plan)
            if not plan and not self.of_phase(Phase.DOWN):
                break
        else:
            raise AssertionError("the plan never comes to rest")
        assert len(self.open) >= self.core.settings.min_connections_per_host


PoolMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestPoolMachine = PoolMachine.TestCase
