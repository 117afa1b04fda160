"""What no peer should do and some do: answers without end, names of which most addresses are dead. The rest goes on."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from atp_tui.api import Command, ExitStatus, HostConnection, HostInfo, HostKeyPolicy, TransportConfig, TransportManager
from atp_tui.cli.arguments import Arguments
from atp_tui.cli.ask_hosts import stats
from atp_tui.config.fleet import FleetConfig
from atp_tui.drivers.resolver import Resolver
from atp_tui.drivers.sources import FileSource

from ..daemons.hostile_libvirtd import HostileLibvirtd
from ..daemons.sshd import PrivateSshd
from .test_libvirt_open import unanswered_port

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(90)]

HUNDRED_MEGABYTES = 100_000_000
ROOM = 40 * 2**20
"""Bytes of memory that it may cost; buffering it would cost a hundred million at least."""


def new_peak() -> int:
    """The peak of resident memory in bytes, which starts anew."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


async def test_a_hundred_megabytes_pass_through_in_little_memory(sshd: PrivateSshd) -> None:
    received = 0

    def count(_stream: str, data: bytes) -> None:
        nonlocal received
        received += len(data)

    async def flood(connection: HostConnection) -> ExitStatus:
        return await connection.run(Command(f"head -c {HUNDRED_MEGABYTES} /dev/zero"), count, 80)

    async def brief(connection: HostConnection) -> ExitStatus:
        return await connection.run(Command("exit 3"), lambda stream, data: None, 20)

    async with TransportManager(TransportConfig()) as manager:
        for name in ("flooded", "well"):
            await manager.add_host(HostInfo(name, "127.0.0.1", uri=None, ssh=sshd.ssh_settings()))
            assert await manager.execute_on_host(name, brief) == ExitStatus(3)
        before = new_peak()
        flooding = asyncio.ensure_future(manager.execute_on_host("flooded", flood))
        others = 0
        while not flooding.done() or not others:
            assert await manager.execute_on_host("well", brief) == ExitStatus(3)
            others += 1
            await asyncio.sleep(0.2)
        assert await flooding == ExitStatus(0)
        assert received == HUNDRED_MEGABYTES
        assert peak() - before < ROOM


async def test_ssh_finds_the_one_address_of_ten_that_works(
    sshd: PrivateSshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ten(_resolver: Resolver, name: str) -> list[str]:
        assert name == "many.example"
        return [*(f"127.0.0.{number}" for number in range(2, 11)), "127.0.0.1"]

    async def name_of(connection: HostConnection) -> str:
        return connection.host_info.id

    monkeypatch.setattr(Resolver, "addresses", ten)
    known = tmp_path / "known_hosts"
    settings = sshd.ssh_settings(known_hosts=known, host_key_policy=HostKeyPolicy.ACCEPT_NEW)
    with unanswered_port("127.0.0.5", sshd.port):
        async with TransportManager(TransportConfig(connect_timeout=10)) as manager:
            await manager.add_host(HostInfo("many", "many.example", uri=None, ssh=settings))
            assert await manager.execute_on_host("many", name_of, timeout=60) == "many"


async def test_names_that_nobody_answers_for_hold_up_no_other_host(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The system's resolver cannot be cut short: a question stays on its thread."""
    hangs, asked = threading.Event(), socket.getaddrinfo

    def getaddrinfo(name: Any, *arguments: Any, **named: Any) -> Any:
        if str(name).startswith("dead"):
            assert hangs.wait(60)
            raise socket.gaierror(socket.EAI_AGAIN, "too late")
        return asked(name, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with HostileLibvirtd({}) as daemon:
        dead = [HostInfo(f"dead{n}", f"dead{n}.example", uri=f"qemu+tcp://dead{n}.example/system") for n in range(10)]
        good = HostInfo("good", "127.0.0.1", uri=daemon.uri)
        config = FleetConfig(transport=TransportConfig(connect_timeout=0.5), hosts=(*dead, good))
        try:
            async with asyncio.timeout(30):
                assert await stats(Arguments("stats", json=True), FileSource(config)) == 3
        finally:
            hangs.set()
    told = {host["host"]: host["error"] for host in json.loads(capsys.readouterr().out)["hosts"]}
    assert told.pop("good") is None
    assert len(told) == 10 and all(told.values())
