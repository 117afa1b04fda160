"""TransportManager over a driver that can be told to fail, in virtual time: connecting, loss, the pool."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from atp_tui.model.errors import AuthFailed, CallTimeout, CheckoutTimeout, ConnectFailed
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import PoolConfig
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.driver import Link, OpenRequest
from atp_tui.transport.manager import TransportManager
from tests.fakes.driver import FakeDriver
from tests.fakes.loopback import LoopbackDriver
from tests.fakes.virtual_time import VirtualClock, run_virtual
from tests.unit.transport.fleets import CONFIG, S, answer, fleet


def test_a_host_connects_in_the_background_and_answers() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with fleet(driver, "a") as manager:
            assert manager.host_state("a").state is S.CONNECTING
            assert await manager.execute_on_host("a", answer) == "yes"
            assert manager.host_state("a").state is S.CONNECTED
            stats = manager.stats()["a"]
            assert (stats.total_connections, stats.active_connections, stats.total_requests) == (1, 1, 1)
            assert (manager.connection_count, manager.active_connection_count) == (1, 1)

    run_virtual(main())


def test_lost_connection_comes_back_by_itself_with_exact_delays() -> None:
    async def main() -> list[float]:
        driver = FakeDriver(open_time=0)
        async with fleet(driver, "a") as manager:
            await manager.execute_on_host("a", answer)
            driver.script = lambda request: ConnectFailed("connection refused")
            begun = asyncio.get_running_loop().time()
            driver.attempts.clear()
            driver.links[0].lose()
            assert manager.host_state("a").state is S.RECONNECTING
            assert manager.host_state("a").next_attempt_at == begun + 1
            await asyncio.sleep(20)
            state = manager.host_state("a")
            assert state.state is S.FAILED
            assert str(state.cause) == "connection refused"
            assert state.retries, "the slow lane goes on"
            attempts = [at - begun for at in driver.attempts]
            driver.script = lambda request: None
            await asyncio.sleep(130)
            assert manager.host_state("a").state is S.CONNECTED
            return attempts

    # lost, then 1, 2 and 4 s after each failure: three failures are allowed, the fourth gives up. Then a quarter of the
    # outage, ±20 %
    moments = run_virtual(main())
    assert moments[:4] == pytest.approx([1.0, 2.0, 4.0, 8.0], abs=0.01)
    for at, following in pairwise(moments[3:]):
        assert 0.19 * at < following - at < 0.31 * at


def test_call_waits_through_a_reconnect() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with fleet(driver, "a") as manager:
            await manager.execute_on_host("a", answer)
            driver.links[0].lose()
            assert await manager.execute_on_host("a", answer, timeout=4) == "yes"

    run_virtual(main())


def test_refused_authentication_is_not_retried_until_asked() -> None:
    async def main() -> None:
        driver = FakeDriver()
        driver.script = lambda request: AuthFailed("permission denied")
        async with fleet(driver, "a") as manager:
            with pytest.raises(AuthFailed):
                await manager.execute_on_host("a", answer)
            await asyncio.sleep(1000)
            assert len(driver.attempts) == 1
            assert manager.host_state("a").state is S.FAILED
            assert not manager.host_state("a").retries
            with pytest.raises(AuthFailed):
                await manager.execute_on_host("a", answer)
            assert len(driver.attempts) == 1, "a caller is no person: it starts no attempt that cannot succeed"
            driver.script = lambda request: None
            manager.retry("a")
            assert await manager.execute_on_host("a", answer) == "yes"

    run_virtual(main())


def test_silent_host_is_given_up_at_the_connect_timeout() -> None:
    async def main() -> None:
        driver = FakeDriver()
        driver.script = lambda request: "silent"
        async with fleet(driver, "a") as manager:
            await asyncio.sleep(5.001)
            status = manager.host_state("a")
            assert status.state is S.RECONNECTING
            assert str(status.cause) == "no answer within 5 s"
            assert driver.opening == 0

    run_virtual(main())


def test_silent_hosts_do_not_delay_the_others() -> None:
    async def main() -> float:
        driver = FakeDriver()
        driver.script = lambda request: "silent" if request.host.id.startswith("dead") else None
        names = [f"dead{n}" for n in range(90)] + [f"ok{n}" for n in range(10)]
        async with fleet(driver, *names, config=replace(CONFIG, connect_timeout=30)) as manager:
            begun = asyncio.get_running_loop().time()
            alive = [name for name in names if name.startswith("ok")]
            results = await manager.execute_on_hosts(alive, answer)
            assert [result.value for result in results] == ["yes"] * 10
            return asyncio.get_running_loop().time() - begun

    assert run_virtual(main()) < 4


def test_heartbeat_finds_a_peer_that_fell_silent() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with fleet(driver, "a") as manager:
            await manager.execute_on_host("a", answer)
            driver.links[0].silent = True
            await asyncio.sleep(12.5)
            assert str(manager.host_state("a").cause) == "silent for 2 s"
            await asyncio.sleep(2)
            assert manager.host_state("a").state is S.CONNECTED
            assert len(driver.links) == 2

    run_virtual(main())


def test_heartbeat_asks_the_peer_and_only_when_idle() -> None:
    async def main() -> tuple[int, int]:
        driver = FakeDriver()
        async with fleet(driver, "a") as manager:
            await manager.execute_on_host("a", answer)
            for _ in range(30):
                await asyncio.sleep(1)
                await manager.execute_on_host("a", answer)
            busy = driver.links[0].pings
            await asyncio.sleep(35)
            return busy, driver.links[0].pings

    busy, idle = run_virtual(main())
    assert busy == 1, "only the round trip of the opening"
    assert idle == 4


def test_timed_out_call_checks_whether_the_peer_is_gone() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with fleet(driver, "a") as manager:
            await manager.execute_on_host("a", answer)
            driver.links[0].silent = True
            with pytest.raises(CallTimeout):
                await manager.execute_on_host("a", lambda conn: conn.call(lambda virt: 1, deadline=1))
            await asyncio.sleep(2.5)
            assert manager.host_state("a").state is S.RECONNECTING

    run_virtual(main())


def test_two_callers_share_one_opening() -> None:
    async def main() -> None:
        driver = FakeDriver(open_time=1)
        async with fleet(driver, "a") as manager:
            results = await asyncio.gather(*(manager.execute_on_host("a", answer) for _ in range(5)))
            assert results == ["yes"] * 5
            assert len(driver.attempts) == 1

    run_virtual(main())


def test_pool_grows_while_callers_wait_and_shrinks_when_idle() -> None:
    pool = PoolConfig(max_connections_per_host=3, requests_per_connection=1, idle_timeout=60, management_interval=10)

    async def main() -> None:
        driver = FakeDriver()
        async with fleet(driver, "a", config=replace(CONFIG, pool=pool)) as manager:

            async def slow(connection: HostConnection) -> int:
                await asyncio.sleep(1)
                return connection.id

            ids = await asyncio.gather(*(manager.execute_on_host("a", slow) for _ in range(9)))
            assert set(ids) == {1, 2, 3}
            assert manager.stats()["a"].total_connections == 3
            assert manager.stats()["a"].waiting == 0
            await asyncio.sleep(80)
            stats = manager.stats()["a"]
            assert stats.total_connections == 1
            assert stats.closed == {"idle": 2}

    run_virtual(main())


def test_leased_connection_is_never_evicted() -> None:
    pool = PoolConfig(min_connections_per_host=0, idle_timeout=5, management_interval=1, max_lifetime=20)

    async def main() -> None:
        driver = FakeDriver()
        async with fleet(driver, "a", config=replace(CONFIG, pool=pool)) as manager:

            async def long(connection: HostConnection) -> bool:
                await asyncio.sleep(100)
                return await connection.is_alive()

            assert await manager.execute_on_host("a", long)
            await asyncio.sleep(10)
            assert manager.connection_count == 0

    run_virtual(main())


def test_checkout_timeout_says_why() -> None:
    pool = PoolConfig(max_connections_per_host=1, requests_per_connection=1, checkout_timeout=3)

    async def main() -> None:
        driver = FakeDriver()
        async with fleet(driver, "a", config=replace(CONFIG, pool=pool)) as manager:

            async def hold(connection: HostConnection) -> None:
                await asyncio.sleep(10)

            holder = asyncio.create_task(manager.execute_on_host("a", hold))
            await asyncio.sleep(1)
            with pytest.raises(CheckoutTimeout, match="in use"):
                await manager.execute_on_host("a", answer)
            await holder
            driver.script = lambda request: ConnectFailed("no route to host")
            driver.links[0].lose()
            with pytest.raises(CheckoutTimeout, match="no route to host"):
                await manager.execute_on_host("a", answer)

    run_virtual(main())


def test_fail_fast_does_not_wait_through_reconnects() -> None:
    async def main() -> float:
        driver = FakeDriver()
        driver.script = lambda request: ConnectFailed("connection refused")
        async with fleet(driver, "a") as manager:
            begun = asyncio.get_running_loop().time()
            with pytest.raises(ConnectFailed, match="refused"):
                await manager.execute_on_host("a", answer, fail_fast=True)
            return asyncio.get_running_loop().time() - begun

    assert run_virtual(main()) < 1


def test_a_defect_that_many_hosts_meet_is_in_the_log_once_with_its_number(caplog: pytest.LogCaptureFixture) -> None:
    class Defective(LoopbackDriver):
        async def open(self, request: OpenRequest) -> Link:
            raise KeyError("cpu")

    async def main() -> None:
        async with TransportManager(None, lambda host, channel: Defective(), clock=VirtualClock()) as manager:
            for number in range(30):
                await manager.add_host(HostInfo(f"a{number}", "192.0.2.1", uri="sim://x/"))
            await asyncio.sleep(1.0)
            causes = {str(manager.host_state(f"a{number}").cause) for number in range(30)}
            assert causes == {"the program failed: KeyError (see the log)"}

    run_virtual(main())
    assert sum(record.exc_info is not None for record in caplog.records) == 1
    assert "times so far" in caplog.records[1].getMessage() and len(caplog.records) < 5
