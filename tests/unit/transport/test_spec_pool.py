"""ConnectionPool, row by row of its specification, in virtual time: leases, selection, growing and shrinking."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from atp_tui.model.errors import AtpError, CheckoutTimeout, ConnectFailed, TooManyWaiters
from atp_tui.model.settings import SelectionStrategy
from atp_tui.transport.connection import HostConnection
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import run_virtual
from tests.unit.transport.pooled import S, held, managed, pool_of, with_pool
from tests.unit.transport.settled import answer, now, tcp_host

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


def test_least_latency_leaves_the_slow_connection_alone_until_it_has_recovered() -> None:
    pool = {"min_connections_per_host": 3, "selection_strategy": SelectionStrategy.LEAST_LATENCY}
    config = replace(with_pool(**pool), heartbeat_interval=10)

    async def main() -> list[set[int]]:
        driver, used = FakeDriver(latency=0.01), list[set[int]]()
        async with managed(driver, config) as manager:
            await pool_of(manager)
            await asyncio.sleep(1)
            slow = driver.links[1]
            slow.latency = 0.5

            async def one(connection: HostConnection) -> int:
                await answer(connection)
                return connection.id

            for pause in (0, 0, 1_000):
                await asyncio.sleep(pause)
                used.append({await manager.execute_on_host("a", one) for _ in range(12)})
                if len(used) == 2:
                    slow.latency = 0.001
        return used

    first, then, recovered = run_virtual(main())
    assert first == {1, 2, 3}, "each is tried"
    assert then <= {1, 3}
    assert recovered == {2}, "its heartbeats say that it is the quickest now"


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
