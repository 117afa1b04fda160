"""Calls at the same time on one libvirt connection: as many as the library can carry, and no crash with any."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from atp_tui.api import TransportManager
from atp_tui.drivers.libvirt.binding import CALLS_TOGETHER, load
from atp_tui.drivers.libvirt.driver import LibvirtDriver
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import PoolConfig, TransportConfig
from atp_tui.monitor.sampler import Monitor
from atp_tui.transport.driver import OpenRequest

from ..daemons.libvirtd import PrivateLibvirtd

ROUNDS = 2
"""How often the daemon falls silent; each time is the end of a program that lets its threads call together."""

CALLER = """
import asyncio, sys
from atp_tui.drivers.libvirt.driver import LibvirtDriver
from atp_tui.model.errors import AtpError
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import TransportConfig
from atp_tui.transport.driver import OpenRequest

CALLS = (
    lambda virt: virt.getLibVersion(),
    lambda virt: len(virt.listAllDomains()),
    lambda virt: virt.getInfo()[0],
    lambda virt: len(virt.getCapabilities()),
)

async def main():
    driver = LibvirtDriver()
    host = HostInfo("a", "127.0.0.1", sys.argv[1], ssh=None)
    request = OpenRequest(host, TransportConfig(keepalive_interval=1, keepalive_count=1), lambda error: None)
    links = [await driver.open(request) for _ in range(6)]

    async def call(link, function):
        try:
            while True:
                await link.call(function, 30.0)
        except AtpError:
            link.abort()

    async with asyncio.TaskGroup() as group:
        for link in links:
            for function in CALLS:
                group.create_task(call(link, function))
        await asyncio.sleep(0.3)
        print("calling", flush=True)
    await asyncio.sleep(0.5)
    await driver.close()

asyncio.run(main())
"""


class Older:
    def __init__(self, version: int) -> None:
        self.version = version

    def getVersion(self) -> int:
        return self.version


@pytest.mark.parametrize(
    ("version", "calls"), [(9_000_000, 1), (10_003_000, 1), (CALLS_TOGETHER, None), (11_003_000, None)]
)
def test_an_old_library_gets_one_call_at_a_time(version: int, calls: int | None) -> None:
    assert replace(load(), libvirt=Older(version)).max_requests == calls


async def test_a_slow_call_makes_room_for_the_next_by_a_connection_of_its_own(libvirtd: PrivateLibvirtd) -> None:
    """Where one connection carries one call, the pool knows, and opens another one for who waits."""
    release = threading.Event()
    host = HostInfo("a", "127.0.0.1", libvirtd.uri("tcp"), ssh=None)
    async with TransportManager(TransportConfig()) as manager:
        await manager.add_host(host)
        slow = asyncio.create_task(manager.execute_on_host("a", lambda one: one.call(lambda virt: release.wait(20))))
        try:
            async with asyncio.timeout(15):
                version = await manager.execute_on_host("a", lambda one: one.call(lambda virt: virt.getLibVersion()))
            assert version > 0
            assert not slow.done()
            together = load().max_requests is None
            assert manager.stats()["a"].total_connections == (1 if together else 2)
        finally:
            release.set()
            await slow


async def test_calls_run_together_where_the_library_can_carry_them(libvirtd: PrivateLibvirtd) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def call(virt: Any) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.1)
        virt.getLibVersion()
        with lock:
            running -= 1

    driver = LibvirtDriver()
    host = HostInfo("a", "127.0.0.1", libvirtd.uri("tcp"), ssh=None)
    link = await driver.open(OpenRequest(host, TransportConfig(), lambda error: None))
    try:
        await asyncio.gather(*(link.call(call, 30.0) for _ in range(5)))
    finally:
        await link.close()
        await driver.close()
    assert most == (5 if load().libvirt.getVersion() >= CALLS_TOGETHER else 1)


def test_a_daemon_that_falls_silent_under_many_calls_crashes_nothing(own_libvirtd: PrivateLibvirtd) -> None:
    for _ in range(ROUNDS):
        caller = subprocess.Popen(
            [sys.executable, "-c", CALLER, own_libvirtd.uri("tcp")], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            assert caller.stdout is not None
            assert caller.stdout.readline() == b"calling\n"
            own_libvirtd.stop()
            _, said = caller.communicate(timeout=60)
        finally:
            own_libvirtd.cont()
            caller.kill()
            caller.wait()
        assert caller.returncode == 0, said.decode()


async def test_calls_that_hang_hold_no_samples_up(libvirtd: PrivateLibvirtd) -> None:
    """More calls than the pool may have connections; the monitor's figures come all the same."""
    release = threading.Event()
    host = HostInfo("a", "127.0.0.1", libvirtd.uri("tcp"), ssh=None)
    config = TransportConfig(pool=PoolConfig(max_connections_per_host=2, requests_per_connection=1))
    old = load().max_requests == 1
    async with TransportManager(config) as manager:
        await manager.add_host(host)
        agents = [
            asyncio.create_task(manager.execute_on_host("a", lambda one: one.call(lambda virt: release.wait(20))))
            for _ in range(4 if old else 1)
        ]
        try:
            async with asyncio.timeout(15), Monitor(manager) as monitor:
                for _ in range(5):
                    assert (await monitor.sample("a", fail_fast=True)).node is not None
            assert not any(agent.done() for agent in agents)
            assert manager.stats()["a"].total_connections == 2
        finally:
            release.set()
            await asyncio.gather(*agents)
