"""Packets that vanish: real daemons at the far end of a cable that loses them all, in both directions.

The fault matrix (test_matrix.py) makes its faults by a proxy and by signals, where some kernel still answers for the
host. Here none does: SYNs, calls, keepalives and farewells all go unanswered, and no error tells of it. Each test plays
on hosts of every kind at once, as when the whole host is away.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Awaitable
from dataclasses import replace

import pytest

from atp_tui.api import (
    CallTimeout,
    Command,
    ConnectionLost,
    ConnectionState,
    ConnectTimeout,
    HostConnection,
    PoolConfig,
    TransportConfig,
    TransportManager,
)
from atp_tui.transport.dialer import CLOSE_TIMEOUT

from ..drivers.ssh_links import until
from .network import FarHost, in_own_network
from .remains import Remains
from .stage import CALL, HANG, HASTY, LEASES, ROUTES, Route, Talker, endless_work, managed, version

pytestmark = pytest.mark.daemons

CONNECTED, RECONNECTING = ConnectionState.CONNECTED, ConnectionState.RECONNECTING

SLACK = 1.0
"""Seconds over the program's own limit: wide, for a busy machine, and still far from what TCP itself would take."""
SELDOM = 3600
CONNECT = 0.5

QUIET = replace(
    HASTY,
    connect_timeout=CONNECT,
    call_timeout=HANG,
    heartbeat_interval=SELDOM,
    heartbeat_timeout=HANG,
    keepalive_interval=SELDOM,
    pool=PoolConfig(checkout_timeout=HANG),
)
"""Nothing asks by itself whether the peer is there; each test switches on what it is about."""


async def connected(manager: TransportManager, far: FarHost, config: TransportConfig) -> None:
    """Add a host of every kind, and wait until each is Connected."""
    for route in ROUTES:
        await manager.add_host(far.host(route, config))
    await all_are(manager, CONNECTED)


async def all_are(manager: TransportManager, state: ConnectionState) -> dict[Route, float]:
    """Wait until all hosts are in a state, without asking anything of them; the seconds it took each."""
    begun = time.monotonic()
    since: dict[Route, float] = {}
    async with asyncio.timeout(HANG):
        while len(since) < len(ROUTES):
            for route in ROUTES:
                if manager.host_state(route).state is state:
                    since.setdefault(route, time.monotonic() - begun)
            await asyncio.sleep(0.005)
    return since


async def end_of(work: Awaitable[object]) -> tuple[type[BaseException] | None, float]:
    """How some work ends, and after how many seconds from now."""
    begun = time.monotonic()
    error: type[BaseException] | None = None
    try:
        async with asyncio.timeout(HANG):
            await work
    except Exception as caught:  # noqa: BLE001 - whatever it is, the test judges it
        error = type(caught)
    return error, time.monotonic() - begun


async def at_work(manager: TransportManager) -> tuple[list[asyncio.Task[object]], Talker]:
    """Endless work on every host: calls in a row, and a command that talks; each has begun."""
    talkers = {route: Talker() for route in ROUTES}
    tasks = [asyncio.create_task(manager.execute_on_host(r, endless_work(r, talkers[r]))) for r in ROUTES]
    async with asyncio.timeout(HANG):
        for talker in talkers.values():
            await talker.up.wait()
    return tasks, talkers["ssh"]


async def serves(manager: TransportManager, talker: Talker | None = None) -> None:
    """Everything works, and over there nothing is left of a command."""
    for route in ("libvirt", "libvirt_over_ssh"):
        assert await manager.execute_on_host(route, lambda connection: connection.call(version)) > 0
    again = Talker()
    command = Command("echo well")
    await manager.execute_on_host("ssh", lambda connection: connection.run(command, again.sink))
    assert again.up.is_set()
    if talker is not None:
        await talker.sleeper.is_gone()


@in_own_network
async def test_no_answer_to_a_syn_ends_at_connect_timeout(far: FarHost) -> None:
    far.cable.vanish()
    remains = Remains()
    async with managed() as manager:
        begun = time.monotonic()
        for route in ROUTES:
            await manager.add_host(far.host(route, QUIET))
        await until(lambda: all(manager.last_errors(route) for route in ROUTES), "an opening without an end")
        took = time.monotonic() - begun
        print(f"{took:.2f} s")
        assert [type(manager.last_errors(route)[0]) for route in ROUTES] == [ConnectTimeout] * len(ROUTES)
        assert CONNECT <= took < CONNECT + SLACK
        # closed in the middle of further attempts
        error, took = await end_of(manager.close(LEASES))
        assert error is None
        assert took < CLOSE_TIMEOUT + SLACK
    assert await remains.left() == Counter()
    async with managed() as manager:
        for route in ROUTES:
            await manager.add_host(far.host(route, QUIET))
        await until(lambda: all(manager.last_errors(route) for route in ROUTES), "an opening without an end")
        far.cable.flow()
        await all_are(manager, CONNECTED)
        await serves(manager)


@in_own_network
async def test_keepalive_notices_that_packets_vanish(far: FarHost) -> None:
    interval, count = 1, 2
    config = replace(QUIET, keepalive_interval=interval, keepalive_count=count)
    async with managed() as manager:
        await connected(manager, far, config)
        tasks, talker = await at_work(manager)
        far.cable.vanish()
        noticing = asyncio.create_task(all_are(manager, RECONNECTING))
        ends = await asyncio.gather(*map(end_of, tasks))
        noticed = await noticing
        print(ends, noticed)
        assert [error for error, _ in ends] == [ConnectionLost] * len(ROUTES)
        for took in (*noticed.values(), *(took for _, took in ends)):
            assert interval < took < interval * (count + 1) + SLACK
        await asyncio.sleep(2 * CONNECT)
        assert [manager.host_state(route).state for route in ROUTES] == [RECONNECTING] * len(ROUTES)
        far.cable.flow()
        await all_are(manager, CONNECTED)
        await serves(manager, talker)


@in_own_network
async def test_the_heartbeat_notices_that_packets_vanish(far: FarHost) -> None:
    config = replace(QUIET, heartbeat_interval=0.5, heartbeat_timeout=0.5)
    async with managed() as manager:
        await connected(manager, far, config)
        far.cable.vanish()
        noticed = await all_are(manager, RECONNECTING)
        print(noticed)
        for took in noticed.values():
            assert config.heartbeat_timeout / 2 < took < config.heartbeat_interval + config.heartbeat_timeout + SLACK
        far.cable.flow()
        await all_are(manager, CONNECTED)
        await serves(manager)


@in_own_network
async def test_calls_and_commands_end_at_their_deadline_where_packets_vanish(far: FarHost) -> None:
    """And the heartbeat, which would ask an hour later, then asks at once."""
    config = replace(QUIET, heartbeat_timeout=CALL)
    talker = Talker()

    async def call(connection: HostConnection) -> object:
        return await connection.call(version, CALL)

    async def command(connection: HostConnection) -> object:
        return await connection.run(talker.command, talker.sink, CALL)

    async with managed() as manager:
        await connected(manager, far, config)
        far.cable.vanish()
        waiting = [manager.execute_on_host(route, command if route == "ssh" else call) for route in ROUTES]
        noticing = asyncio.create_task(all_are(manager, RECONNECTING))
        ends = await asyncio.gather(*map(end_of, waiting))
        noticed = await noticing
        print(ends, noticed)
        assert [error for error, _ in ends] == [CallTimeout] * len(ROUTES)
        assert all(CALL <= took < CALL + SLACK for _, took in ends)
        assert all(CALL <= took < CALL + config.heartbeat_timeout + SLACK for took in noticed.values())
        far.cable.flow()
        await all_are(manager, CONNECTED)
        await serves(manager, talker)


async def _hosts_end(manager: TransportManager) -> None:
    await asyncio.gather(*(manager.disconnect(route, LEASES) for route in ROUTES))


async def _the_program_ends(manager: TransportManager) -> None:
    await manager.close(LEASES)


@in_own_network
async def test_close_and_shutdown_take_a_moment_where_packets_vanish(far: FarHost) -> None:
    """They tell who was at work, and leave nothing behind here; nor there, once packets flow."""
    for end, in_use in itertools.product((_hosts_end, _the_program_ends), (False, True)):
        remains = Remains()
        async with managed() as manager:
            await connected(manager, far, QUIET)
            tasks, talker = await at_work(manager) if in_use else ([], Talker())
            far.cable.vanish()
            error, took = await end_of(end(manager))
            print(f"{end.__name__}, {in_use=}: {took:.2f} s")
            assert error is None
            assert took < LEASES + CLOSE_TIMEOUT + SLACK
            told = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(one) for one in told] == [ConnectionLost] * len(tasks)
        assert await remains.left() == Counter()
        far.cable.flow()
        await talker.sleeper.is_gone()
