"""TransportManager over a driver that can be told to fail, in virtual time: work, and hosts that come and go."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from atp_tui.model.errors import CallTimeout, CheckoutTimeout, ConfigError, HostUnknown, PoolClosed, Unsupported
from atp_tui.model.events import ConnectionChanged, HostChanged
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command
from atp_tui.model.settings import PoolConfig
from atp_tui.transport.connection import HostConnection
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import run_virtual
from tests.unit.transport.fleets import CONFIG, S, answer, fleet, host


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
