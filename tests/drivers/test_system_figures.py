"""Figures of a host over its open SSH connection, by a real sshd: one command that stays, and ends with its reader."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from atp_tui.drivers.wiring import Drivers
from atp_tui.model.host import HostInfo
from atp_tui.model.node import SystemReading
from atp_tui.model.settings import TransportConfig
from atp_tui.monitor import system_reader
from atp_tui.monitor.sampler import Monitor
from atp_tui.monitor.system import FIGURES_COMMAND
from atp_tui.monitor.system_reader import MOST_FAILURES, SystemReader
from atp_tui.transport.manager import TransportManager

from ..daemons.libvirtd import PrivateLibvirtd
from ..daemons.sshd import PrivateSshd, running_sshd
from .ssh_links import HANG, linked, until

pytestmark = pytest.mark.daemons


def answering() -> list[int]:
    """The processes on this machine that answer for a host's figures."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"atp-figures" in words:
                found.append(int(entry.name))
    return found


async def test_one_command_answers_all_questions_and_ends_with_its_reader(sshd: PrivateSshd) -> None:
    before = set(answering())
    async with linked(sshd) as link:
        reader = SystemReader(link)
        readings = [await reader.read(HANG) for _ in range(3)]
        assert all(isinstance(reading, SystemReading) for reading in readings)
        assert len(set(answering()) - before) == 1
        reader.close()
        await until(lambda: not set(answering()) - before, "the far side's command is still there")


async def test_the_command_ends_with_its_connection(own_sshd: PrivateSshd) -> None:
    before = set(answering())
    async with linked(own_sshd) as link:
        assert await SystemReader(link).read(HANG) is not None
        assert set(answering()) - before
    await until(lambda: not set(answering()) - before, "the far side's command outlived its connection")


@pytest.mark.parametrize("what", ["cat >/dev/null; exit 0", "echo no commands here; exit 1", "cat", "yes"])
async def test_a_far_side_that_answers_something_else_is_not_asked_for_ever(tmp_path: Path, what: str) -> None:
    with running_sshd(tmp_path, options=[f"ForceCommand {what}"]) as daemon:
        async with linked(daemon) as link:
            reader = SystemReader(link)
            for _ in range(MOST_FAILURES):
                assert await reader.read(2.0) is None
            assert reader.gave_up
            await link.ping(HANG)  # the connection itself is well


async def test_a_command_that_dies_is_started_again(sshd: PrivateSshd, monkeypatch: pytest.MonkeyPatch) -> None:
    # a part of it alone, so that it answers once
    monkeypatch.setattr(system_reader, "FIGURES_COMMAND", FIGURES_COMMAND.replace("; done", "; exit 0; done"))
    async with linked(sshd) as link:
        reader = SystemReader(link)
        assert await reader.read(HANG) is not None
        await until(lambda: reader._stream is None, "its end was not noticed")
        assert await reader.read(HANG) is not None
        reader.close()


async def test_hosts_are_sampled_with_and_without_libvirt(sshd: PrivateSshd, libvirtd: PrivateLibvirtd) -> None:
    ssh = sshd.ssh_settings()
    drivers = Drivers()
    manager = TransportManager(TransportConfig(connect_timeout=10), drivers)
    before = set(answering())
    async with asyncio.timeout(HANG), manager:
        monitor = Monitor(manager)
        await manager.add_host(HostInfo("shell", "127.0.0.1", uri=None, ssh=ssh))
        await manager.add_host(HostInfo("both", "127.0.0.1", uri=libvirtd.uri("tcp"), ssh=ssh))
        shell = await monitor.sample("shell")
        assert shell.system is not None
        assert shell.node is None
        both = await monitor.sample("both")
        assert both.system is None, "no SSH connection is opened for figures alone"
        await manager.execute_on_host("both", lambda connection: connection.is_alive(), channel="ssh")
        both = await monitor.sample("both")
        assert both.node is not None
        assert both.system is not None
        await until(lambda: not set(answering()) - before, "a single sample leaves a command behind on the host")
    await drivers.close()
