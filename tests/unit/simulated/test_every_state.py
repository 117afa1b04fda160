"""The demo's promise: with --faults every state of a connection is seen within a minute."""

from __future__ import annotations

import asyncio
import random

import pytest

from atp_tui.drivers.simulated.driver import SimulatedDriver
from atp_tui.drivers.simulated.fleet import LIBVIRT_TEST, demo_fleet, demo_transport
from atp_tui.model.connection import ConnectionState
from atp_tui.model.events import ConnectionChanged, EventsLost, HostChanged
from atp_tui.transport.manager import TransportManager
from tests.fakes.virtual_time import VirtualClock, run_virtual

S = ConnectionState


@pytest.mark.parametrize(("faults", "seed"), [(True, 0), (True, 1), (True, 2), (False, 0)])
def test_every_state_is_seen_within_a_minute_of_faults(faults: bool, seed: int) -> None:
    async def main() -> tuple[set[ConnectionState], set[ConnectionState], set[ConnectionState]]:
        clock = VirtualClock()
        driver = SimulatedDriver(clock, seed)
        async with TransportManager(
            demo_transport(), lambda host, channel: driver, clock=clock, rng=random.Random(seed)
        ) as manager:
            news = manager.hub.subscribe(100_000)
            for host in demo_fleet(12, faults, seed, None):
                if host.id != LIBVIRT_TEST:  # the real one, which keeps no virtual time
                    await manager.add_host(host)
            await asyncio.sleep(60)
            events = await news.batch()
            now = {manager.host_state(host.id).state for host in manager.list_hosts()}
        assert not any(isinstance(event, EventsLost) for event in events)
        connections = {event.after for event in events if isinstance(event, ConnectionChanged)}
        hosts = {event.status.state for event in events if isinstance(event, HostChanged)}
        return connections, hosts, now

    connections, hosts, now = run_virtual(main())
    if faults:
        assert connections == set(S) - {S.DISABLED}, "of that one there is no connection"
        assert hosts >= {S.CONNECTING, S.CONNECTED, S.RECONNECTING, S.FAILED}
    else:
        assert connections == {S.CONNECTING, S.CONNECTED}
        assert now == {S.CONNECTED}
