"""1,000 connections to a real libvirtd, each sampled every 2 s: the manager against the best bare script.

    python -m tests.bench.bench_fleet [CONNECTIONS] [ROUNDS]

Each side is a process of its own: CPU while sampling, in turns; CPU while idle for as long as a heartbeat_interval,
both at once; and memory. The bare script makes the same calls on the same event loop implementation, with keepalive as
well, on 16 threads; it has no time limit on a call, no metrics and no way back after a loss. Idle, it makes no calls at
all the first time, and the manager's heartbeats the second.
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
"""Seconds of one measurement of sampling."""
THREADS = 16
CONFIG = TransportConfig()
REST = CONFIG.heartbeat_interval
"""Seconds of one measurement of idleness: each connection has its heartbeat once."""
STATE = 0x1
"""VIR_DOMAIN_STATS_STATE."""

One = Callable[[int], Awaitable[object]]
"""What is asked of the connection of that number."""


def sample(virt: Any) -> int:
    """What is asked of each host: its load and its domains, two round trips."""
    return len(virt.getAllDomainStats(STATE)) + int(virt.getInfo()[2])


def memory() -> float:
    """kB that are this process's own; shared libraries count once for both sides."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 1000


async def spread(count: int, one: One, spell: float, interval: float) -> None:
    """Ask all connections for `spell` seconds, each every `interval`, evenly over it."""
    loop, pending = asyncio.get_running_loop(), set[asyncio.Task[object]]()
    begun = loop.time()
    for turn in range(int(spell / interval)):
        for number in range(count):
            await asyncio.sleep(begun + (turn + number / count) * interval - loop.time())
            task = asyncio.ensure_future(one(number))
            pending.add(task)
            task.add_done_callback(pending.discard)
    await asyncio.gather(*pending)


async def report(count: int, base: float, one: One, beat: One | None) -> None:
    """Answer each line on stdin with one of figures. `beat` is a heartbeat, None where they come by themselves."""
    await spread(count, one, SPELL, INTERVAL)
    print("ready", flush=True)
    while line := sys.stdin.readline().strip():
        before, spell = time.process_time(), SPELL if line == "sample" else REST
        if line == "sample":
            await spread(count, one, SPELL, INTERVAL)
        elif line == "beat" and beat is not None:
            await spread(count, beat, REST, REST)
        else:
            await asyncio.sleep(REST)
        print(f"{(time.process_time() - before) / spell} {(memory() - base) / count}", flush=True)


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
        await report(count, base, lambda number: manager.execute_on_host(names[number], ask), None)


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

        async def beat(number: int) -> object:
            return await loop.run_in_executor(executor, opened[number].getLibVersion)

        await report(count, base, ask, beat)


def compare(uri: str, count: int, rounds: int) -> None:
    sides = {}
    for name in ("ours", "bare"):
        command = [sys.executable, "-m", "tests.bench.bench_fleet", name, uri, str(count)]
        sides[name] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def ask(name: str, order: str) -> None:
        stdin = sides[name].stdin
        assert stdin is not None
        stdin.write(order + "\n")

    def answer(name: str) -> list[float]:
        stdout = sides[name].stdout
        assert stdout is not None
        return [float(word) for word in stdout.readline().split()]

    def measured() -> dict[tuple[str, str], list[float]]:
        row = {}
        for name in sides:
            ask(name, "sample")
            row[name, "sample"] = answer(name)
        for order in ("idle", "beat"):
            for name in sides:
                ask(name, order)
            row |= {(name, order): answer(name) for name in sides}
        return row

    try:
        for process in sides.values():
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        rows = [measured() for _ in range(rounds)]
    finally:
        for process in sides.values():
            process.kill()
            process.wait()
    print(f"{count} connections, each sampled every {INTERVAL:g} s ({rounds} rounds of {SPELL:g} and {REST:g} s)")
    for order, title in (("sample", "sampled"), ("idle", "idle"), ("beat", "idle, heartbeats on both sides")):
        mine, other = (statistics.median(row[name, order][0] for row in rows) for name in ("ours", "bare"))
        ratio = statistics.median(row["ours", order][0] / row["bare", order][0] for row in rows)
        print(f"  CPU, {title:<31} ours {100 * mine:5.1f} %   bare {100 * other:5.1f} %   ratio {ratio:.2f}")
    mine, other = (rows[-1][name, "sample"][1] for name in ("ours", "bare"))
    print(f"  memory a connection                  ours {mine:5.1f} kB  bare {other:5.1f} kB  {mine - other:+.1f} kB")


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
