"""Whether balancing and growing pay: on real connections to libvirt's test driver, with waits in place of slow calls.

    python -m tests.bench.bench_balance [ROUNDS]

One of four connections is slow: each call on it takes 50 ms in place of 5. Calls by each strategy, interleaved: of
three users, who leave a choice, and of ten, who do not where a connection carries one call at a time. Then a pool that
may grow against one that may not, when more callers come than one connection takes.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from dataclasses import replace
from typing import Any

from atp_tui.api import HostConnection, HostInfo, PoolConfig, SelectionStrategy, TransportConfig, TransportManager

from ..daemons.libvirtd import PrivateLibvirtd

CONNECTIONS = 4
FEW, USERS, CALLS = 3, 10, 15
USUAL, SLOW = 0.005, 0.050
POOL = PoolConfig(min_connections_per_host=CONNECTIONS, max_connections_per_host=CONNECTIONS)


def call(connection: HostConnection, seconds: float) -> Any:
    """A call that keeps one of the connection's places for so long."""

    def on_lane(virt: Any) -> int:
        time.sleep(seconds)
        return int(virt.getLibVersion())

    return connection.call(on_lane)


async def load(manager: TransportManager, users: int, slow: int | None) -> tuple[float, list[float]]:
    """Seconds for all calls of all users, and of each of them."""
    times = []

    async def user() -> None:
        for _ in range(CALLS):
            begun = time.perf_counter()
            await manager.execute_on_host("a", lambda one: call(one, SLOW if one.id == slow else USUAL))
            times.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    await asyncio.gather(*(user() for _ in range(users)))
    return time.perf_counter() - begun, times


async def run(uri: str, pool: PoolConfig, users: int, *, one_is_slow: bool) -> tuple[float, float, float, int]:
    """Seconds in all, median and p95 of a call, connections in the end."""
    async with TransportManager(TransportConfig(pool=pool)) as manager:
        await manager.add_host(HostInfo("a", "127.0.0.1", uri=uri, ssh=None))
        with manager.hub.subscribe() as news:
            while manager.active_connection_count < pool.min_connections_per_host:
                await news.batch()
        total, times = await load(manager, users, 1 if one_is_slow else None)
        ordered = sorted(times)
        count = manager.active_connection_count
        return total, statistics.median(ordered), ordered[int(0.95 * len(ordered))], count


async def main(rounds: int, uri: str) -> None:
    sides = {
        (users, str(one)): (replace(POOL, selection_strategy=one), True)
        for users in (FEW, USERS)
        for one in SelectionStrategy
    }
    sides[USERS, "grows to 4"] = replace(POOL, min_connections_per_host=1), False
    sides[USERS, "stays at 1"] = replace(POOL, min_connections_per_host=1, max_connections_per_host=1), False
    rows = [
        {side: await run(uri, pool, side[0], one_is_slow=slow) for side, (pool, slow) in sides.items()}
        for _ in range(rounds)
    ]
    print(f"{CALLS} calls of {1000 * USUAL:g} ms for each user ({rounds} rounds)")
    print(f"users {'':<18}{'in all':>10}{'median':>10}{'p95':>10}   connections")
    for side in sides:
        total, median, late, count = (statistics.median(row[side][at] for row in rows) for at in range(4))
        users, name = side
        print(
            f"{users:>5} {name:<18}{1000 * total:>7.0f} ms{1000 * median:>7.1f} ms{1000 * late:>7.1f} ms   {count:.0f}"
        )


if __name__ == "__main__":
    with PrivateLibvirtd() as daemon:
        asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5, daemon.uri("tcp")))
