"""Managers over a FakeDriver, in virtual time."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from atp_tui.model.connection import ConnectionState
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import Jitter, ReconnectConfig, TransportConfig
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.manager import TransportManager
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import VirtualClock

CONFIG = TransportConfig(
    connect_timeout=5,
    heartbeat_interval=10,
    heartbeat_timeout=2,
    call_timeout=5,
    reconnect=ReconnectConfig(jitter=Jitter.NONE, max_attempts=3, slow_lane=100),
)
S = ConnectionState


def host(name: str = "a") -> HostInfo:
    return HostInfo(name, "192.0.2.1", uri="test+tcp://192.0.2.1/default")


@asynccontextmanager
async def fleet(driver: FakeDriver, *names: str, config: TransportConfig = CONFIG) -> AsyncIterator[TransportManager]:
    async with TransportManager(
        config, lambda info, channel: driver, clock=VirtualClock(), rng=random.Random(1)
    ) as manager:
        for name in names:
            await manager.add_host(host(name))
        yield manager
    assert not driver.live


async def answer(connection: HostConnection) -> str:
    return await connection.call(lambda virt: "yes")
