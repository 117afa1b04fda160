"""Opening 200 real libvirt connections: the manager against the best bare loop under the same limit.

    python -m tests.bench.bench_open [ROUNDS]

Both sides open, ask once and arm keepalive; closing is not timed.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from atp_tui.api import ConnectionState, HostInfo, TransportConfig, TransportManager
from atp_tui.drivers.libvirt.binding import load
from atp_tui.model.events import ConnectionChanged

from ..daemons.libvirtd import PrivateLibvirtd

HOSTS = 200
CONFIG = TransportConfig()
LIMIT = CONFIG.max_concurrent_connects


async def ours(uri: str) -> float:
    """Seconds until every host is Connected."""
    async with TransportManager(CONFIG) as manager:
        with manager.hub.subscribe(100_000) as news:
            begun = time.perf_counter()
            for number in range(HOSTS):
                await manager.add_host(HostInfo(f"kvm{number:03}", "127.0.0.1", uri=uri, ssh=None))
            connected = 0
            while connected < HOSTS:
                changes = [one for one in await news.batch() if isinstance(one, ConnectionChanged)]
                connected += sum(one.after is ConnectionState.CONNECTED for one in changes)
            return time.perf_counter() - begun


def open_bare(uri: str) -> Any:
    """What a bare script does for one host."""
    connection = load().libvirt.open(uri)
    connection.setKeepAlive(CONFIG.keepalive_interval, CONFIG.keepalive_count)
    connection.getLibVersion()
    return connection


async def bare(uri: str) -> float:
    """Seconds for as many opens on LIMIT threads."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(LIMIT) as executor:
        begun = time.perf_counter()
        opened = await asyncio.gather(*(loop.run_in_executor(executor, open_bare, uri) for _ in range(HOSTS)))
        taken = time.perf_counter() - begun
        await asyncio.gather(*(loop.run_in_executor(executor, connection.close) for connection in opened))
    return taken


async def main(rounds: int, uri: str) -> None:
    await ours(uri)
    pairs = [(await ours(uri), await bare(uri)) for _ in range(rounds)]
    mine, others = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    print(f"{HOSTS} connections, {LIMIT} at a time ({rounds} rounds)")
    print(f"  manager   {1000 * mine:7.0f} ms   {ratio:.2f} of the bare loop")
    print(f"  bare loop {1000 * others:7.0f} ms")


if __name__ == "__main__":
    with PrivateLibvirtd() as daemon:
        asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 7, daemon.uri("tcp")))
