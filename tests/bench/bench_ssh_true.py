"""`true` over SSH: SshLink.run with and without the guard, and bare asyncssh with the same cipher, taken in turns.

    python -m tests.bench.bench_ssh_true [--connections 50] [--rounds 30]

Wall time is that of all connections at once, divided by their number: sshd's own work on the same processors is in it.
CPU time is this process's, and that of all processes of the far side by the kernel's accounting; its ticks of 10 ms are
added up over all rounds. The first round, in which the guards come, is told apart.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import asyncssh

from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.drivers.ssh.link import SshLink
from atp_tui.drivers.ssh.options import FIRST_CIPHER
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command, Stream
from atp_tui.model.settings import CommandGuard, TransportConfig
from atp_tui.transport.driver import OpenRequest

from ..daemons.sshd import PrivateSshd
from .bench_system import against_an_sshd, far_side

WAYS = ("bare", "no guard", "link")


async def measure(daemon: PrivateSshd, connections: int, rounds: int) -> None:
    driver = SshDriver()

    async def opened(guard: CommandGuard) -> list[SshLink]:
        host = HostInfo("peer", "127.0.0.1", uri=None, ssh=replace(daemon.ssh_settings(), command_guard=guard))
        return [await driver.open(OpenRequest(host, TransportConfig(), print)) for _ in range(connections)]

    links, alone = await opened(CommandGuard.AUTO), await opened(CommandGuard.NONE)
    bare = [
        await asyncssh.connect(
            "127.0.0.1",
            daemon.port,
            username=daemon.user,
            client_keys=[str(daemon.client_key)],
            known_hosts=str(daemon.known_hosts),
            config=None,
            encryption_algs=f"^{FIRST_CIPHER}",
        )
        for _ in range(connections)
    ]

    async def by_link(link: SshLink) -> None:
        status = await link.run(Command("true"), _ignore, 30)
        assert status.status == 0

    async def by_asyncssh(connection: asyncssh.SSHClientConnection) -> None:
        assert (await connection.run("true")).exit_status == 0

    ways: dict[str, Callable[[], list[Awaitable[None]]]] = {
        "bare": lambda: [by_asyncssh(connection) for connection in bare],
        "no guard": lambda: [by_link(link) for link in alone],
        "link": lambda: [by_link(link) for link in links],
    }
    wall: dict[str, list[float]] = {way: [] for way in WAYS}
    processor: dict[str, list[float]] = {way: [] for way in WAYS}
    theirs: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(rounds + 1):
        for way in WAYS:
            far, started, used = far_side(daemon), time.perf_counter(), time.process_time()
            await asyncio.gather(*ways[way]())
            wall[way].append((time.perf_counter() - started) / connections)
            processor[way].append((time.process_time() - used) / connections)
            theirs[way].append((far_side(daemon) - far) / connections)
    for way in WAYS:
        first, *wall[way] = wall[way]
        here, *processor[way] = processor[way]
        there, *later = theirs[way]
        print(
            f"{way}: the first {first * 1000:.1f} ms, CPU {here * 1000:.2f} ms here and {there * 1000:.1f} there; ",
            end="",
        )
        mean = statistics.mean(later) * 1000
        print(f"{_ms(wall[way])} a command, CPU {_ms(processor[way])} here and {mean:.2f} ms there")
    print(f"link / bare: wall {_ratio(wall):.2f}, CPU {_ratio(processor):.2f}")
    for link in (*links, *alone):
        link.abort()
    for connection in bare:
        connection.abort()


def _ignore(stream: Stream, data: bytes) -> None:
    """`true` says nothing."""


def _ms(values: list[float]) -> str:
    return f"{statistics.median(values) * 1000:.3f} ms"


def _ratio(values: dict[str, list[float]]) -> float:
    return statistics.median(values["link"]) / statistics.median(values["bare"])


if __name__ == "__main__":
    against_an_sshd(__doc__, measure, 30)
