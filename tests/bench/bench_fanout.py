"""`true` on many warm SSH connections: execute_on_hosts against a bare asyncssh loop with the same cipher.

    python -m tests.bench.bench_fanout [HOSTS] [ROUNDS]

One private sshd serves all hosts, on several addresses. The wall time is mostly sshd's: it makes a process a command.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncssh

from atp_tui.api import Command, HostConnection, HostInfo, TransportConfig, TransportManager
from atp_tui.drivers.ssh.options import FIRST_CIPHER
from atp_tui.model.outcome import Stream

from ..daemons.sshd import PrivateSshd, running_sshd

ADDRESSES = tuple(f"127.0.0.{last}" for last in range(1, 9))
FANOUT = 64
TRUE = Command("true")


async def true(connection: HostConnection) -> int | None:
    return (await connection.run(TRUE, drop)).status


def drop(stream: Stream, data: bytes) -> None:
    """`true` says nothing."""


async def bare(connections: list[asyncssh.SSHClientConnection], line: str) -> None:
    """The best loop without us: a semaphore and one task a host."""
    places = asyncio.Semaphore(FANOUT)

    async def one(connection: asyncssh.SSHClientConnection) -> None:
        async with places:
            process = await connection.create_process(line, encoding=None)
            done = await process.wait()
            assert done.exit_status == 0, done.stderr

    await asyncio.gather(*map(one, connections))


async def timed(work: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Seconds of the clock, seconds of our CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    await work()
    return time.perf_counter() - wall, time.process_time() - cpu


async def main(hosts: int, rounds: int, sshd: PrivateSshd) -> None:
    asyncssh.set_log_level("ERROR")
    settings = sshd.ssh_settings()
    async with TransportManager(TransportConfig()) as manager:
        for number in range(hosts):
            address = ADDRESSES[number % len(ADDRESSES)]
            await manager.add_host(HostInfo(f"kvm{number:03}", address, uri=None, ssh=settings))

        async def ours() -> None:
            results = await manager.execute_on_all_hosts(true, fanout=FANOUT)
            assert all(result.value == 0 for result in results), results

        await ours()
        others = [
            await asyncssh.connect(
                ADDRESSES[number % len(ADDRESSES)],
                sshd.port,
                username=sshd.user,
                client_keys=[str(sshd.client_key)],
                known_hosts=str(sshd.known_hosts),
                config=None,
                agent_path=None,
                encryption_algs=f"^{FIRST_CIPHER}",
            )
            for number in range(hosts)
        ]
        sides: dict[str, Callable[[], Awaitable[object]]] = {
            "execute_on_hosts": ours,
            "bare asyncssh": lambda: bare(others, "true"),
        }
        rows = [{name: await timed(side) for name, side in sides.items()} for _ in range(rounds)]
        for connection in others:
            connection.close()
    print(f"`true` on {hosts} warm hosts ({rounds} rounds)")
    for name in sides:
        wall, cpu = (statistics.median(row[name][place] for row in rows) for place in (0, 1))
        slower, dearer = (
            statistics.median(row["execute_on_hosts"][at] / row[name][at] for row in rows) for at in (0, 1)
        )
        print(
            f"  {name:<18}{1000 * wall:7.0f} ms  {1000 * cpu / hosts:6.2f} ms of CPU a command   "
            f"ours takes {slower:.2f} of its time, {dearer:.2f} of its CPU"
        )


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]] + [100, 9][len(sys.argv) - 1 :]
    with (
        tempfile.TemporaryDirectory(prefix="atp-bench-") as directory,
        running_sshd(Path(directory), addresses=ADDRESSES) as daemon,
    ):
        asyncio.run(main(numbers[0], numbers[1], daemon))
