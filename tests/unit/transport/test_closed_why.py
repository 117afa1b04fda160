"""A connection that was closed says why, in its last news, while it says goodbye, and in the counts of its pool."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from atp_tui.model.connection import Closed, ConnectionState
from atp_tui.model.events import ConnectionChanged
from atp_tui.model.message import Message
from atp_tui.model.say import Say
from atp_tui.monitor.lives import Lives
from atp_tui.transport.closing import why_closed
from atp_tui.transport.manager import TransportManager
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import run_virtual
from tests.unit.transport.pooled import CONFIG, POOL, held, managed, pool_of
from tests.unit.transport.settled import tcp_host

S = ConnectionState


async def three(manager: TransportManager) -> None:
    """Three connections of the one host."""
    pool = await pool_of(manager)
    await asyncio.gather(*(held(pool, 1.0) for _ in range(3)))
    assert manager.stats()["a"].total_connections == 3


async def idle(manager: TransportManager) -> None:
    await asyncio.sleep(60)


async def resized(manager: TransportManager) -> None:
    manager.configure(replace(CONFIG, pool=replace(POOL, max_connections_per_host=1)))


async def disconnected(manager: TransportManager) -> None:
    await manager.disconnect("a")


async def reconfigured(manager: TransportManager) -> None:
    await manager.update_host(replace(tcp_host(), uri="qemu+tcp://192.0.2.99/system"))


async def removed(manager: TransportManager) -> None:
    await manager.remove_host("a")


async def drained(manager: TransportManager) -> None:
    await manager.close()


@pytest.mark.parametrize(
    ("act", "reason", "number"),
    [
        (idle, Closed.IDLE, 2),
        (resized, Closed.RESIZED, 2),
        (disconnected, Closed.DISCONNECTED, 3),
        (reconfigured, Closed.RECONFIGURED, 3),
        (removed, Closed.REMOVED, 3),
        (drained, Closed.DRAINED, 3),
    ],
    ids=lambda each: each.__name__ if callable(each) else "",
)
def test_each_way_to_close_a_connection_is_told(
    act: Callable[[TransportManager], Awaitable[None]], reason: Closed, number: int
) -> None:
    async def main() -> None:
        async with managed(FakeDriver()) as manager:
            news = manager.hub.subscribe()
            lives, said = Lives(), dict[int, Message | None]()
            await three(manager)
            await act(manager)
            await asyncio.sleep(2)
            now, present = manager.clock.monotonic(), []
            if "a" in {host.id for host in manager.list_hosts()}:
                present = [each for pool in manager.pools("a") for each in pool.connections]
            for event in news.take():
                if isinstance(event, ConnectionChanged):
                    lives.take(event)
                    if event.after in (S.DRAINING, S.DISCONNECTED):
                        said[event.connection_id] = event.closing
                    else:
                        assert event.closing is None
            settings = replace(POOL, max_connections_per_host=1) if reason is Closed.RESIZED else POOL
            assert list(said.values()) == [why_closed(reason, settings)] * number
            kept = {life.id: life for life in lives.at(now, present)}
            assert {each for each, life in kept.items() if life.closing is not None} == said.keys()
            assert all(life.cause is None for life in kept.values()), "no trouble has ended them"

    run_virtual(main())


def test_a_host_that_comes_back_numbers_its_connections_on() -> None:
    """Else the new connection would take the place of the one that a person has closed, and of why it was."""

    async def main() -> None:
        async with managed(FakeDriver()) as manager:
            await pool_of(manager)
            await manager.disconnect("a")
            assert manager.stats()["a"].closed == {Closed.DISCONNECTED: 1}
            manager.retry("a")
            await asyncio.sleep(1)
            assert [each.id for each in manager.stats()["a"].connections] == [2]
            await manager.update_host(replace(tcp_host(), uri="qemu+tcp://192.0.2.99/system"))
            await asyncio.sleep(1)
            assert [each.id for each in manager.stats()["a"].connections] == [3]

    run_virtual(main())


def test_what_is_in_use_says_while_it_closes_why() -> None:
    async def main() -> None:
        async with managed(FakeDriver()) as manager:
            pool = await pool_of(manager)
            user = asyncio.create_task(held(pool, 30.0))
            await asyncio.sleep(1)
            leaving = asyncio.create_task(manager.disconnect("a", limit=5.0))
            await asyncio.sleep(6)
            await leaving
            assert pool.statistics().closed == {Closed.CUT: 1}
            user.cancel()

    run_virtual(main())


def test_each_reason_has_its_words() -> None:
    ids = [why_closed(reason, POOL).id for reason in Closed]
    assert len(set(ids)) == len(ids)
    assert why_closed(Closed.IDLE, POOL).get("limit") == POOL.idle_timeout
    assert all(each in Say for each in ids)
