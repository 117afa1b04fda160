"""ConnectionPool, row by row of its specification, in virtual time: a manager of one or two hosts over a FakeDriver."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import AtpError, AuthFailed, CheckoutTimeout, ConnectFailed, PoolClosed, TooManyWaiters
from atp_tui.model.settings import Jitter, PoolConfig, ReconnectConfig, SelectionStrategy, TransportConfig
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.manager import TransportManager
from atp_tui.transport.pool import ConnectionPool
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import VirtualClock, run_virtual
from tests.unit.transport.settled import answer, now, tcp_host

S = ConnectionState
POOL = PoolConfig(max_connections_per_host=3, requests_per_connection=1, management_interval=5, idle_timeout=20)
CONFIG = TransportConfig(
    connect_timeout=5,
    heartbeat_interval=1000,
    call_timeout=5,
    pool=POOL,
    reconnect=ReconnectConfig(jitter=Jitter.NONE, slow_lane=0),
)


def managed(
    driver: FakeDriver, config: TransportConfig = CONFIG, clock: VirtualClock | None = None
) -> TransportManager:
    return TransportManager(config, lambda *_: driver, clock=clock or VirtualClock(), rng=random.Random(1))


def with_pool(**changes: object) -> TransportConfig:
    return replace(CONFIG, pool=replace(POOL, **changes))  # type: ignore[arg-type]


async def pool_of(manager: TransportManager) -> ConnectionPool:
    """The pool of a first host, connected."""
    await manager.add_host(tcp_host())
    await manager.execute_on_host("a", answer)
    return manager._entries["a"].main


async def held(pool: ConnectionPool, seconds: float) -> int:
    async with pool.lease() as connection:
        await asyncio.sleep(seconds)
        return connection.id


# -- leases ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["return", "error", "cancel", "cancel while waiting"])
def test_a_lease_ends_however_it_ends(how: str) -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with managed(driver, with_pool(max_connections_per_host=1)) as manager:
            pool = await pool_of(manager)

            async def use() -> None:
                async with pool.lease() as connection:
                    assert manager.stats()["a"].total_active_uses == 1
                    await connection.call(lambda virt: 1 / 0 if how == "error" else 1)
                    await asyncio.sleep(0 if how == "return" else 10)

            holder = asyncio.create_task(held(pool, 5)) if how == "cancel while waiting" else None
            await asyncio.sleep(0)
            user = asyncio.create_task(use())
            await asyncio.sleep(1)
            if how.startswith("cancel"):
                user.cancel()
            (result,) = await asyncio.gather(user, return_exceptions=True)
            kinds = {"return": type(None), "error": ZeroDivisionError}
            assert type(result) is kinds.get(how, asyncio.CancelledError)
            if holder is not None:
                await holder
            stats = manager.stats()["a"]
            assert (stats.total_active_uses, stats.waiting) == (0, 0)
            assert await manager.execute_on_host("a", answer) == "yes"

    run_virtual(main())


def test_waiters_are_served_in_their_order_and_late_ones_do_not_overtake() -> None:
    async def main() -> None:
        async with managed(FakeDriver(), with_pool(max_connections_per_host=1)) as manager:
            pool = await pool_of(manager)
            served: list[int] = []

            async def use(number: int) -> None:
                async with pool.lease():
                    served.append(number)
                    await asyncio.sleep(1)

            async with asyncio.TaskGroup() as users:
                for number in range(10):
                    users.create_task(use(number))
                    await asyncio.sleep(0.3)  # newcomers arrive while others are being served
            assert served == list(range(10))

    run_virtual(main())


def test_a_waiter_has_a_deadline_of_its_own_and_leaves_the_queue() -> None:
    async def main() -> None:
        async with managed(FakeDriver(), with_pool(max_connections_per_host=1)) as manager:
            pool = await pool_of(manager)
            holder = asyncio.create_task(held(pool, 10))
            await asyncio.sleep(0)
            begun = now()
            with pytest.raises(CheckoutTimeout) as caught:
                async with pool.lease(2):
                    pass
            assert now() - begun == pytest.approx(2)
            assert caught.value.host == "a"
            assert manager.stats()["a"].waiting == 0
            await holder

    run_virtual(main())


def test_a_longer_queue_than_max_waiters_is_refused_at_once() -> None:
    async def main() -> None:
        async with managed(FakeDriver(), with_pool(max_connections_per_host=1, max_waiters=2)) as manager:
            pool = await pool_of(manager)
            users = [asyncio.create_task(held(pool, 1)) for _ in range(3)]
            await asyncio.sleep(0)
            begun = now()
            with pytest.raises(TooManyWaiters, match="2 callers wait"):
                await held(pool, 1)
            assert now() == begun
            assert len(await asyncio.gather(*users)) == 3

    run_virtual(main())


def test_a_caller_that_is_cancelled_in_the_moment_it_is_served_gives_its_place_to_the_next() -> None:
    async def main() -> None:
        async with managed(FakeDriver(), with_pool(max_connections_per_host=1, requests_per_connection=1)) as manager:
            pool = await pool_of(manager)
            lease = pool.lease()
            await lease.acquire()
            served, after = (asyncio.create_task(held(pool, 1)) for _ in range(2))
            await asyncio.sleep(0)
            lease.release()
            served.cancel()
            await asyncio.wait([served])
            assert served.cancelled()
            async with asyncio.timeout(2):
                await after
            assert pool.statistics().total_active_uses == 0

    run_virtual(main())


# -- selection ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", SelectionStrategy)
def test_dead_connections_are_not_handed_out(strategy: SelectionStrategy) -> None:
    async def main() -> None:
        driver = FakeDriver()
        config = with_pool(min_connections_per_host=3, requests_per_connection=5, selection_strategy=strategy)
        async with managed(driver, config) as manager:
            pool = await pool_of(manager)
            await asyncio.sleep(10)
            assert len(driver.live) == 3
            driver.script = lambda request: ConnectFailed("refused")
            driver.links[1].lose()
            driver.links[2].lose()
            got = [await held(pool, 0) for _ in range(20)]
            assert set(got) == {1}

    run_virtual(main())


def test_least_connections_prefers_the_free_then_the_longest_idle() -> None:
    async def main() -> None:
        config = with_pool(
            min_connections_per_host=3,
            requests_per_connection=5,
            selection_strategy=SelectionStrategy.LEAST_CONNECTIONS,
        )
        async with managed(FakeDriver(), config) as manager:
            pool = await pool_of(manager)
            await asyncio.sleep(10)
            order = []
            for _ in range(3):
                order.append(await held(pool, 1))
            assert sorted(order) == [1, 2, 3], "each in turn: the one last used has been idle the shortest"
            longest_idle = order[0]
            holder = asyncio.create_task(held(pool, 10))
            await asyncio.sleep(0)
            assert await held(pool, 1) == order[1]
            assert await holder == longest_idle

    run_virtual(main())


# -- growing and shrinking ---------------------------------------------------------------------------------------------


def test_waiting_callers_grow_the_pool_at_once_one_opening_at_a_time() -> None:
    async def main() -> None:
        driver = FakeDriver(open_time=0.5, latency=0)
        async with managed(driver, with_pool(management_interval=1000)) as manager:
            pool = await pool_of(manager)
            begun = now()
            users = [asyncio.create_task(held(pool, 4)) for _ in range(30)]
            await asyncio.sleep(3)
            assert [at - begun for at in driver.attempts[1:]] == pytest.approx([0, 0.5])
            assert (driver.most_opening, len(driver.live)) == (1, 3)
            for user in users:
                user.cancel()
            await asyncio.wait(users)

    run_virtual(main())


def test_one_opening_at_a_time_when_all_connections_of_a_host_are_lost() -> None:
    """Those in use as well: ten connections that come back on their own would be ten openings of one host."""

    async def main() -> None:
        driver = FakeDriver(open_time=1)
        async with managed(driver, with_pool(max_connections_per_host=10, management_interval=1)) as manager:
            pool = await pool_of(manager)
            ends: list[str] = []

            async def work() -> None:
                async with pool.lease() as connection:
                    await asyncio.sleep(20)
                    try:
                        ends.append(await connection.call(lambda virt: "answered"))
                    except AtpError as error:
                        ends.append(type(error).__name__)

            users = [asyncio.create_task(work()) for _ in range(10)]
            await asyncio.sleep(19)
            assert len(driver.live) == 10
            driver.most_opening = 0
            for link in list(driver.live):
                link.lose()
            await asyncio.gather(*users)
            assert driver.most_opening == 1
            assert set(ends) <= {"answered", "ConnectionLost"}
            assert "answered" in ends, "the one that the pool keeps comes back under its user"
            await asyncio.sleep(60)
            stats = manager.stats()["a"]
            assert (stats.active_connections, stats.total_active_uses) == (1, 0)

    run_virtual(main())


def test_idle_is_strictly_longer_oldest_first_and_not_below_the_minimum() -> None:
    async def main() -> None:
        driver = FakeDriver(open_time=0, latency=0)
        async with managed(driver, with_pool(management_interval=1, requests_per_connection=1)) as manager:
            pool = await pool_of(manager)
            begun = now()
            second, first, third = await asyncio.gather(held(pool, 2), held(pool, 1), held(pool, 3))
            left: list[tuple[int, int]] = []
            for _ in range(60):
                await asyncio.sleep(0.5)
                there = {one.id for one in manager.stats()["a"].connections if one.state is S.CONNECTED}
                gone = {first, second, third} - there - {number for number, _ in left}
                left += [(number, round(now() - begun)) for number in gone]
            assert left == [(first, 22), (second, 23)], "idle since 1 and 2, for more than 20 s at the next tick"
            await asyncio.sleep(100)
            assert manager.stats()["a"].total_connections == 1

    run_virtual(main())


def test_dead_connections_are_replaced_up_to_the_minimum() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with managed(driver, with_pool(min_connections_per_host=3)) as manager:
            await pool_of(manager)
            await asyncio.sleep(10)
            for link in list(driver.live):
                link.lose()
            await asyncio.sleep(30)
            assert (manager.stats()["a"].active_connections, len(driver.live)) == (3, 3)

    run_virtual(main())


def test_dead_connections_do_not_count_in_the_load() -> None:
    """Of two connections in use one dies: all that is left is busy, and the housekeeper opens another one."""

    async def main() -> None:
        driver = FakeDriver()
        async with managed(driver) as manager:
            pool = await pool_of(manager)
            users = [asyncio.create_task(held(pool, 100)) for _ in range(2)]
            await asyncio.sleep(1)
            assert len(driver.live) == 2
            driver.links[1].lose()
            await asyncio.sleep(1)
            assert len(driver.live) == 1
            await asyncio.sleep(10)
            assert len(driver.live) == 2
            await asyncio.gather(*users)

    run_virtual(main())


def test_a_connection_that_its_user_closed_is_replaced() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with managed(driver, with_pool(max_connections_per_host=1)) as manager:
            pool = await pool_of(manager)
            async with pool.lease() as connection:
                await connection.disconnect()
            assert await manager.execute_on_host("a", answer, timeout=2) == "yes"
            assert manager.stats()["a"].closed == {"closed": 1}

    run_virtual(main())


def test_a_minimum_of_none_opens_on_demand_and_closes_all() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with managed(driver, with_pool(min_connections_per_host=0)) as manager:
            await manager.add_host(tcp_host())
            await asyncio.sleep(100)
            assert driver.attempts == []
            stats = manager.stats()["a"]
            assert (stats.total_connections, stats.total_errors) == (0, 0), "0/0 is no error"
            assert await manager.execute_on_host("a", answer) == "yes"
            await asyncio.sleep(100)
            assert manager.stats()["a"].total_connections == 0
            assert manager.host_state("a").state is S.DISCONNECTED
            assert await manager.execute_on_host("a", answer) == "yes"

    run_virtual(main())


# -- callers of a host in trouble --------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["never connected", "lost under them"])
def test_callers_in_the_queue_are_told_when_nothing_will_come(when: str) -> None:
    """Without auto_reconnect nothing more is tried: whoever waits hears the reason now, not at checkout_timeout."""

    async def main() -> None:
        driver = FakeDriver(open_time=2)
        config = replace(with_pool(max_connections_per_host=1), auto_reconnect=False)
        async with managed(driver, config) as manager:
            if when == "never connected":
                driver.script = lambda request: ConnectFailed("connection refused")
                await manager.add_host(tcp_host())
                pool = manager._entries["a"].main
            else:
                pool = await pool_of(manager)
            begun = now()
            users = [asyncio.create_task(held(pool, 60)) for _ in range(3)]
            await asyncio.sleep(1)
            for link in list(driver.live):
                link.lose("connection refused")
            results = await asyncio.gather(*users[1:], return_exceptions=True)
            assert ["refused" in str(result) for result in results] == [True, True]
            assert now() - begun <= 3
            users[0].cancel()
            await asyncio.wait(users)
            driver.script = lambda request: None
            await asyncio.sleep(5)
            assert await manager.execute_on_host("a", answer) == "yes", "the next caller starts an attempt"

    run_virtual(main())


def test_a_permanent_failure_tells_those_who_wait() -> None:
    async def main() -> None:
        driver = FakeDriver(open_time=2)
        driver.script = lambda request: AuthFailed("permission denied")
        async with managed(driver) as manager:
            await manager.add_host(tcp_host())
            begun = now()
            results = await asyncio.gather(
                *(manager.execute_on_host("a", answer) for _ in range(3)), return_exceptions=True
            )
            assert [type(result) for result in results] == [AuthFailed] * 3
            assert len(set(map(id, results))) == 3, "one object raised in three tasks would mix their tracebacks"
            assert now() - begun == pytest.approx(2, abs=0.1)

    run_virtual(main())


def test_what_keeps_a_host_from_being_connected_is_nothing_while_it_is() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with managed(driver, with_pool(min_connections_per_host=2)) as manager:
            await pool_of(manager)
            await asyncio.sleep(10)
            driver.script = lambda request: ConnectFailed("refused")
            driver.links[1].lose()
            await asyncio.sleep(3)
            assert manager.host_state("a").state is S.CONNECTED
            assert manager.last_errors("a") == ()
            driver.links[0].lose()
            await asyncio.sleep(3)
            assert [error.message for error in manager.last_errors("a")] == ["refused"]

    run_virtual(main())


@pytest.mark.parametrize("trouble", ["silent", "refused"])
def test_a_dead_host_delays_no_other_host_no_figure_and_no_housekeeping(trouble: str) -> None:
    async def main() -> None:
        driver = FakeDriver(latency=0.01)
        driver.script = lambda request: (
            None if request.host.id == "a" else "silent" if trouble == "silent" else ConnectFailed("refused")
        )
        async with managed(driver, with_pool(max_connections_per_host=2)) as manager:
            begun = now()
            for number in range(40):
                await manager.add_host(tcp_host(f"dead{number}"))
            pool = await pool_of(manager)
            assert now() - begun < 2, "3 turns of half a second at a gate of 16"
            waiting = [asyncio.create_task(manager.execute_on_host("dead1", answer)) for _ in range(5)]
            users = [asyncio.create_task(held(pool, 1)) for _ in range(2)]
            await asyncio.gather(*users)
            assert len(manager.stats()) == 41
            await asyncio.sleep(30)
            assert manager.stats()["a"].closed == {"idle": 1}, "housekeeping goes on"
            await asyncio.gather(*waiting, return_exceptions=True)

    run_virtual(main())


def test_statistics_are_plain_calls_that_wait_for_nothing() -> None:
    """With a connection in the middle of a call that is never answered, and callers in the queue."""

    async def main() -> None:
        driver = FakeDriver()
        async with managed(driver, with_pool(max_connections_per_host=1)) as manager:
            await pool_of(manager)
            driver.links[0].silent = True
            users = [asyncio.create_task(manager.execute_on_host("a", answer)) for _ in range(3)]
            await asyncio.sleep(1)
            stats = manager.stats()["a"]
            assert (stats.total_connections, stats.active_connections, stats.total_active_uses) == (1, 1, 1)
            assert (stats.waiting, stats.opened, stats.closed) == (2, 1, {})
            assert (stats.total_requests, stats.total_errors) == (2, 0)
            assert stats.selection_strategy == "round_robin"
            assert sum(stats.checkout_times.values()) == 2
            await asyncio.gather(*users, return_exceptions=True)
            assert manager.stats()["a"].total_errors >= 1

    run_virtual(main())


def test_the_checkout_histogram_counts_each_wait_where_it_belongs() -> None:
    async def main() -> None:
        async with managed(FakeDriver(), with_pool(max_connections_per_host=1)) as manager:
            pool = await pool_of(manager)
            before = manager.stats()["a"].checkout_times
            await asyncio.gather(held(pool, 0.05), held(pool, 0.5), held(pool, 0))
            after = manager.stats()["a"].checkout_times
            assert {bound: after[bound] - before[bound] for bound in after if after[bound] != before[bound]} == {
                0.0: 1,
                0.1: 1,
                1.0: 1,
            }

    run_virtual(main())


# -- the end -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("work", [0.5, 60])
def test_draining_waits_for_leases_up_to_its_limit_and_then_cuts(work: float) -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with managed(driver) as manager:
            pool = await pool_of(manager)
            user = asyncio.create_task(held(pool, work))
            await asyncio.sleep(0)
            begun = now()
            await manager.remove_host("a", limit=2)
            took = now() - begun
            assert took == pytest.approx(min(work, 2), abs=0.1)
            assert not driver.live
            with pytest.raises(PoolClosed):
                await held(pool, 0)
            await user

    run_virtual(main())


def test_the_housekeeper_ends_with_the_pool() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with managed(driver) as manager:
            pool = await pool_of(manager)
            await manager.remove_host("a")
            turns = 0

            def tick(_now: float) -> None:
                nonlocal turns
                turns += 1

            pool.core.tick = tick  # type: ignore[method-assign, assignment]
            await asyncio.sleep(1000)
            assert turns == 0

    run_virtual(main())


@pytest.mark.parametrize("moment", [0.0, 0.5, 1.0, 1.5])
@pytest.mark.parametrize("closer", ["remove", "disconnect", "close"])
def test_a_cancelled_closing_leaves_nothing(closer: str, moment: float) -> None:
    """Whoever cancels the removal of a host must not be left with its connections, its timers, its SSH pool."""

    async def main() -> None:
        drivers = {"virt": FakeDriver(), "ssh": FakeDriver()}
        manager = TransportManager(
            CONFIG, lambda host, channel: drivers[channel], clock=VirtualClock(), rng=random.Random(1)
        )
        await manager.add_host(tcp_host())
        await manager.execute_on_host("a", answer)
        await manager.execute_on_host("a", sleep_a_moment, channel="ssh")
        users = [
            asyncio.create_task(manager.execute_on_host("a", sleep_long, channel=channel))
            for channel in ("virt", "ssh", None)
        ]
        await asyncio.sleep(0.1)
        for driver in drivers.values():
            for link in driver.links:
                link.silent = True
        ending: dict[str, Callable[[], Awaitable[None]]] = {
            "remove": lambda: manager.remove_host("a"),
            "disconnect": lambda: manager.disconnect("a"),
            "close": lambda: manager.close(),
        }
        task = asyncio.ensure_future(ending[closer]())
        await asyncio.sleep(moment)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(3)
        assert [driver.live for driver in drivers.values()] == [set(), set()]
        await manager.close()
        await asyncio.gather(*users, return_exceptions=True)
        await asyncio.sleep(100)
        assert [driver.live for driver in drivers.values()] == [set(), set()]

    run_virtual(main())


async def sleep_a_moment(connection: HostConnection) -> None:
    await asyncio.sleep(0.01)


async def sleep_long(connection: HostConnection) -> None:
    await asyncio.sleep(50)


# -- clocks that leap --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("leap", [1e9, -1e9])
def test_a_step_of_the_wall_clock_changes_nothing(leap: float, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with managed(driver, with_pool(min_connections_per_host=0, idle_timeout=60)) as manager:
            await pool_of(manager)
            real = time.time()
            monkeypatch.setattr(time, "time", lambda: real + leap)
            await asyncio.sleep(50)
            assert (len(driver.live), driver.live) == (1, set(driver.links))
            assert await manager.execute_on_host("a", answer) == "yes"
            assert manager.stats()["a"].closed == {}

    run_virtual(main())


def test_a_leap_of_time_closes_nothing_in_use_and_everything_goes_on() -> None:
    """As after a night's sleep of the machine: a million seconds are gone between two steps."""

    async def main() -> None:
        driver, clock = FakeDriver(), VirtualClock()
        async with managed(driver, with_pool(min_connections_per_host=2), clock) as manager:
            pool = await pool_of(manager)
            await asyncio.sleep(10)
            user = asyncio.create_task(held(pool, 100))
            await asyncio.sleep(1)
            used = next(one.id for one in manager.stats()["a"].connections if one.active_uses)
            clock.leap = 1e6
            await asyncio.sleep(50)
            assert driver.links[used - 1].alive, "older than its lifetime, but in use"
            assert await user == used
            await asyncio.sleep(50)
            assert manager.stats()["a"].active_connections == 2
            driver.links[-1].lose()
            assert await manager.execute_on_host("a", answer) == "yes"

    run_virtual(main())
