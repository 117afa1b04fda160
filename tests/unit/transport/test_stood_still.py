"""The program stood still while a heartbeat was under way: a limit that ran out meanwhile says nothing of the peer."""

from __future__ import annotations

import asyncio

import pytest

from atp_tui.model.connection import ConnectionState
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import VirtualLoop, run_virtual
from tests.unit.transport.watched import CONFIG, watched

S = ConnectionState


@pytest.mark.parametrize("silent", [False, True], ids=["the peer had answered", "the peer is gone"])
@pytest.mark.parametrize("still", [60.0, 0.0])
def test_a_limit_that_ran_out_unseen_is_asked_for_once_more(still: float, silent: bool) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        driver = FakeDriver(latency=0.5)
        async with watched(driver) as alone:
            await alone.connection.connect()
            link = driver.links[0]
            asked = link.pings
            link.silent = silent
            await asyncio.sleep(CONFIG.heartbeat_interval + 0.1)
            assert link.pings == asked + 1
            loop.leap(still)
            await asyncio.sleep(5.0)
            assert (S.RECONNECTING in alone.states) is silent
            assert link.pings == asked + (2 if still else 1)
            latency = alone.connection.metrics.latency
            assert silent or (latency is not None and latency.p99 < 1.0), "standing still is no round trip"

    run_virtual(main())
