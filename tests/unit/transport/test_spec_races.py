"""What may happen in between: two changes of a host at a time, a cancel that is swallowed, a gate that lets many in."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import CallFailed, CallTimeout, PoolClosed, TransportError
from atp_tui.model.events import Event, HostChanged, HostRemoved, HostUpdated
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import PoolConfig, SshSettings, TransportConfig
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.dialer import JUMP_LIMIT
from atp_tui.transport.driver import OpenRequest
from atp_tui.transport.manager import TransportManager
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import VirtualClock, run_virtual
from tests.unit.transport.settled import answer, now, tcp_host

S = ConnectionState


def managed(driver: FakeDriver, config: TransportConfig | None = None) -> TransportManager:
    return TransportManager(config, lambda *_: driver, clock=VirtualClock())


def test_no_more_than_eight_begin_through_a_jump_host_after_a_wait_at_the_fleets_gate() -> None:
    """Waiting behind silent hosts for a place of the fleet must not use up the patience of the jump host's places."""
    through_jump: list[float] = []

    def script(request: OpenRequest) -> TransportError | str | None:
        if request.host.uri is not None:
            return "silent"
        through_jump.append(now())
        return None

    async def main() -> None:
        driver = FakeDriver(open_time=0.3)
        driver.script = script
        async with managed(driver, TransportConfig(max_concurrent_connects=16)) as manager:
            for number in range(64):
                await manager.add_host(tcp_host(f"silent{number}"))
            for number in range(40):
                ssh = SshSettings(proxy_jump="jump.example.org")
                await manager.add_host(HostInfo(f"h{number}", "192.0.2.1", uri=None, ssh=ssh))
            await asyncio.sleep(20)
            assert manager.active_connection_count == 40

    run_virtual(main())
    assert max(Counter(through_jump).values()) <= JUMP_LIMIT


def descriptions(events: list[Event]) -> list[object]:
    return [
        event.host.uri if isinstance(event, HostUpdated) else "removed"
        for event in events
        if isinstance(event, HostUpdated | HostRemoved)
    ]


@pytest.mark.parametrize("then", ["updated", "removed", "cancelled"])
def test_who_follows_the_events_ends_up_with_what_is_true(then: str) -> None:
    """An update that moves a host closes its connections first, and the next change may come meanwhile."""

    async def main() -> None:
        first, second = (tcp_host().with_uri(f"test+tcp://192.0.2.{number}/default") for number in (8, 9))
        async with managed(FakeDriver()) as manager:
            await manager.add_host(tcp_host())
            await manager.execute_on_host("a", answer)
            holder = asyncio.create_task(manager.execute_on_host("a", sleep_long))
            await asyncio.sleep(1)
            subscription = manager.hub.subscribe()
            moving = asyncio.create_task(manager.update_host(first))
            await asyncio.sleep(0.1)
            if then == "updated":
                await manager.update_host(second)
            elif then == "removed":
                await manager.remove_host("a")
            else:
                moving.cancel()
            await asyncio.wait([moving, holder])
            events = await subscription.batch()
            told = {"updated": [first.uri, second.uri], "removed": [first.uri, "removed"], "cancelled": [first.uri]}
            assert descriptions(events) == told[then]

    run_virtual(main())


async def sleep_long(connection: HostConnection) -> None:
    await asyncio.sleep(100)


@pytest.mark.parametrize("how", ["overall", "leaving"])
def test_a_task_that_swallows_its_cancel_begins_no_further_host(how: str) -> None:
    begun: list[str] = []

    async def stubborn(connection: HostConnection) -> str:
        begun.append(connection.host_info.id)
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            await asyncio.sleep(0.5)
        return "late"

    async def main() -> None:
        async with managed(FakeDriver()) as manager:
            for name in "abcdef":
                await manager.add_host(tcp_host(name))
            await asyncio.sleep(1)
            if how == "overall":
                results = await manager.execute_on_all_hosts(stubborn, fanout=2, overall=3)
                assert [result.value for result in results] == ["late", "late", None, None, None, None]
                assert all(isinstance(result.error, CallTimeout) for result in results[2:])
            else:
                work = asyncio.create_task(manager.execute_on_all_hosts(stubborn, fanout=2))
                await asyncio.sleep(3)
                work.cancel()
                await asyncio.wait([work])
                assert work.cancelled()
            assert now() == pytest.approx(4.5, abs=0.1)

    run_virtual(main())
    assert begun == ["a", "b"]


def test_a_heartbeat_that_is_answered_with_an_error_is_no_loss_and_no_defect() -> None:
    """The peer has answered, if not what was asked; or there was no thread to ask with. Either may be well later."""
    defects: list[object] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: defects.append(context))
        driver = FakeDriver()
        async with managed(driver, TransportConfig(heartbeat_interval=10)) as manager:
            await manager.add_host(tcp_host())
            await manager.execute_on_host("a", answer)
            (link,) = driver.links
            asked = []

            async def ping(timeout: float) -> None:
                asked.append(now())
                raise CallFailed("internal error")

            link.ping = ping  # type: ignore[method-assign]
            await asyncio.sleep(35)
            assert asked == pytest.approx([10, 20, 30], abs=0.5)
            assert manager.host_state("a").state is S.CONNECTED
            (figures,) = manager.stats()["a"].connections
            assert figures.errors == {"CallFailed": 3}

    run_virtual(main())
    assert defects == []


@pytest.mark.parametrize("when", ["before", "while"])
def test_a_host_that_a_person_disconnected_stays_so_when_it_moves(when: str) -> None:
    async def main() -> None:
        driver = FakeDriver()
        moved = replace(tcp_host(), uri="test+tcp://192.0.2.9/default")
        async with managed(driver) as manager:
            await manager.add_host(tcp_host())
            await manager.execute_on_host("a", answer)
            holder = asyncio.create_task(manager.execute_on_host("a", sleep_long))
            await asyncio.sleep(0.1)
            if when == "before":
                await manager.disconnect("a")
                await manager.update_host(moved)
            else:
                moving = asyncio.create_task(manager.update_host(moved))
                await asyncio.sleep(0.1)
                await manager.disconnect("a")
                await moving
            await asyncio.sleep(1000)
            assert len(driver.attempts) == 1
            state = manager.host_state("a")
            assert (state.state, state.retries) == (S.DISCONNECTED, False)
            assert [pool._housekeeper for pool in manager._entries["a"].pools.values()] == [None, None]
            with pytest.raises(PoolClosed):
                await manager.execute_on_host("a", answer)
            manager.retry("a")
            assert await manager.execute_on_host("a", answer) == "yes"
            assert [link.request.host for link in driver.live] == [moved]
            holder.cancel()
            await asyncio.wait([holder])

    run_virtual(main())


def test_a_host_without_a_connection_is_told_to_be_disconnected_by_a_person() -> None:
    async def main() -> None:
        config = TransportConfig(pool=PoolConfig(min_connections_per_host=0))
        async with managed(FakeDriver(), config) as manager:
            await manager.add_host(tcp_host())
            subscription = manager.hub.subscribe()
            await manager.disconnect("a")
            assert not manager.host_state("a").retries
            (event,) = subscription.take()
            assert isinstance(event, HostChanged)
            assert not event.status.retries

    run_virtual(main())
