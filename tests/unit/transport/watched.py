"""A connection of no pool, and what it went through."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from atp_tui.model.connection import ConnectionState
from atp_tui.model.events import ConnectionChanged
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import Jitter, ReconnectConfig, TransportConfig
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.dialer import Dialed, Dialer
from atp_tui.transport.driver import Driver, LostCallback
from atp_tui.transport.gate import Gate
from tests.fakes.virtual_time import VirtualClock
from tests.unit.transport.settled import tcp_host

S = ConnectionState
EXACT = ReconnectConfig(jitter=Jitter.NONE, slow_lane=0)
CONFIG = TransportConfig(connect_timeout=5, heartbeat_interval=10, heartbeat_timeout=2, call_timeout=5, reconnect=EXACT)


class Watched:
    """A connection of no pool, and every transition it made; `heard` is called with each of them as well."""

    def __init__(self, driver: Driver, config: TransportConfig = CONFIG) -> None:
        clock = VirtualClock()
        dialer = Dialer(lambda host, channel: driver, Gate(16, clock), clock)
        self.changes: list[ConnectionChanged] = []
        self.heard: Callable[[ConnectionChanged], None] = lambda change: None

        async def dial(host: HostInfo, config: TransportConfig, on_lost: LostCallback) -> Dialed:
            return await dialer.dial(host, "virt", config, on_lost)

        self.connection = HostConnection(
            1,
            tcp_host(),
            "virt",
            config,
            dial,
            clock=clock,
            rng=random.Random(1),
            on_change=lambda connection, change: self._hear(change),
        )

    def _hear(self, change: ConnectionChanged) -> None:
        self.changes.append(change)
        self.heard(change)

    @property
    def states(self) -> list[ConnectionState]:
        return [change.after for change in self.changes]


@asynccontextmanager
async def watched(driver: Driver, config: TransportConfig = CONFIG) -> AsyncIterator[Watched]:
    alone = Watched(driver, config)
    try:
        yield alone
    finally:
        await alone.connection.disconnect()
