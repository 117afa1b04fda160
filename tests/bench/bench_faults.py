"""Faults by the clock, on real sockets: how soon a silent host and a hung daemon are noticed, and what others feel.

python -m tests.bench.bench_faults
"""

from __future__ import annotations

import asyncio
import socket
import statistics
import threading
import time
from dataclasses import replace
from typing import Any

from atp_tui.api import (
    ConnectionState,
    HostConnection,
    HostInfo,
    PoolConfig,
    ReconnectConfig,
    TransportConfig,
    TransportManager,
)

from ..daemons.libvirtd import PrivateLibvirtd

CONNECT_TIMEOUT = 2.0
SILENT = 16
SPELL = 1.8
"""Seconds of calls on a healthy host, less than CONNECT_TIMEOUT."""
INTERVAL, COUNT = 1, 2
NEVER_AGAIN = ReconnectConfig(max_attempts=1, slow_lane=0)
CONFIG = TransportConfig(
    connect_timeout=CONNECT_TIMEOUT,
    keepalive_interval=INTERVAL,
    keepalive_count=COUNT,
    auto_reconnect=False,
    reconnect=NEVER_AGAIN,
)


def version(virt: Any) -> int:
    number: int = virt.getLibVersion()
    return number


async def ask(connection: HostConnection) -> int:
    return await connection.call(version)


async def p99(manager: TransportManager) -> float:
    """Seconds that 99 of 100 calls on the healthy host stay below."""
    times = []
    end = time.perf_counter() + SPELL
    while (begun := time.perf_counter()) < end:
        await manager.execute_on_host("healthy", ask)
        times.append(time.perf_counter() - begun)
    return statistics.quantiles(times, n=100)[98]


async def state_is(manager: TransportManager, host_id: str, state: ConnectionState) -> float:
    """The moment at which a host is in a state."""
    with manager.hub.subscribe() as news:
        while manager.host_state(host_id).state is not state:
            await news.batch()
    return time.perf_counter()


async def silent_hosts(uri: str, port: int) -> None:
    async with TransportManager(CONFIG) as manager:
        await manager.add_host(HostInfo("healthy", "127.0.0.1", uri=uri, ssh=None))
        await manager.execute_on_host("healthy", ask)
        alone, threads = await p99(manager), threading.active_count()
        begun = time.perf_counter()
        for number in range(SILENT):
            silent = HostInfo(f"silent{number}", "127.0.0.1", uri=f"test+tcp://127.0.0.1:{port}/default", ssh=None)
            await manager.add_host(silent)
        beside = await p99(manager)
        given_up = [
            await state_is(manager, f"silent{number}", ConnectionState.FAILED) - begun for number in range(SILENT)
        ]
        await asyncio.sleep(0.05)  # a thread says that it leaves, and then leaves
        left = threading.active_count() - threads
        for number in range(SILENT):
            manager.retry(f"silent{number}")
        await asyncio.sleep(0.3)
        leaving = time.perf_counter()
    print(f"{SILENT} hosts that accept and stay silent, connect_timeout {CONNECT_TIMEOUT:g} s")
    print(f"  given up after {max(given_up):.3f} s at most, {left} threads left")
    print(f"  p99 of a healthy host {1e6 * alone:.0f} µs alone, {1e6 * beside:.0f} µs beside them")
    print(f"  closed in {time.perf_counter() - leaving:.3f} s while {SILENT} openings hang")


async def hung_daemon(daemon: PrivateLibvirtd) -> None:
    config = replace(CONFIG, pool=PoolConfig(max_connections_per_host=1))
    async with TransportManager(config) as manager:
        await manager.add_host(HostInfo("hung", "127.0.0.1", uri=daemon.uri("tcp"), ssh=None))
        await manager.execute_on_host("hung", ask)
        daemon.stop()
        stopped = time.perf_counter()
        noticed = await state_is(manager, "hung", ConnectionState.FAILED) - stopped
        daemon.cont()
    bound = INTERVAL * (COUNT + 1) + 0.5
    print(f"a stopped daemon, keepalive ({INTERVAL}, {COUNT}): noticed after {noticed:.2f} s (bound {bound:g})")


if __name__ == "__main__":
    with PrivateLibvirtd() as private, socket.create_server(("127.0.0.1", 0), backlog=4 * SILENT) as listener:
        asyncio.run(silent_hosts(private.uri("tcp"), listener.getsockname()[1]))
        asyncio.run(hung_daemon(private))
