"""1,000 connections to a real libvirtd, each sampled every 2 s: the manager against the best bare script.

    python -m tests.bench.bench_fleet [CONNECTIONS] [ROUNDS]

Each side is a process of its own, measured in turns: CPU while sampling and while idle, and memory. The bare script
makes the same calls on the same event loop implementation, with keepalive as well, on 16 threads; it has no time limit
on a call, no metrics and no way back after a loss.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from atp_tui.api import HostConnection, HostInfo, TransportConfig, TransportManager
from atp_tui.drivers.libvirt.binding import load

from ..daemons.libvirtd import PrivateLibvirtd

INTERVAL = 2.0
SPELL = 6.0
"""Seconds of one measurement."""
THREADS = 16
CONFIG = TransportConfig()
STATE = 0x1
"""VIR_DOMAIN_STATS_STATE."""

Sample = Callable[[], Awaitable[object]]


def sample(virt: Any) -> int:
    """What is asked of each host: its load and its domains, two round trips."""
    return len(virt.getAllDomainStats(STATE)) + int(virt.getInfo()[2])


def memory() -> float:
    """kB that are this process's own; shared libraries count once for both sides."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 1000


async def spread(count: int, one: Callable[[int], Awaitable[object]]) -> None:
    """Sample all connections for SPELL seconds, each every INTERVAL, evenly over it."""
    loop, pending = asyncio.get_running_loop(), set[asyncio.Task[object]]()
    begun = loop.time()
    for turn in range(int(SPELL / INTERVAL)):
        for number in range(count):
            await asyncio.sleep(begun + (turn + number / count) * INTERVAL - loop.time())
            task = asyncio.ensure_future(one(number))
            pending.add(task)
            task.add_done_callback(pending.discard)
    await asyncio.gather(*pending)


async def report(count: int, base: float, one: Callable[[int], Awaitable[object]]) -> None:
    """Answer each line on stdin with one of figures, so that the two sides take turns."""
    await spread(count, one)
    print("ready", flush=True)
    while line := sys.stdin.readline().strip():
        before = time.process_time()
        if line == "sample":
            await spread(count, one)
        else:
            await asyncio.sleep(SPELL)
        print(f"{(time.process_time() - before) / SPELL} {(memory() - base) / count}", flush=True)


async def ours(uri: str, count: int) -> None:
    base = memory()
    async with TransportManager(CONFIG) as manager:
        names = [f"kvm{number:04}" for number in range(count)]
        for name in names:
            await manager.add_host(HostInfo(name, "127.0.0.1", uri=uri, ssh=None))

        async def ask(connection: HostConnection) -> int:
            return await connection.call(sample)

        results = await manager.execute_on_all_hosts(ask)
        assert all(result.error is None for result in results)
        await report(count, base, lambda number: manager.execute_on_host(names[number], ask))


async def bare(uri: str, count: int) -> None:
    base, loop, libvirt = memory(), asyncio.get_running_loop(), load().libvirt
    with ThreadPoolExecutor(THREADS) as executor:

        def open_one() -> Any:
            connection = libvirt.open(uri)
            connection.setKeepAlive(CONFIG.keepalive_interval, CONFIG.keepalive_count)
            return connection

        opened = await asyncio.gather(*(loop.run_in_executor(executor, open_one) for _ in range(count)))

        async def ask(number: int) -> int:
            return await loop.run_in_executor(executor, sample, opened[number])

        await report(count, base, ask)


def compare(uri: str, count: int, rounds: int) -> None:
    sides = {}
    for name in ("ours", "bare"):
        command = [sys.executable, "-m", "tests.bench.bench_fleet", name, uri, str(count)]
        sides[name] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def asked(name: str, order: str) -> list[float]:
        process = sides[name]
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(order + "\n")
        return [float(word) for word in process.stdout.readline().split()]

    try:
        for process in sides.values():
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        rows = [
            {(name, order): asked(name, order) for order in ("sample", "idle") for name in sides} for _ in range(rounds)
        ]
    finally:
        for process in sides.values():
            process.kill()
            process.wait()
    print(f"{count} connections, each sampled every {INTERVAL:g} s ({rounds} rounds of {SPELL:g} s)")
    for order in ("sample", "idle"):
        mine, other = (statistics.median(row[name, order][0] for row in rows) for name in ("ours", "bare"))
        ratio = statistics.median(row["ours", order][0] / row["bare", order][0] for row in rows)
        print(f"  CPU, {order:<7} ours {100 * mine:6.1f} %   bare {100 * other:6.1f} %   ratio {ratio:.2f}")
    mine, other = (rows[-1][name, "sample"][1] for name in ("ours", "bare"))
    print(f"  memory       ours {mine:6.1f} kB   bare {other:6.1f} kB   {mine - other:+.1f} kB a connection")


def main() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if sys.argv[1:2] in (["ours"], ["bare"]):
        side = ours if sys.argv[1] == "ours" else bare
        asyncio.run(side(sys.argv[2], int(sys.argv[3])))
        return
    numbers = [int(word) for word in sys.argv[1:]] + [1000, 3][len(sys.argv) - 1 :]
    with PrivateLibvirtd() as daemon:
        compare(daemon.uri("tcp"), *numbers)


if __name__ == "__main__":
    main()
