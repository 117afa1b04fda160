"""A host's SSH connection beside its pool, and below it as a tunnel, in virtual time."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest

from atp_tui.model.errors import AuthFailed, ConnectFailed, TransportError
from atp_tui.model.settings import PoolConfig
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.driver import OpenRequest
from atp_tui.transport.manager import TransportManager
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import VirtualClock, run_virtual
from tests.unit.transport.settled import answer, ssh_host, tcp_host
from tests.unit.transport.watched import CONFIG


def test_ssh_is_opened_when_first_needed_and_shown_beside_the_pools() -> None:
    async def main() -> None:
        drivers = {"virt": FakeDriver(), "ssh": FakeDriver()}
        async with TransportManager(
            CONFIG, lambda host, channel: drivers[channel], clock=VirtualClock(), rng=random.Random(1)
        ) as manager:
            await manager.add_host(tcp_host())
            await asyncio.sleep(100)
            assert (len(drivers["virt"].attempts), len(drivers["ssh"].attempts)) == (1, 0)
            assert [pool.total_connections for pool in manager.pools("a")] == [1, 0]

            async def kind(connection: HostConnection) -> str:
                return connection.channel

            assert await manager.execute_on_host("a", kind, channel="ssh") == "ssh"
            assert [pool.channel for pool in manager.pools("a")] == ["virt", "ssh"]
            assert [pool.active_connections for pool in manager.pools("a")] == [1, 1]
            assert type(await manager.execute_on_host("a", itself)) is type(
                await manager.execute_on_host("a", itself, channel="ssh")
            )

    run_virtual(main())


async def itself(connection: HostConnection) -> HostConnection:
    return connection


def test_a_tunnel_opens_the_ssh_connection_below_it_and_keeps_it() -> None:
    async def main() -> None:
        drivers = {"virt": FakeDriver(), "ssh": FakeDriver()}
        below: list[object] = []

        def carrier(request: OpenRequest) -> None:
            below.append(request.carrier)

        drivers["virt"].script = carrier
        quick = replace(CONFIG, pool=PoolConfig(idle_timeout=5, management_interval=1))
        async with TransportManager(
            quick, lambda host, channel: drivers[channel], clock=VirtualClock(), rng=random.Random(1)
        ) as manager:
            await manager.add_host(ssh_host())
            assert await manager.execute_on_host("a", answer) == "yes"
            assert below == drivers["ssh"].links
            await asyncio.sleep(100)
            assert len(drivers["ssh"].live) == 1, "idle, but something rides on it"

    run_virtual(main())


def test_a_refused_tunnel_comes_back_when_a_person_retries() -> None:
    """The refusal was the SSH connection's, what a person retries is the host's main one."""

    async def main() -> None:
        drivers = {"virt": FakeDriver(), "ssh": FakeDriver()}
        drivers["ssh"].script = lambda request: AuthFailed("permission denied")
        async with TransportManager(
            CONFIG, lambda host, channel: drivers[channel], clock=VirtualClock(), rng=random.Random(1)
        ) as manager:
            await manager.add_host(ssh_host())
            with pytest.raises(AuthFailed):
                await manager.execute_on_host("a", answer)
            await asyncio.sleep(1000)
            assert len(drivers["ssh"].attempts) == 1
            drivers["ssh"].script = lambda request: None
            manager.retry("a")
            assert await manager.execute_on_host("a", answer) == "yes"

    run_virtual(main())


@pytest.mark.parametrize("verdict", [ConnectFailed("refused", permanent=True), "silent"])
def test_a_tunnel_that_does_not_open_keeps_no_hold_on_its_ssh_connection(verdict: TransportError | str) -> None:
    async def main() -> None:
        driver = FakeDriver()
        driver.script = lambda request: verdict if request.carrier else None
        async with TransportManager(
            replace(CONFIG, connect_timeout=1), lambda *_: driver, clock=VirtualClock()
        ) as manager:
            await manager.add_host(ssh_host(transport=replace(CONFIG, connect_timeout=1, auto_reconnect=False)))
            await asyncio.sleep(5)
            (ssh,) = [pool for pool in manager._entries["a"].pools.values() if pool.channel == "ssh"]
            assert [slot.pins for slot in ssh.core.slots.values()] == [0]

    run_virtual(main())
