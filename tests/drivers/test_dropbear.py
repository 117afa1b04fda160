"""Commands at the same time on a dropbear before 2024.84, where the end of a command may take along another's start.

Debian 13 has a later one, on which each of these tests passes by itself.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.api import TransportManager
from atp_tui.drivers.ssh.link import SshLink
from atp_tui.model.errors import ConnectFailed
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command
from atp_tui.model.settings import SshSettings, TransportConfig
from atp_tui.monitor.system_reader import SystemReader
from atp_tui.transport.connection import HostConnection

from ..chaos.proxy import ChaosProxy, Kind, Mode
from ..daemons.keeper import descendants
from .far_sides import dropbear
from .ssh_links import HANG, Output, Sleeper, linked, open_link, run, until
from .test_ssh_guard import answered

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


async def test_figures_wait_until_no_command_can_end_as_they_start(tmp_path: Path) -> None:
    with dropbear(tmp_path) as settings:
        async with linked(dropbear_host(settings)) as link:
            if link.max_requests is None:
                pytest.skip("this dropbear leaves sessions that are being started alone")
            reader, sleeper = SystemReader(link), Sleeper()
            running = asyncio.create_task(run(link, sleeper.line))
            await sleeper.runs()
            assert await reader.read(HANG) is None
            assert not reader.gave_up
            sleeper.kill()
            await running
            await reader.read(HANG)  # the pause
            assert await reader.read(HANG) is not None
            reader.close()


async def test_a_session_that_is_closed_early_is_no_refusal_and_its_command_is_ended(tmp_path: Path) -> None:
    with dropbear(tmp_path) as settings:
        proxy = ChaosProxy(("127.0.0.1", settings.port or 0))
        proxy.set(Mode(Kind.LATE, pace=0.01))
        host, sleeper = through(proxy, settings), Sleeper()
        try:
            for _ in range(10):
                link = await reached(host)
                await _crowd(link, sleeper)
                link.abort()
                await sleeper.is_gone()
        finally:
            await proxy.close()


async def _crowd(link: SshLink, sleeper: Sleeper) -> None:
    """Start short commands and a long one, so that some end while others are being started."""
    lines = ["sleep 0.01", "sleep 0.04", "sleep 0.04", sleeper.line, "sleep 0.03", "sleep 0.03"]
    tasks = [asyncio.create_task(run(link, line)) for line in lines]
    ended, _ = await asyncio.wait(tasks, timeout=1)
    told = [str(task.exception()) for task in ended if task.exception()]
    assert not [words for words in told if "refuses the command line" in words]
    if tasks[3] in ended:  # its session was closed: that the guard ends it is what is looked at
        await sleeper.is_gone()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def reached(host: HostInfo) -> SshLink:
    """A link; dropbear turns clients away while it has not yet seen that earlier ones have logged in."""
    async with asyncio.timeout(HANG):
        while True:
            with suppress(ConnectFailed):
                return await open_link(host)
            await asyncio.sleep(0.1)


async def test_nothing_is_left_of_what_a_command_starts_while_it_is_ended(tmp_path: Path) -> None:
    """Its processes are found one by one: a child that came after the look at its parent would be nobody's."""
    with dropbear(tmp_path) as settings:
        async with linked(dropbear_host(settings)) as link:
            for _ in range(5):
                sleeper = Sleeper()
                task = asyncio.create_task(run(link, f"while :; do {sleeper.line} & sleep 0.01; done"))
                await sleeper.runs(3)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                await sleeper.is_gone()


async def test_a_command_that_its_guard_never_saw_ends_with_its_connection(tmp_path: Path) -> None:
    """A busy host: the connection is lost before the guard looks. The command is a child of the keeper by then."""
    sleeper = Sleeper()
    with dropbear(tmp_path) as settings:
        async with linked(dropbear_host(settings)) as link:
            await run(link, "true")
            await answered(link)
            server, guard = _server_and_guard(tmp_path)
            os.kill(guard, signal.SIGSTOP)
            task = asyncio.create_task(run(link, sleeper.line))
            await sleeper.runs()
            link.abort()
            await asyncio.gather(task, return_exceptions=True)
            await until(lambda: not descendants(server), "dropbear did not end with the connection")
            os.kill(guard, signal.SIGCONT)
            await sleeper.is_gone()


def _server_and_guard(directory: Path) -> tuple[int, int]:
    server = int((directory / "pid").read_text())
    (guard,) = (pid for pid in descendants(server) if Path(f"/proc/{pid}/comm").read_text() == "sh\n")
    return server, guard
