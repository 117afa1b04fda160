"""A host's figures over SSH: the command that stays open against one `cat` a sample, and against a ping alone.

    python -m tests.bench.bench_system [--connections 50] [--rounds 40]

CPU time is this process's, and that of all processes of the far side, by the kernel's accounting, a host and sample.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path

from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.drivers.ssh.link import SshLink
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command, Stream
from atp_tui.model.settings import TransportConfig
from atp_tui.monitor.system_reader import SystemReader
from atp_tui.transport.driver import OpenRequest

from ..daemons.keeper import descendants
from ..daemons.sshd import PrivateSshd, running_sshd

ONE_SHOT = "cat /proc/loadavg /proc/uptime /proc/stat /proc/meminfo; df -Pk /"


def far_side(daemon: PrivateSshd) -> float:
    """Seconds of CPU that sshd and its living descendants, with the children that they have reaped, have used."""
    ticks = 0
    for pid in (daemon.pid, *descendants(daemon.pid)):
        try:
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, words[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


async def measure(daemon: PrivateSshd, connections: int, rounds: int) -> None:
    host = HostInfo("peer", "127.0.0.1", uri=None, ssh=daemon.ssh_settings())
    driver = SshDriver()
    links = [await driver.open(OpenRequest(host, TransportConfig(), print)) for _ in range(connections)]
    readers = [SystemReader(link) for link in links]

    async def by_command(link: SshLink) -> None:
        assert (await link.run(Command(ONE_SHOT), _ignore, 30)).status == 0

    async def by_reader(reader: SystemReader) -> None:
        assert await reader.read(30) is not None

    ways: dict[str, Callable[[], list[Awaitable[None]]]] = {
        "ping": lambda: [link.ping(30) for link in links],
        "command that stays": lambda: [by_reader(reader) for reader in readers],
        "command a sample": lambda: [by_command(link) for link in links],
    }
    ours: dict[str, list[float]] = {way: [] for way in ways}
    theirs = dict.fromkeys(ways, 0.0)
    for number in range(rounds + 1):
        for way, begin in ways.items():
            used, far = time.process_time(), far_side(daemon)
            await asyncio.gather(*begin())
            if number:  # the first starts what stays
                ours[way].append((time.process_time() - used) / connections)
                theirs[way] += (far_side(daemon) - far) / connections / rounds
    for way in ways:
        print(f"{way}: {statistics.median(ours[way]) * 1000:.3f} ms of CPU here, {theirs[way] * 1000:.2f} ms there")
    for link in links:
        link.abort()


def _ignore(stream: Stream, data: bytes) -> None:
    """The figures of the other way are not read."""


def against_an_sshd(
    words: str | None, measure: Callable[[PrivateSshd, int, int], Coroutine[None, None, None]], rounds: int
) -> None:
    """Measure with so many connections and rounds as the command line says; `rounds` are the usual ones."""
    parser = argparse.ArgumentParser(description=words, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=rounds)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, running_sshd(Path(directory)) as daemon:
        asyncio.run(measure(daemon, arguments.connections, arguments.rounds))


if __name__ == "__main__":
    against_an_sshd(__doc__, measure, 40)
