"""What a lease costs: ours against the barest pool there is, and two pools of the trade where they are installed.

    python -m tests.bench.bench_lease

Sides are interleaved in one run. psycopg_pool and SQLAlchemy are no dependencies of the program or its tests: without
them their lines are left out.
"""

from __future__ import annotations

import asyncio
import importlib
import random
import statistics
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from atp_tui.model.host import HostInfo
from atp_tui.model.settings import PoolConfig, TransportConfig
from atp_tui.transport.manager import TransportManager
from atp_tui.transport.pool import ConnectionPool
from tests.fakes.driver import FakeDriver

ROUNDS, LEASES = 15, 5_000
TASKS, PLACES = 1_000, 10
"""As many tasks on as many connections with one place each."""

Lease = Callable[[], AbstractAsyncContextManager[object]]
Side = Callable[[], Awaitable[float]]


class BarePool:
    """A deque of connections and futures: no metrics, no limits, no eviction; fair, and safe against cancel no more."""

    def __init__(self, size: int) -> None:
        self.idle: deque[object] = deque(object() for _ in range(size))
        self.waiting: deque[asyncio.Future[object]] = deque()

    def lease(self) -> BareLease:
        return BareLease(self)

    async def acquire(self) -> object:
        if self.idle:
            return self.idle.popleft()
        future = asyncio.get_running_loop().create_future()
        self.waiting.append(future)
        return await future

    def release(self, connection: object) -> None:
        if self.waiting:
            self.waiting.popleft().set_result(connection)
        else:
            self.idle.append(connection)


class BareLease:
    """One use of a BarePool."""

    __slots__ = ("connection", "pool")

    def __init__(self, pool: BarePool) -> None:
        self.pool = pool

    async def __aenter__(self) -> object:
        self.connection = await self.pool.acquire()
        return self.connection

    async def __aexit__(self, *problem: object) -> None:
        self.pool.release(self.connection)


def one_after_the_other(lease: Lease) -> Side:
    """Microseconds a lease, with nobody else about."""

    async def side() -> float:
        begun = time.perf_counter()
        for _ in range(LEASES):
            async with lease():
                pass
        return (time.perf_counter() - begun) / LEASES * 1e6

    return side


def many_at_once(lease: Lease, turns: int, hold: float) -> Side:
    """Microseconds a lease with TASKS tasks that hold it for so many seconds; fails where one of them is overtaken."""

    async def side() -> float:
        served = [0] * TASKS

        async def task(number: int) -> None:
            for _ in range(turns):
                async with lease():
                    served[number] += 1
                    spread.append(served[number])
                    await asyncio.sleep(hold)

        spread: list[int] = []
        begun = time.perf_counter()
        await asyncio.gather(*(task(number) for number in range(TASKS)))
        taken = time.perf_counter() - begun
        laps = [spread[place : place + TASKS] for place in range(0, len(spread), TASKS)]
        assert all(max(lap) - min(lap) <= 1 for lap in laps), "somebody starved"
        return taken / (TASKS * turns) * 1e6

    return side


def sqlalchemy_side() -> Side | None:
    """SQLAlchemy's QueuePool; its connections do nothing."""
    try:
        pool = importlib.import_module("sqlalchemy.pool").QueuePool(_Nothing, pool_size=1, reset_on_return=None)
    except ImportError:
        return None

    async def side() -> float:
        begun = time.perf_counter()
        for _ in range(LEASES):
            pool.connect().close()
        return (time.perf_counter() - begun) / LEASES * 1e6

    return side


class _Nothing:
    """A DB-API connection as far as QueuePool asks for one."""

    def close(self) -> None: ...
    def rollback(self) -> None: ...


async def psycopg_side() -> tuple[Side, Any] | None:
    """psycopg_pool's AsyncConnectionPool; its connections talk to nobody."""
    try:
        psycopg = importlib.import_module("psycopg")
        pools = importlib.import_module("psycopg_pool")
    except ImportError:
        return None
    idle = psycopg.pq.TransactionStatus.IDLE

    class Silent(psycopg.AsyncConnection):  # type: ignore[misc, name-defined] # not installed where mypy runs
        def __init__(self) -> None:
            self.pgconn = type("PGconn", (), {"transaction_status": idle, "status": psycopg.pq.ConnStatus.OK})()
            self._pool = None

        @classmethod
        async def connect(cls, *args: object, **options: object) -> Any:
            return cls()

        async def __aenter__(self) -> Any:
            return self

        async def __aexit__(self, *problem: object) -> None:
            """No commit: only the pool is measured."""

        async def close(self) -> None: ...
        def __del__(self, *args: object) -> None: ...

        @property
        def closed(self) -> bool:
            return False

    pool = pools.AsyncConnectionPool("", connection_class=Silent, min_size=1, open=False)
    await pool.open()
    return one_after_the_other(pool.connection), pool


async def compare(title: str, sides: dict[str, Side]) -> None:
    """Print each side's median, and the median of our ratio to it."""
    rows = [[await side() for side in sides.values()] for _ in range(ROUNDS)]
    print(f"{title}   ({ROUNDS} rounds)")
    for place, name in enumerate(sides):
        ratio = statistics.median(row[0] / row[place] for row in rows)
        print(f"  {name:<24}{statistics.median(row[place] for row in rows):8.2f} µs   ours is {ratio:5.2f} of it")


async def warmed(manager: TransportManager, connections: int) -> ConnectionPool:
    """A pool with so many open connections."""
    pool = manager._entries["a"].main
    while pool.core.usable < connections:
        async with asyncio.TaskGroup() as group:
            for _ in range(connections * 2):
                group.create_task(manager.execute_on_host("a", lambda connection: asyncio.sleep(0.01)))
    return pool


async def main() -> None:
    driver = FakeDriver()
    host = HostInfo("a", "127.0.0.1", uri="test+tcp://127.0.0.1/default")
    async with TransportManager(TransportConfig(), lambda host, channel: driver, rng=random.Random(1)) as manager:
        await manager.add_host(host)
        pool = await warmed(manager, 1)
        sides = {"ours": one_after_the_other(pool.lease), "bare deque": one_after_the_other(BarePool(1).lease)}
        other, queue_pool = await psycopg_side(), sqlalchemy_side()
        if other is not None:
            sides["psycopg_pool"] = other[0]
        if queue_pool is not None:
            sides["SQLAlchemy QueuePool"] = queue_pool
        await compare("one lease, nobody else about", sides)
        if other is not None:
            await other[1].close()
    narrow = TransportConfig(pool=PoolConfig(requests_per_connection=1, max_connections_per_host=PLACES))
    async with TransportManager(narrow, lambda host, channel: driver, rng=random.Random(1)) as manager:
        await manager.add_host(host)
        pool = await warmed(manager, PLACES)
        for turns, hold in ((20, 0.0), (5, 0.001)):
            bare = many_at_once(BarePool(PLACES).lease, turns, hold)
            sides = {"ours": many_at_once(pool.lease, turns, hold), "bare deque": bare}
            await compare(f"{TASKS} tasks on {PLACES} connections, each use {1000 * hold:g} ms, a lease", sides)


if __name__ == "__main__":
    asyncio.run(main())
