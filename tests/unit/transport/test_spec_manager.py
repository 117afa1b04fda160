"""TransportManager, row by row of its specification, where test_manager*.py do not hold it already."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest

from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import CallTimeout, ConnectFailed
from atp_tui.model.events import EventsLost
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import PoolConfig, ReconnectConfig, SshSettings, TransportConfig
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.dialer import JUMP_LIMIT
from atp_tui.transport.manager import FANOUT, TransportManager
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import VirtualClock, run_virtual
from tests.unit.transport.settled import answer, now, tcp_host, until

S = ConnectionState


def managed(driver: FakeDriver, config: TransportConfig | None = None, seed: int = 1) -> TransportManager:
    return TransportManager(config, lambda *_: driver, clock=VirtualClock(), rng=random.Random(seed))


def test_adding_a_dead_host_returns_at_once() -> None:
    async def main() -> None:
        driver = FakeDriver()
        driver.script = lambda request: "silent"
        async with managed(driver) as manager:
            begun = now()
            for number in range(100):
                await manager.add_host(tcp_host(f"h{number}"))
            assert now() == begun
            assert [host.id for host in manager.list_hosts()] == [f"h{number}" for number in range(100)]

    run_virtual(main())


def test_a_task_on_a_host_that_is_not_connected_yet_waits_up_to_its_deadline() -> None:
    async def main() -> None:
        driver = FakeDriver(open_time=3)
        async with managed(driver) as manager:
            await manager.add_host(tcp_host())
            begun = now()
            assert await manager.execute_on_host("a", answer, timeout=4) == "yes"
            assert now() - begun == pytest.approx(3, abs=0.1)

    run_virtual(main())


def test_a_task_has_a_deadline_and_its_own_time_out_stays_its_own() -> None:
    async def main() -> None:
        async with managed(FakeDriver()) as manager:
            await manager.add_host(tcp_host())

            async def long(connection: HostConnection) -> None:
                await asyncio.sleep(100)

            async def own(connection: HostConnection) -> None:
                raise TimeoutError("mine")

            begun = now()
            with pytest.raises(CallTimeout, match="within 2 s"):
                await manager.execute_on_host("a", long, timeout=2)
            assert now() - begun == pytest.approx(2)
            with pytest.raises(TimeoutError, match="mine"):
                await manager.execute_on_host("a", own, timeout=2)
            assert manager.stats()["a"].total_active_uses == 0

    run_virtual(main())


@pytest.mark.parametrize("error", [RuntimeError("mine"), asyncio.CancelledError(), ExceptionGroup("g", [OSError()])])
def test_a_crash_is_its_hosts_error_and_no_other_hosts(error: BaseException) -> None:
    async def main() -> None:
        async with managed(FakeDriver()) as manager:
            for name in "abc":
                await manager.add_host(tcp_host(name))

            async def task(connection: HostConnection) -> str:
                if connection.host_info.id == "b":
                    raise error
                return connection.host_info.id

            results = await manager.execute_on_all_hosts(task)
            assert [(result.host_id, result.value) for result in results] == [("a", "a"), ("b", None), ("c", "c")]
            assert [result.error for result in results] == [None, error, None]

    run_virtual(main())


def test_the_fan_out_is_64_hosts_unless_asked_otherwise() -> None:
    async def main() -> int:
        running = most = 0
        async with managed(FakeDriver()) as manager:
            for number in range(100):
                await manager.add_host(tcp_host(f"h{number}"))
            await asyncio.sleep(10)

            async def task(connection: HostConnection) -> None:
                nonlocal running, most
                running += 1
                most = max(most, running)
                await asyncio.sleep(1)
                running -= 1

            await manager.execute_on_all_hosts(task)
        return most

    assert run_virtual(main()) == FANOUT == 64


def test_cancelling_a_fan_out_ends_its_tasks() -> None:
    async def main() -> None:
        async with managed(FakeDriver()) as manager:
            ended: list[str] = []
            for name in "abc":
                await manager.add_host(tcp_host(name))

            async def task(connection: HostConnection) -> None:
                try:
                    await asyncio.sleep(100)
                finally:
                    ended.append(connection.host_info.id)

            work = asyncio.create_task(manager.execute_on_all_hosts(task))
            await asyncio.sleep(1)
            work.cancel()
            await asyncio.wait([work])
            assert sorted(ended) == ["a", "b", "c"]
            assert [pool.total_active_uses for pool in manager.stats().values()] == [0, 0, 0]

    run_virtual(main())


def test_a_host_that_was_given_up_still_serves_who_asks() -> None:
    """After max_attempts every call starts an attempt again; calls do not fail for ever."""

    async def main() -> None:
        driver = FakeDriver()
        driver.script = lambda request: ConnectFailed("refused")
        config = TransportConfig(reconnect=ReconnectConfig(max_attempts=1, slow_lane=0))
        async with managed(driver, config) as manager:
            await manager.add_host(tcp_host())
            await until(lambda: manager.host_state("a").state is S.FAILED)
            await asyncio.sleep(10_000)
            with pytest.raises(ConnectFailed):
                await manager.execute_on_host("a", answer, fail_fast=True)
            driver.script = lambda request: None
            await asyncio.sleep(2)
            assert await manager.execute_on_host("a", answer) == "yes"

    run_virtual(main())


@pytest.mark.parametrize("seed", range(4))
def test_hosts_lost_together_do_not_come_back_in_step(seed: int) -> None:
    """200 hosts behind one switch: with full jitter no second sees more than twice the mean after the third round.

    The longest delay is reached in that round: while delays still grow, the rate of attempts falls by design.
    """
    reconnect = ReconnectConfig(initial_delay=0.75, max_delay=3, max_attempts=0)

    async def main() -> list[float]:
        driver = FakeDriver(open_time=0, latency=0)
        async with managed(driver, TransportConfig(reconnect=reconnect), seed) as manager:
            for number in range(200):
                await manager.add_host(tcp_host(f"h{number}"))
            await asyncio.sleep(30)
            assert manager.active_connection_count == 200
            driver.script = lambda request: ConnectFailed("no route")
            driver.attempts.clear()
            begun = now()
            for link in list(driver.live):
                link.lose()
            await asyncio.sleep(66)
            driver.script = lambda request: None
            back = now()
            await until(lambda: manager.active_connection_count == 200)
            assert now() - back <= 3 + 2
            return [at - begun for at in driver.attempts if at < back]

    moments = run_virtual(main())
    buckets = [sum(second <= moment < second + 1 for moment in moments) for second in range(6, 66)]
    assert max(buckets) <= 2 * sum(buckets) / len(buckets)


def test_eight_openings_at_a_time_through_one_jump_host() -> None:
    async def main() -> None:
        driver = FakeDriver(open_time=0.3)
        async with managed(driver, TransportConfig(max_concurrent_connects=64)) as manager:
            for number in range(40):
                ssh = SshSettings(proxy_jump="jump.example.org")
                await manager.add_host(HostInfo(f"h{number}", "192.0.2.1", uri=None, ssh=ssh))
            await asyncio.sleep(20)
            assert manager.active_connection_count == 40
        assert driver.most_opening == JUMP_LIMIT == 8

    run_virtual(main())


def test_a_slow_subscriber_holds_nobody_up_and_is_told() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with managed(driver) as manager:
            subscription = manager.hub.subscribe(size=4)
            for number in range(20):
                await manager.add_host(tcp_host(f"h{number}"))
            await asyncio.sleep(10)
            assert manager.active_connection_count == 20
            batch = await subscription.batch()
            assert len(batch) == 5
            assert isinstance(batch[0], EventsLost)
            assert batch[0].count > 50

    run_virtual(main())


def test_commands_can_be_switched_on_while_a_host_is_there() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with managed(driver) as manager:
            await manager.add_host(tcp_host(commands=False))
            await manager.execute_on_host("a", answer)
            await manager.update_host(tcp_host())
            assert await manager.execute_on_host("a", answer, channel="ssh") == "yes"

    run_virtual(main())


def test_a_cancelled_update_leaves_a_host_that_connects() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with managed(driver) as manager:
            await manager.add_host(tcp_host())
            await manager.execute_on_host("a", answer)
            driver.links[0].silent = True
            moved = replace(tcp_host(), uri="test+tcp://192.0.2.9/default")
            update = asyncio.create_task(manager.update_host(moved))
            await asyncio.sleep(0.1)
            update.cancel()
            await asyncio.wait([update])
            await asyncio.sleep(5)
            assert manager.host("a") == moved
            assert manager.host_state("a").state is S.CONNECTED

    run_virtual(main())


def test_eight_commands_at_a_time_on_an_ssh_connection_whatever_the_settings() -> None:
    """sshd's MaxSessions is 10 by default, and the libvirt connections that ride on it have theirs."""
    running = most = 0

    async def command(_: HostConnection) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(1)
        running -= 1

    async def main() -> None:
        driver = FakeDriver()
        config = TransportConfig(pool=PoolConfig(requests_per_connection=30))
        async with TransportManager(config, lambda *_: driver, clock=VirtualClock()) as manager:
            await manager.add_host(tcp_host())
            tasks = [manager.execute_on_host("a", command, channel="ssh") for _ in range(20)]
            await asyncio.gather(*tasks)
            assert [pool.total_connections for pool in manager.pools("a") if pool.channel == "ssh"] == [1]

    run_virtual(main())
    assert most == 8
