"""A manager of one or two hosts over a FakeDriver, for what is the pool's own."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

from atp_tui.model.connection import ConnectionState
from atp_tui.model.settings import Jitter, PoolConfig, ReconnectConfig, TransportConfig
from atp_tui.transport.manager import TransportManager
from atp_tui.transport.pool import ConnectionPool
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import VirtualClock
from tests.unit.transport.settled import answer, tcp_host

S = ConnectionState
POOL = PoolConfig(max_connections_per_host=3, requests_per_connection=1, management_interval=5, idle_timeout=20)
CONFIG = TransportConfig(
    connect_timeout=5,
    heartbeat_interval=1000,
    call_timeout=5,
    pool=POOL,
    reconnect=ReconnectConfig(jitter=Jitter.NONE, slow_lane=0),
)


def managed(
    driver: FakeDriver, config: TransportConfig = CONFIG, clock: VirtualClock | None = None
) -> TransportManager:
    return TransportManager(config, lambda *_: driver, clock=clock or VirtualClock(), rng=random.Random(1))


def with_pool(**changes: object) -> TransportConfig:
    return replace(CONFIG, pool=replace(POOL, **changes))  # type: ignore[arg-type]


async def pool_of(manager: TransportManager) -> ConnectionPool:
    """The pool of a first host, connected."""
    await manager.add_host(tcp_host())
    await manager.execute_on_host("a", answer)
    return manager._entries["a"].main


async def held(pool: ConnectionPool, seconds: float) -> int:
    async with pool.lease() as connection:
        await asyncio.sleep(seconds)
        return connection.id
