"""TransportManager over a driver that can be told to fail, in virtual time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import (
    AuthFailed,
    CallTimeout,
    CheckoutTimeout,
    ConfigError,
    ConnectFailed,
    HostUnknown,
    PoolClosed,
    Unsupported,
)
from atp_tui.model.events import ConnectionChanged, HostChanged
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command
from atp_tui.model.settings import Jitter, PoolConfig, ReconnectConfig, TransportConfig
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.manager import TransportManager
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import VirtualClock, run_virtual

CONFIG = TransportConfig(
    connect_timeout=5,
    heartbeat_interval=10,
    heartbeat_timeout=2,
    call_timeout=5,
    reconnect=ReconnectConfig(jitter=Jitter.NONE, max_attempts=3, slow_lane=100),
)
S = ConnectionState


def host(name: str = "a") -> HostInfo:
    return HostInfo(name, "192.0.2.1", uri="test+tcp://192.0.2.1/default")


@asynccontextmanager
async def fleet(driver: FakeDriver, *names: str, config: TransportConfig = CONFIG) -> AsyncIterator[TransportManager]:
    async with TransportManager(
        config, lambda info, channel: driver, clock=VirtualClock(), rng=random.Random(1)
    ) as manager:
        for name in names:
            await manager.add_host(host(name))
        yield manager
    assert not driver.live


async def answer(connection: HostConnection) -> str:
    return await connection.call(lambda virt: "yes")


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
            assert state.cause == "connection refused"
            assert state.retries, "the slow lane goes on"
            attempts = [at - begun for at in driver.attempts]
            driver.script = lambda request: None
            await asyncio.sleep(130)
            assert manager.host_state("a").state is S.CONNECTED
            return attempts

    # lost, then 1, 2 and 4 s after each failure: three failures are allowed, the fourth gives up
    assert run_virtual(main()) == pytest.approx([1.0, 2.0, 4.0, 8.0], abs=0.01)


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
            assert status.cause == "no answer within 5 s"
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
            assert manager.host_state("a").cause == "silent for 2 s"
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


def test_one_result_per_host_in_the_order_asked_whatever_fails() -> None:
    async def main() -> None:
        driver = FakeDriver()
        driver.script = lambda request: "silent" if request.host.id == "c" else None
        async with fleet(driver, "a", "b", "c") as manager:

            async def task(connection: HostConnection) -> str:
                if connection.host_info.id == "b":
                    raise ZeroDivisionError("my fault")
                return connection.host_info.id

            results = await manager.execute_on_hosts(["c", "b", "nowhere", "a"], task, timeout=2)
            assert [result.host_id for result in results] == ["c", "b", "nowhere", "a"]
            assert [type(result.error) for result in results] == [
                CheckoutTimeout,
                ZeroDivisionError,
                HostUnknown,
                type(None),
            ]
            assert results[3].value == "a"
            assert results[0].duration == pytest.approx(2)

    run_virtual(main())


def test_stream_yields_the_quick_ones_first_and_leaving_it_cancels_the_rest() -> None:
    async def main() -> None:
        driver = FakeDriver()
        cancelled = []
        async with fleet(driver, "a", "b") as manager:

            async def task(connection: HostConnection) -> str:
                try:
                    await asyncio.sleep(100 if connection.host_info.id == "a" else 1)
                except asyncio.CancelledError:
                    cancelled.append(connection.host_info.id)
                    raise
                return connection.host_info.id

            stream = manager.stream_on_hosts(["a", "b"], task)
            async for result in stream:
                assert result.host_id == "b"
                break
            await stream.aclose()
            assert cancelled == ["a"]
            assert manager.stats()["a"].total_active_uses == 0

    run_virtual(main())


def test_overall_deadline_gives_every_host_a_result() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with fleet(driver, "a", "b", "c") as manager:

            async def task(connection: HostConnection) -> str:
                await asyncio.sleep({"a": 1, "b": 50, "c": 50}[connection.host_info.id])
                return "done"

            results = await manager.execute_on_hosts(["a", "b", "c"], task, fanout=2, overall=5)
            assert [result.value for result in results] == ["done", None, None]
            assert all(isinstance(result.error, CallTimeout) for result in results[1:])
            assert [result.duration for result in results] == pytest.approx([1, 5, 4], abs=0.1)

    run_virtual(main())


def test_fan_out_is_bounded() -> None:
    async def main() -> int:
        driver = FakeDriver()
        running = most = 0
        names = [f"h{n}" for n in range(30)]
        async with fleet(driver, *names) as manager:

            async def task(connection: HostConnection) -> None:
                nonlocal running, most
                running += 1
                most = max(most, running)
                await asyncio.sleep(1)
                running -= 1

            await manager.execute_on_all_hosts(task, fanout=7)
        return most

    assert run_virtual(main()) == 7


def test_removed_host_does_not_come_back() -> None:
    async def main() -> None:
        driver = FakeDriver(open_time=3)
        async with fleet(driver, "a") as manager:
            await asyncio.sleep(1)
            await manager.remove_host("a")
            await asyncio.sleep(10)
            assert manager.list_hosts() == ()
            assert driver.links == []
            with pytest.raises(HostUnknown):
                manager.host_state("a")

    run_virtual(main())


def test_close_is_quick_with_silent_peers_and_waiters_are_told() -> None:
    async def main() -> float:
        driver = FakeDriver()
        async with fleet(driver, "a", "b") as manager:
            await manager.execute_on_host("a", answer)
            for link in driver.links:
                link.silent = True
            driver.script = lambda request: "silent"
            calls = [asyncio.create_task(manager.execute_on_host("a", answer)) for _ in range(3)]
            await asyncio.sleep(0.1)
            begun = asyncio.get_running_loop().time()
            await manager.close(limit=0.5)
            took = asyncio.get_running_loop().time() - begun
            results = await asyncio.gather(*calls, return_exceptions=True)
            assert all(isinstance(result, Exception) for result in results)
            with pytest.raises(PoolClosed):
                await manager.add_host(host("c"))
        return took

    assert run_virtual(main()) <= 2


def test_a_connection_that_says_goodbye_is_shown_as_draining_and_counted_no_more() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with fleet(driver, "a") as manager:
            await manager.execute_on_host("a", answer)
            driver.links[0].silent = True
            leaving = asyncio.create_task(manager.disconnect("a"))
            await asyncio.sleep(0.5)
            pool = manager.stats()["a"]
            assert [one.state for one in pool.connections] == [S.DRAINING]
            assert (pool.total_connections, pool.total_requests) == (0, 1)
            await leaving
            assert manager.stats()["a"].connections == ()

    run_virtual(main())


def test_duplicate_hosts_and_channels_that_a_host_lacks_are_refused() -> None:
    async def main() -> None:
        async with fleet(FakeDriver(), "a") as manager:
            with pytest.raises(ConfigError, match="already"):
                await manager.add_host(host("a"))
            for info in (HostInfo("b", "192.0.2.2", commands=False), replace(host("c"), ssh=None)):
                await manager.add_host(info)
                with pytest.raises(Unsupported, match="no commands"):
                    await manager.execute_on_host(info.id, answer, channel="ssh")
            await manager.add_host(HostInfo("d", "192.0.2.3", uri=None))
            with pytest.raises(Unsupported, match="no hypervisor"):
                await manager.execute_on_host("d", answer, channel="virt")

    run_virtual(main())


def test_disconnected_by_a_person_stays_so_until_asked() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with fleet(driver, "a") as manager:
            await manager.execute_on_host("a", answer)
            await manager.disconnect("a")
            await asyncio.sleep(1000)
            assert manager.host_state("a").state is S.DISCONNECTED
            assert not manager.host_state("a").retries
            with pytest.raises(PoolClosed):
                await manager.execute_on_host("a", answer)
            manager.retry("a")
            assert await manager.execute_on_host("a", answer) == "yes"
            assert manager.host_state("a").state is S.CONNECTED

    run_virtual(main())


def test_update_keeps_the_connection_where_the_address_is_the_same() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with fleet(driver, "a") as manager:
            await manager.execute_on_host("a", answer)
            await manager.update_host(host("a").with_tags("rack1"))
            assert manager.host("a").tags == ("rack1",)
            assert driver.links[0].alive
            await manager.update_host(host("a").with_uri("test+tcp://192.0.2.9/default"))
            assert not driver.links[0].alive
            assert await manager.execute_on_host("a", answer) == "yes"

    run_virtual(main())


def test_every_transition_is_an_event_and_host_changes_follow() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with fleet(driver) as manager:
            subscription = manager.hub.subscribe()
            await manager.add_host(host("a"))
            await manager.execute_on_host("a", answer)
            driver.links[0].lose("gone")
            await asyncio.sleep(5)
            await manager.remove_host("a")
            events = await subscription.batch()
        changes = [(e.before, e.after) for e in events if isinstance(e, ConnectionChanged)]
        assert changes == [
            (S.DISCONNECTED, S.CONNECTING),
            (S.CONNECTING, S.CONNECTED),
            (S.CONNECTED, S.RECONNECTING),
            (S.RECONNECTING, S.RECONNECTING),
            (S.RECONNECTING, S.CONNECTED),
            (S.CONNECTED, S.DRAINING),
            (S.DRAINING, S.DISCONNECTED),
        ]
        states = [e.status.state for e in events if isinstance(e, HostChanged)]
        assert states == [S.CONNECTING, S.CONNECTED, S.RECONNECTING, S.RECONNECTING, S.CONNECTED]

    run_virtual(main())


def test_sum_of_requests_survives_the_connections_that_made_them() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with fleet(driver, "a", config=replace(CONFIG, pool=PoolConfig(min_connections_per_host=0))) as manager:
            for _ in range(5):
                await manager.execute_on_host("a", answer)
            driver.links[0].lose()
            await asyncio.sleep(1)
            assert manager.stats()["a"].total_connections == 0
            assert manager.stats()["a"].closed == {"lost": 1}
            await manager.execute_on_host("a", answer)
            assert manager.stats()["a"].total_requests == 6
            assert manager.stats()["a"].total_errors == 1

    run_virtual(main())


def test_waiting_for_the_connection_is_part_of_a_commands_time() -> None:
    async def main() -> float:
        driver = FakeDriver(latency=1.2)
        async with fleet(driver, "a") as manager:
            connection = await manager.execute_on_host("a", itself)
            driver.links[0].lose()  # back after 2.2 s, and then the command takes 1.2 s
            begun = asyncio.get_running_loop().time()
            with pytest.raises(CallTimeout):
                await connection.run(Command("true"), lambda stream, data: None, timeout=3)
            return asyncio.get_running_loop().time() - begun

    async def itself(connection: HostConnection) -> HostConnection:
        return connection

    assert run_virtual(main()) == pytest.approx(3, abs=0.1)
