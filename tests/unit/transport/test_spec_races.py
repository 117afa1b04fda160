"""What may happen in between: two changes of a host at a time, a cancel that is swallowed, a gate that lets many in."""

from __future__ import annotations

import asyncio
from collections import Counter

from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import TransportError
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import SshSettings, TransportConfig
from atp_tui.transport.dialer import JUMP_LIMIT
from atp_tui.transport.driver import OpenRequest
from atp_tui.transport.manager import TransportManager
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import VirtualClock, run_virtual
from tests.unit.transport.settled import now, tcp_host

S = ConnectionState


def managed(driver: FakeDriver, config: TransportConfig | None = None) -> TransportManager:
    return TransportManager(config, lambda *_: driver, clock=VirtualClock())


def test_no_more_than_eight_begin_through_a_jump_host_after_a_wait_at_the_fleets_gate() -> None:
    """Waiting behind silent hosts for a place of the fleet must not use up the patience of the jump host's places."""
    through_jump: list[float] = []

    def script(request: OpenRequest) -> TransportError | str | None:
        if request.host.uri is not None:
            return "silent"
        through_jump.append(now())
        return None

    async def main() -> None:
        driver = FakeDriver(open_time=0.3)
        driver.script = script
        async with managed(driver, TransportConfig(max_concurrent_connects=16)) as manager:
            for number in range(64):
                await manager.add_host(tcp_host(f"silent{number}"))
            for number in range(40):
                ssh = SshSettings(proxy_jump="jump.example.org")
                await manager.add_host(HostInfo(f"h{number}", "192.0.2.1", uri=None, ssh=ssh))
            await asyncio.sleep(20)
            assert manager.active_connection_count == 40

    run_virtual(main())
    assert max(Counter(through_jump).values()) <= JUMP_LIMIT
