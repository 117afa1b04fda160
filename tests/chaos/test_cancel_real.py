"""Random cancels of leases, libvirt calls and remote commands, against a real libvirtd and a real sshd.

Afterwards no use is counted, nothing of ours is left here or there, and both hosts still work.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest

from atp_tui.api import (
    Command,
    HostConnection,
    HostInfo,
    PoolConfig,
    SelectionStrategy,
    TransportConfig,
    TransportManager,
)
from atp_tui.model.outcome import Stream

from ..daemons.libvirtd import PrivateLibvirtd
from ..daemons.sshd import PrivateSshd
from ..drivers.ssh_links import Sleeper
from .remains import Remains
from .stage import HANG, nothing, version

pytestmark = [pytest.mark.daemons, pytest.mark.alone]

CANCELS = int(os.environ.get("ATP_CHAOS_CANCELS", "10000"))
"""Cancelled pieces of work in all: 10,000 is what the project promises; ATP_CHAOS_CANCELS sets another number."""
COMMANDS = 6
"""One in so many is a command: each costs sshd several processes."""
AT_ONCE = 40
"""More than the places of both pools, so that some are cancelled as they wait for a lease."""
SEED = 20240611

POOL = PoolConfig(
    max_connections_per_host=3,
    requests_per_connection=3,
    selection_strategy=SelectionStrategy.LEAST_CONNECTIONS,
    checkout_timeout=HANG,
)
CONFIG = TransportConfig(connect_timeout=HANG, call_timeout=HANG, heartbeat_timeout=HANG, pool=POOL)


def _deaf(_stream: Stream, _data: bytes) -> None:
    """A sink for output that nobody reads."""


def _slow_call(virt: Any) -> int:
    """A few round trips, so that a cancel hits before, between and after them."""
    return sum(version(virt) for _ in range(10))


class Storm:
    """Starts work and cancels each piece at a random moment, its start and its natural end among them."""

    def __init__(self, manager: TransportManager) -> None:
        self.manager = manager
        self.sleeper = Sleeper()
        self.cancelled = 0
        self.ended = 0
        self.leased = 0
        self._random = random.Random(SEED)

    async def rage(self, number: int) -> None:
        """Until so many were cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._go_on(number))

    async def _go_on(self, number: int) -> None:
        while self.cancelled < number:
            if self._random.randrange(COMMANDS):
                work, longest = self.manager.execute_on_host("virt", self._call), 0.02
            else:
                work, longest = self.manager.execute_on_host("ssh", self._command), 0.2
            task = asyncio.create_task(work)
            # a third ends within the first rounds of the loop, where most awaits are passed
            if self._random.randrange(3):
                await asyncio.wait([task], timeout=self._random.random() * longest)
            else:
                for _ in range(self._random.randrange(4)):
                    await asyncio.sleep(0)
            if task.cancel():
                self.cancelled += 1
            async with asyncio.timeout(HANG):
                await asyncio.wait([task])
            if not task.cancelled():
                task.result()
                self.ended += 1

    async def _call(self, connection: HostConnection) -> None:
        self.leased += 1
        if self._random.randrange(4):
            await connection.call(_slow_call)

    async def _command(self, connection: HostConnection) -> None:
        self.leased += 1
        line = self._random.choice((self.sleeper.line, f"{self.sleeper.line} | cat", "true"))
        await connection.run(Command(line), _deaf, HANG)


def _uses(manager: TransportManager) -> int:
    hosts = ("virt", "ssh")
    return sum(pool.total_active_uses + pool.waiting for host in hosts for pool in manager.pools(host))


async def _works(manager: TransportManager) -> None:
    """Both hosts serve, the SSH connection with as many sessions at once as it ever had."""
    assert await manager.execute_on_host("virt", lambda connection: connection.call(version)) > 0

    async def hello(connection: HostConnection) -> int | None:
        return (await connection.run(Command("exit 7"), _deaf, HANG)).status

    async with asyncio.timeout(HANG):
        statuses = await asyncio.gather(*(manager.execute_on_host("ssh", hello) for _ in range(16)))
    assert statuses == [7] * 16


@pytest.mark.timeout(max(120, CANCELS // 10))
async def test_cancels_leave_nothing(own_libvirtd: PrivateLibvirtd, own_sshd: PrivateSshd, tmp_path: Path) -> None:
    uri = own_libvirtd.uri("tcp")
    hosts = (
        HostInfo("virt", "127.0.0.1", uri=uri),
        HostInfo("ssh", "127.0.0.1", uri=None, ssh=own_sshd.ssh_settings()),
    )
    async with TransportManager(CONFIG) as first:  # what is loaded once for the process
        for host in hosts:
            await first.add_host(host)
            await first.execute_on_host(host.id, nothing)
    remains = Remains()
    async with TransportManager(CONFIG) as manager:
        for host in hosts:
            await manager.add_host(host)
            await manager.execute_on_host(host.id, nothing)
        storm = Storm(manager)
        begun = time.monotonic()
        await storm.rage(CANCELS)
        took = time.monotonic() - begun
        print(f"{storm.cancelled} cancelled, {storm.ended} ended, {storm.leased} had a lease, {took:.1f} s")
        assert storm.leased - storm.ended > CANCELS / 20, "too few were cancelled at work: nothing is shown"
        assert _uses(manager) == 0
        await storm.sleeper.is_forgotten()
        await _works(manager)
        assert _uses(manager) == 0
        opened = {host.id: sum(pool.opened for pool in manager.pools(host.id)) for host in hosts}
        assert opened["ssh"] == 1, "the SSH connection was lost over a cancel"
        assert opened["virt"] <= POOL.max_connections_per_host, "a libvirt connection was lost over a cancel"
    assert not await remains.left()
