"""Single decisions of the pool's core that the random histories rarely reach."""

from __future__ import annotations

import pytest

from atp_tui.model.settings import PoolConfig
from atp_tui.transport.core import PoolCore
from atp_tui.transport.slot import LeaseClass, Slot, Waiter


def full_pool(config: PoolConfig) -> PoolCore[None]:
    """A pool at its minimum, every connection open."""
    core: PoolCore[None] = PoolCore(config, lambda count: 0)
    plan = core.tick(0.0)
    while plan.open:
        plan = core.opened(plan.open[0], 0.0, 0.0)
    return core


def test_idle_eviction_does_not_undo_growth_under_load() -> None:
    """With four of five busy, closing the idle fifth would have the next tick open it again."""
    core = full_pool(PoolConfig(max_connections_per_host=5, min_connections_per_host=5, requests_per_connection=1))
    for _ in range(4):
        assert core.acquire() is not None
    core.configure(PoolConfig(max_connections_per_host=5, min_connections_per_host=1, requests_per_connection=1))
    for moment in range(1000, 1010):
        assert not core.tick(float(moment))


def test_load_grows_the_pool_by_one_a_tick() -> None:
    core = full_pool(PoolConfig(max_connections_per_host=4, min_connections_per_host=1, requests_per_connection=5))
    for _ in range(5):
        core.acquire()
    plan = core.tick(1.0)
    assert len(plan.open) == 1
    assert not core.tick(2.0), "one opening at a time"
    core.opened(plan.open[0], 3.0, 0.0)
    assert not core.tick(4.0), "half of the connections are idle now"


def test_idle_for_exactly_the_timeout_stays() -> None:
    config = PoolConfig(min_connections_per_host=2, idle_timeout=10, max_lifetime=0)
    core = full_pool(config)
    core.configure(PoolConfig(min_connections_per_host=0, idle_timeout=10, max_lifetime=0))
    assert not core.tick(10.0)
    assert [reason for _, reason in core.tick(10.001).close] == ["idle", "idle"]


def test_of_those_that_are_idle_at_once_the_oldest_goes_first_and_the_minimum_stays() -> None:
    core = full_pool(PoolConfig(max_connections_per_host=3, min_connections_per_host=3, max_lifetime=0))
    first, second, third = core.slots.values()
    assert [core.acquire(), core.acquire(), core.acquire()] == [first, second, third]
    for slot, moment in ((second, 10.0), (third, 20.0), (first, 30.0)):
        core.release(slot, moment)
    core.configure(PoolConfig(min_connections_per_host=1, idle_timeout=10, max_lifetime=0))
    assert core.tick(100.0).close == ((second, "idle"), (third, "idle"))


def test_a_lower_maximum_closes_first_what_is_of_least_use() -> None:
    core = full_pool(PoolConfig(max_connections_per_host=4, min_connections_per_host=4))
    first, second, third, fourth = core.slots.values()
    assert [core.acquire(), core.acquire(), core.acquire()] == [first, second, third]
    core.release(second, 10.0)
    core.release(first, 20.0)
    core.lost(third)
    closed = [
        [slot for slot, _ in core.configure(PoolConfig(max_connections_per_host=most)).close] for most in (3, 2, 1)
    ]
    assert third.retiring, "one that is down goes first, after its last use"
    assert closed == [[], [fourth], [second]], "then the one that has been idle for longest"


def test_an_opening_that_failed_ends_when_nobody_waits_for_it_any_more() -> None:
    core: PoolCore[None] = PoolCore(PoolConfig(min_connections_per_host=0), lambda count: 0)
    waiter: Waiter[None] = Waiter()
    slot = core.enqueue(waiter).open[0]
    assert not core.open_failed(slot, permanent=False), "somebody waits"
    core.abandon(waiter)
    assert core.tick(30.0).close == ((slot, "failed"),)


def test_idle_time_begins_with_the_end_of_the_last_pin() -> None:
    config = PoolConfig(min_connections_per_host=0, idle_timeout=10, max_lifetime=0)
    core: PoolCore[None] = PoolCore(config, lambda count: 0)
    core.opened(core.demand().open[0], 0.0, 0.0)
    pinned = core.acquire(LeaseClass.WATCH)
    assert pinned is not None
    assert not core.tick(100.0)
    assert not core.release(pinned, 100.0, LeaseClass.WATCH)
    assert not core.tick(110.0)
    assert [reason for _, reason in core.tick(110.1).close] == ["idle"]


def test_lifetime_closes_one_at_a_time_and_the_minimum_is_refilled() -> None:
    core = full_pool(PoolConfig(min_connections_per_host=3, max_lifetime=100))
    plan = core.tick(101.0)
    assert [reason for _, reason in plan.close] == ["lifetime"]
    assert len(plan.open) == 1
    assert not core.tick(102.0), "the next one goes when its replacement is open"


def test_one_that_carries_a_single_request_is_no_load_while_it_works() -> None:
    core: PoolCore[None] = PoolCore(PoolConfig(), lambda count: 0)
    slot = core.tick(0.0).open[0]
    core.opened(slot, 0.0, 0.0, carries=1)
    assert core.acquire() is slot
    assert core.acquire() is None, "it is full"
    assert not core.tick(1.0).open, "nobody waits: one request at a time is no load"
    assert core.enqueue(Waiter()).open, "somebody waits: another one is opened at once"


@pytest.mark.parametrize(("uniform", "lifetime"), [(0.0, 100.0), (0.5, 97.5), (1.0, 95.0)])
def test_lifetime_is_cut_by_a_twentieth_at_most_and_ends_then(uniform: float, lifetime: float) -> None:
    core: PoolCore[None] = PoolCore(PoolConfig(max_lifetime=100, idle_timeout=1000), lambda count: 0)
    core.opened(core.tick(0.0).open[0], 10.0, uniform)
    assert not core.tick(10 + lifetime - 0.001)
    assert [reason for _, reason in core.tick(10 + lifetime).close] == ["lifetime"]


def test_a_connection_that_is_lost_is_no_longer_held_by_the_call_that_was_given_up_on_it() -> None:
    core: PoolCore[None] = PoolCore(PoolConfig(max_connections_per_host=2, min_connections_per_host=2), lambda count: 0)
    plan = core.tick(0.0)
    while plan.open:
        plan = core.opened(plan.open[0], 0.0, 0.0, carries=1)
    first, second = core.slots.values()
    assert core.acquire() is first
    core.clog(first)
    core.release(first, 1.0)
    assert core.acquire() is None, "the other one is kept for samples"
    assert not core.lost(first).close, "the minimum wants it back"
    assert core.acquire() is second


def full_but_for_one_kept_free() -> tuple[PoolCore[None], Waiter[None], list[Slot[None]]]:
    """Three connections that carry one call each: a call was given up on the first, work has the second, and the third
    is kept for samples while work waits."""
    core: PoolCore[None] = PoolCore(PoolConfig(max_connections_per_host=3, min_connections_per_host=3), lambda count: 0)
    plan = core.tick(0.0)
    while plan.open:
        plan = core.opened(plan.open[0], 0.0, 0.0, carries=1)
    first, second, third = core.slots.values()
    assert core.acquire() is first
    assert core.acquire() is second
    core.clog(first)
    core.release(first, 0.0)
    waiter: Waiter[None] = Waiter()
    assert not core.enqueue(waiter)
    return core, waiter, [first, second, third]


def test_work_that_waits_has_the_one_kept_free_once_an_idle_one_is_closed() -> None:
    core, waiter, (first, _, third) = full_but_for_one_kept_free()
    core.settings = PoolConfig(max_connections_per_host=3, min_connections_per_host=0)
    third.idle_since = 1e6  # a sample had it a moment ago
    plan = core.tick(1e6)
    assert [slot for slot, _ in plan.close] == [first]
    assert plan.assign == ((waiter, third),)


@pytest.mark.parametrize("news", ["lost", "ended"])
def test_work_that_waits_has_the_one_kept_free_once_another_one_has_gone(news: str) -> None:
    core, waiter, (first, _, third) = full_but_for_one_kept_free()
    plan = core.lost(first) if news == "lost" else core.ended(first)
    assert plan.assign == ((waiter, third),)
