"""News comes in the order of its causes: a transition is told before those that the pool makes because of it."""

from __future__ import annotations

import asyncio

from atp_tui.model.connection import ConnectionState
from atp_tui.model.events import ConnectionChanged
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.hub import Subscription
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import run_virtual
from tests.unit.transport.pooled import managed, pool_of
from tests.unit.transport.settled import answer, ssh_host

S = ConnectionState
Step = tuple[int, ConnectionState, ConnectionState]


def steps(news: Subscription) -> list[Step]:
    """(connection, before, after) of every transition that was told."""
    changes = [event for event in news.take() if isinstance(event, ConnectionChanged)]
    return [(change.connection_id, change.before, change.after) for change in changes]


def test_a_leased_connection_that_its_user_disconnects_is_told_of_before_its_successor() -> None:
    async def main() -> None:
        async with managed(FakeDriver()) as manager:
            await pool_of(manager)
            with manager.hub.subscribe() as news:
                await manager.execute_on_host("a", HostConnection.disconnect)
                assert steps(news)[:2] == [(1, S.CONNECTED, S.DRAINING), (2, S.DISCONNECTED, S.CONNECTING)]

    run_virtual(main())


def test_a_loss_is_told_of_before_the_carrier_is_replaced_that_it_lets_go() -> None:
    """The SSH connection was closed while a hypervisor connection rides on it, and a command waits for the next one."""

    async def main() -> None:
        driver = FakeDriver()
        async with managed(driver) as manager:
            await manager.add_host(ssh_host())
            await manager.execute_on_host("a", answer)
            await manager.execute_on_host("a", HostConnection.disconnect, channel="ssh")
            command = asyncio.create_task(manager.execute_on_host("a", HostConnection.is_alive, channel="ssh"))
            await asyncio.sleep(1)
            with manager.hub.subscribe() as news:
                _, hypervisor = driver.links
                hypervisor.lose()
                assert steps(news)[:2] == [(1, S.CONNECTED, S.RECONNECTING), (2, S.DISCONNECTED, S.CONNECTING)]
            assert await command

    run_virtual(main())
