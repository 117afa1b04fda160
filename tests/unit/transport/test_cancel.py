"""Leases, calls and openings cancelled at random moments, with links dying meanwhile: nothing may stay counted."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest

from atp_tui.model.errors import AtpError
from atp_tui.model.settings import PoolConfig, TransportConfig
from atp_tui.transport.connection import HostConnection
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import run_virtual
from tests.unit.transport.fleets import fleet

POOL = PoolConfig(max_connections_per_host=3, requests_per_connection=2, management_interval=1, idle_timeout=2)
CONFIG = TransportConfig(pool=POOL, call_timeout=2, heartbeat_interval=1, connect_timeout=1)


@pytest.mark.parametrize("seed", range(4))
def test_thousands_of_cancels_leave_no_use_no_waiter_and_no_task(seed: int) -> None:
    rng = random.Random(seed)

    async def main() -> None:
        driver = FakeDriver(latency=0.05, open_time=0.2)
        async with fleet(driver, "a", "b", config=replace(CONFIG, heartbeat_timeout=0.5)) as manager:

            async def work(connection: HostConnection) -> None:
                await connection.call(lambda virt: None)
                await asyncio.sleep(rng.random() * 0.1)

            async def world() -> None:
                while True:
                    await asyncio.sleep(rng.random())
                    for link in list(driver.live):
                        if rng.random() < 0.2:
                            link.lose()
                        elif rng.random() < 0.1:
                            link.silent = True

            chaos = asyncio.create_task(world())
            for _ in range(60):
                burst = [
                    asyncio.create_task(manager.execute_on_host(rng.choice("ab"), work, timeout=rng.choice([None, 1])))
                    for _ in range(25)
                ]
                await asyncio.sleep(rng.random() * 0.3)
                for task in burst:
                    if rng.random() < 0.7:
                        task.cancel()
                results = await asyncio.gather(*burst, return_exceptions=True)
                unexpected = [
                    result
                    for result in results
                    if isinstance(result, BaseException) and not isinstance(result, AtpError | asyncio.CancelledError)
                ]
                assert not unexpected
            chaos.cancel()
            await asyncio.gather(chaos, return_exceptions=True)
            for figures in manager.stats().values():
                assert (figures.total_active_uses, figures.waiting) == (0, 0)
            await asyncio.sleep(10)  # what fell silent is found by its heartbeat
            assert await manager.execute_on_host("a", lambda connection: connection.call(lambda virt: 7)) == 7
            assert await manager.execute_on_host("b", lambda connection: connection.call(lambda virt: 8)) == 8

    run_virtual(main())
