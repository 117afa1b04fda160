"""What a lease, a call and both together cost here and in another checkout of this program, in one run.

    python -m tests.bench.bench_hot_paths OTHER_CHECKOUT [ROUNDS]

The links answer at once, so that what is measured is the transport's own. Each side is a process of its own; they take
turns, round by round, and both do nothing between their turns. Medians of CPU time in microseconds, and of the
ratio of each round.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

USES = 5_000
TASKS, PLACES, TURNS = 1_000, 10, 5
HERE = Path(__file__).parents[2]


def _side() -> None:
    """Do a round for each line that is read, and print its figures as JSON."""
    from atp_tui.model.host import HostInfo
    from atp_tui.model.settings import PoolConfig, TransportConfig
    from atp_tui.transport.manager import TransportManager

    class InstantLink:
        def __init__(self, requests: int | None) -> None:
            self.max_requests = requests

        def is_alive(self) -> bool:
            return True

        def bytes_moved(self) -> None:
            return None

        async def ping(self, timeout: float) -> None: ...

        async def call(self, function: Callable[[Any], Any], timeout: float) -> Any:
            return function(None)

        async def close(self) -> None: ...
        def abort(self) -> None: ...

    class InstantDriver:
        def __init__(self, requests: int | None) -> None:
            self.requests = requests

        async def open(self, request: object) -> Any:
            return InstantLink(self.requests)

        async def close(self) -> None: ...

    async def opened(config: TransportConfig, connections: int, requests: int | None) -> Any:
        driver = InstantDriver(requests)
        manager = TransportManager(config, lambda *_: driver, rng=random.Random(1))
        await manager.add_host(HostInfo("a", "127.0.0.1", uri="test+tcp://127.0.0.1/default"))
        pool = manager._entries["a"].main
        while pool.core.usable < connections:
            work = [manager.execute_on_host("a", lambda connection: asyncio.sleep(0.01)) for _ in range(connections)]
            await asyncio.gather(*work)
        return manager, pool

    async def timed(count: int, work: Awaitable[object]) -> float:
        begun = time.process_time()
        await work
        return (time.process_time() - begun) / count * 1e6

    async def rounds() -> None:
        wide, narrow = PoolConfig(), PoolConfig(requests_per_connection=1, max_connections_per_host=PLACES)
        manager, pool = await opened(TransportConfig(pool=wide), 1, None)
        crowd, full = await opened(TransportConfig(pool=narrow), PLACES, None)
        # one call at a time by the link: one connection more, which is kept for samples
        old, one_each = await opened(TransportConfig(pool=PoolConfig(max_connections_per_host=PLACES)), 2, 1)

        async def leases(pool: Any) -> None:
            for _ in range(USES):
                async with pool.lease():
                    pass

        async def calls() -> None:
            async with pool.lease() as connection:
                for _ in range(USES):
                    await connection.call(lambda virt: None)

        async def work(manager: Any) -> None:
            for _ in range(USES):
                await manager.execute_on_host("a", lambda connection: connection.call(lambda virt: None))

        async def user(pool: Any) -> None:
            for _ in range(TURNS):
                async with pool.lease():
                    await asyncio.sleep(0)

        async def crowded(pool: Any) -> None:
            await asyncio.gather(*(user(pool) for _ in range(TASKS)))

        while sys.stdin.readline():
            figures = {
                "lease": await timed(USES, leases(pool)),
                "call": await timed(USES, calls()),
                "execute_on_host": await timed(USES, work(manager)),
                "1,000 tasks on 10": await timed(TASKS * TURNS, crowded(full)),
                "lease, one call each": await timed(USES, leases(one_each)),
            }
            print(json.dumps(figures), flush=True)
        for each in (manager, crowd, old):
            await each.close()

    asyncio.run(rounds())


def _begin(checkout: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, __file__, "--side"],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def main() -> None:
    if "--side" in sys.argv:
        _side()
        return
    checkouts = {"here": HERE, "there": Path(sys.argv[1]).resolve()}
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    sides = {name: _begin(checkout) for name, checkout in checkouts.items()}
    taken: list[dict[str, dict[str, float]]] = []
    for number in range(rounds + 1):
        row = {}
        for name in list(sides) if number % 2 else reversed(list(sides)):
            inlet, outlet = sides[name].stdin, sides[name].stdout
            assert inlet is not None
            assert outlet is not None
            print("go", file=inlet, flush=True)
            row[name] = json.loads(outlet.readline())
        taken.append(row)
    for side in sides.values():
        side.communicate()
    del taken[0]  # the first one warms up
    for figure in taken[0]["here"]:
        here, there = (statistics.median(row[name][figure] for row in taken) for name in checkouts)
        ratio = statistics.median(row["here"][figure] / row["there"][figure] for row in taken)
        print(f"{figure:24} here {here:7.2f} µs   there {there:7.2f} µs   {ratio:5.3f} of it")


if __name__ == "__main__":
    main()
