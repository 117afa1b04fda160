"""What a connection can do is a question of its link's type, asked in one place; a ping counts as any request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import pytest

from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import CallTimeout, ConnectionLost, Unsupported
from atp_tui.model.outcome import Command, ExitStatus
from atp_tui.model.shell import Shell
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.driver import NearShell
from tests.fakes.driver import FakeDriver
from tests.fakes.plain import PlainDriver
from tests.fakes.virtual_time import run_virtual
from tests.unit.transport.watched import watched

S = ConnectionState


async def call(connection: HostConnection) -> object:
    return await connection.call(lambda virt: "called")


async def run(connection: HostConnection) -> object:
    return await connection.run(Command("true"), lambda stream, data: None)


async def shell(connection: HostConnection) -> object:
    return await connection.shell(Shell(), cast(NearShell, None))


async def streams(connection: HostConnection) -> object:
    return connection.streams


@pytest.mark.parametrize(
    ("use", "words"),
    [(call, "make libvirt calls"), (run, "run commands"), (shell, "opens no shell"), (streams, "carry streams")],
)
def test_what_a_link_cannot_do_is_refused_by_the_connection(
    use: Callable[[HostConnection], Awaitable[object]], words: str
) -> None:
    async def main() -> None:
        async with watched(PlainDriver()) as alone:
            await alone.connection.connect()
            with pytest.raises(Unsupported) as caught:
                await use(alone.connection)
            assert caught.value.host == alone.connection.host_info.id
            assert words in caught.value.message
            assert caught.value.channel == "virt"
            assert alone.connection.state is S.CONNECTED
            assert alone.connection.counters.total_requests == 0, "nothing was asked of the peer"

    run_virtual(main())


def test_what_a_link_can_do_is_asked_anew_for_each_link() -> None:
    """Also by a caller that waits for the connection to come back."""

    async def main() -> None:
        driver = FakeDriver()
        async with watched(driver) as alone:
            alone.connection.start()
            assert await call(alone.connection) == "called"
            assert await run(alone.connection) == ExitStatus(0)
            driver.links[0].lose()
            with pytest.raises(ConnectionLost):
                await streams(alone.connection)
            assert await call(alone.connection) == "called"
            assert await streams(alone.connection) is driver.links[1]

    run_virtual(main())


def test_a_ping_is_counted_timed_and_a_beat() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with watched(driver) as alone:
            await alone.connection.connect()
            asked = driver.links[0].pings
            for _ in range(6):
                await asyncio.sleep(4)
                await alone.connection.ping()
            assert driver.links[0].pings == asked + 6, "10 s of silence would have had the heartbeat ask"
            assert alone.connection.counters.total_requests == 6
            latency = alone.connection.metrics.latency
            assert latency is not None
            assert latency.samples == 6

    run_virtual(main())


def test_a_ping_that_times_out_has_the_connection_checked() -> None:
    """One that does not answer the check either is lost, long before its heartbeat is due."""

    async def main() -> None:
        driver = PlainDriver()
        async with watched(driver) as alone:
            await alone.connection.connect()
            driver.links[0].silent = True
            with pytest.raises(CallTimeout):
                await alone.connection.ping(0.5)
            assert alone.connection.counters.errors == {"CallTimeout": 1}
            await asyncio.sleep(2.1)
            assert alone.states[-1] is S.RECONNECTING

    run_virtual(main())


def test_a_ping_waits_for_the_connection_as_long_as_it_may() -> None:
    async def main() -> None:
        driver = FakeDriver(open_time=1.0)
        async with watched(driver) as alone:
            alone.connection.start()
            with pytest.raises(CallTimeout, match="no connection"):
                await alone.connection.ping(0.5)
            await alone.connection.ping()
            assert alone.connection.state is S.CONNECTED

    run_virtual(main())
