"""Commands at the same time on a dropbear before 2024.84, where the end of a command may take along another's start.

Debian 13 has a later one, on which each of these tests passes by itself.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.api import TransportManager
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command
from atp_tui.model.settings import SshSettings, TransportConfig
from atp_tui.transport.connection import HostConnection

from ..chaos.proxy import ChaosProxy, Kind, Mode
from .far_sides import dropbear
from .ssh_links import HANG, Output, Sleeper, linked, run

pytestmark = pytest.mark.daemons


def dropbear_host(settings: SshSettings) -> HostInfo:
    return HostInfo("peer", "127.0.0.1", uri=None, ssh=settings)


def through(proxy: ChaosProxy, settings: SshSettings) -> HostInfo:
    assert settings.known_hosts
    known_hosts = Path(settings.known_hosts[0])
    port = int(proxy.address[1])
    known_hosts.write_text(known_hosts.read_text().replace(f":{settings.port} ", f":{port} "))
    return dropbear_host(replace(settings, port=port))


async def test_commands_at_once_all_run(tmp_path: Path) -> None:
    async with TransportManager(TransportConfig()) as manager:
        with dropbear(tmp_path) as settings:
            await manager.add_host(dropbear_host(settings))

            async def said(number: int) -> bytes:
                async def echo(connection: HostConnection) -> bytes:
                    output = Output()
                    await connection.run(Command(f"echo {number}"), output, HANG)
                    return output.stdout

                return await manager.execute_on_host("peer", echo, channel="ssh")

            for _ in range(10):
                assert await asyncio.gather(*map(said, range(8))) == [b"%d\n" % number for number in range(8)]


async def test_a_session_that_is_closed_early_is_no_refusal_and_its_command_is_ended(tmp_path: Path) -> None:
    with dropbear(tmp_path) as settings:
        proxy = ChaosProxy(("127.0.0.1", settings.port or 0))
        proxy.set(Mode(Kind.LATE, pace=0.01))
        host, sleeper = through(proxy, settings), Sleeper()
        for _ in range(10):
            async with linked(host) as link:
                lines = ["sleep 0.01", "sleep 0.04", "sleep 0.04", sleeper.line, "sleep 0.03", "sleep 0.03"]
                short = [asyncio.create_task(run(link, line)) for line in lines]
                ended, _ = await asyncio.wait(short, timeout=1)
                told = [str(task.exception()) for task in ended if task.exception()]
                assert not [words for words in told if "refuses the command line" in words]
                if short[3] in ended:  # its session was closed: that the guard ends it is what is looked at
                    await sleeper.is_gone()
                for task in short:
                    task.cancel()
            await asyncio.wait(short)
            await sleeper.is_gone()
        await proxy.close()
