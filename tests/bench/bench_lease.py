"""One uncontended lease: ours against the barest pool there is, interleaved in one run. Run by hand."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections import deque

from atp_tui.model.host import HostInfo
from atp_tui.model.settings import TransportConfig
from atp_tui.transport.manager import TransportManager
from atp_tui.transport.pool import ConnectionPool
from tests.fakes.driver import FakeDriver

ROUNDS, LEASES = 15, 20_000


class BarePool:
    """A deque of connections and futures: no metrics, no limits, no eviction."""

    def __init__(self) -> None:
        self.idle = deque([object()])
        self.waiting: deque[asyncio.Future[object]] = deque()

    async def __aenter__(self) -> object:
        if self.idle:
            return self.idle.popleft()
        future = asyncio.get_running_loop().create_future()
        self.waiting.append(future)
        return await future

    async def __aexit__(self, *problem: object) -> None:
        self.idle.append(object())


async def time_ours(pool: ConnectionPool) -> float:
    begun = time.perf_counter()
    for _ in range(LEASES):
        async with pool.lease():
            pass
    return (time.perf_counter() - begun) / LEASES * 1e6


async def time_bare(pool: BarePool) -> float:
    begun = time.perf_counter()
    for _ in range(LEASES):
        async with pool:
            pass
    return (time.perf_counter() - begun) / LEASES * 1e6


async def main() -> None:
    driver = FakeDriver()
    async with TransportManager(TransportConfig(), lambda host, channel: driver, rng=random.Random(1)) as manager:
        await manager.add_host(HostInfo("a", "127.0.0.1", uri="test+tcp://127.0.0.1/default"))
        await manager.execute_on_host("a", lambda connection: connection.call(lambda virt: 1))
        pool = manager._entries["a"].main
        bare = BarePool()
        pairs = [(await time_ours(pool), await time_bare(bare)) for _ in range(ROUNDS)]
    ours, bares = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    print(f"lease {ours:.2f} µs   bare deque {bares:.2f} µs   ratio {ratio:.1f}   ({ROUNDS} rounds of {LEASES})")


if __name__ == "__main__":
    asyncio.run(main())
