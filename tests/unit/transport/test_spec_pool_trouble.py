"""ConnectionPool, row by row of its specification, in virtual time: trouble, figures, the end, clocks that leap."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from atp_tui.model.errors import AuthFailed, ConnectFailed, PoolClosed
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.manager import TransportManager
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import VirtualClock, run_virtual
from tests.unit.transport.pooled import CONFIG, S, held, managed, pool_of, with_pool
from tests.unit.transport.settled import answer, now, tcp_host

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
