"""New settings of the fleet while it runs, over simulated hosts: connections that are well stay as they are."""

from __future__ import annotations

import random
from dataclasses import replace

from atp_tui.drivers.simulated.driver import SimulatedDriver
from atp_tui.drivers.simulated.fleet import demo_fleet
from atp_tui.model.host import SIMULATED
from atp_tui.model.settings import PoolConfig, TransportConfig
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.manager import TransportManager
from tests.fakes.virtual_time import VirtualClock, run_virtual
from tests.unit.transport.settled import until

HOSTS = 30


async def itself(connection: HostConnection) -> HostConnection:
    return connection


def with_pool(config: TransportConfig, **changes: int) -> TransportConfig:
    return replace(config, pool=replace(config.pool, **changes))  # type: ignore[arg-type]


def test_connections_stay_while_pools_grow_and_shrink_by_new_settings() -> None:
    async def main() -> None:
        clock = VirtualClock()
        driver = SimulatedDriver(clock, seed=1)
        hosts = [host for host in demo_fleet(HOSTS, False, 1, None) if (host.uri or "").startswith(SIMULATED)]
        own = replace(hosts[0], transport=TransportConfig(pool=PoolConfig(min_connections_per_host=3)))
        async with TransportManager(None, lambda *_: driver, clock=clock, rng=random.Random(1)) as manager:
            for host in (own, *hosts[1:]):
                await manager.add_host(host)
            await until(lambda: manager.active_connection_count == HOSTS + 2)
            first = {host.id: await manager.execute_on_host(host.id, itself) for host in hosts[1:]}

            manager.configure(with_pool(manager.config, min_connections_per_host=2))
            await until(lambda: manager.active_connection_count == 2 * HOSTS + 1)
            assert manager.stats()[own.id].active_connections == 3, "its own settings hold"
            assert all(connection.config is manager.config for connection in first.values())
            assert all([await connection.is_alive() for connection in first.values()])

            manager.configure(with_pool(manager.config, min_connections_per_host=1, max_connections_per_host=1))
            await until(lambda: manager.active_connection_count == HOSTS + 2)
            for host_id, pool in manager.stats().items():
                assert set(pool.closed) <= {"resized"}
                assert pool.active_connections == (3 if host_id == own.id else 1)
        await driver.close()

    run_virtual(main())
