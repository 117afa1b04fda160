"""The demo's fleet without a screen: what watching costs, how long the loop is held, how long start and end take.

    python -m tests.bench.bench_watch [HOSTS] [INTERVAL] [ROUNDS] [CHECKOUT]

Without arguments it measures 1,000 hosts at 1 Hz and then 10,000 hosts every 10 s, which have hosts.toml's defaults
where the demo's settings would ask more often than the samples do. CHECKOUT is another working tree of
this repository: both run at the same time then, each in a process of its own, and are measured in turns. CPU is the
process time of a side, with the demo's simulated hosts in it. A stretch is how late a coroutine is that sleeps for
WATCH seconds, and beside it what CPU time the loop's thread used meanwhile, which other processes cannot lengthen. It
runs only where stretches are measured: its waking costs CPU too.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from typing import Any

SPELL = 10.0
"""Seconds of one measurement."""
WATCH = 0.005
SETTLING = 3.0
"""Seconds beside two intervals from the moment that all hosts are connected to the first measurement."""
HERE = Path(__file__).parents[2]


class Watchdog:
    """Notes the longest stretch for which the event loop did not come round: seconds, and seconds of CPU."""

    def __init__(self) -> None:
        self.longest = self.cpu = 0.0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            before, cpu = time.monotonic(), time.thread_time()
            await asyncio.sleep(WATCH)
            self.longest = max(self.longest, time.monotonic() - before - WATCH)
            self.cpu = max(self.cpu, time.thread_time() - cpu)


async def watched(work: Awaitable[object]) -> str:
    """The seconds that `work` takes, and the longest stretch meanwhile, as figures of an answer."""
    dog, begun = Watchdog(), time.monotonic()
    task = asyncio.create_task(dog.run())
    await asyncio.sleep(WATCH)
    await work
    seconds = time.monotonic() - begun
    await asyncio.sleep(WATCH)
    task.cancel()
    return f"{seconds} {dog.longest} {dog.cpu}"


def memory() -> float:
    """kB that are this process's own."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 1000


async def side(hosts: int, interval: float) -> None:
    """One side: answers each line on standard input with one of figures."""
    from atp_tui.cli.collector import COLLECT
    from atp_tui.config.fleet import MonitorSettings
    from atp_tui.drivers.sources import DemoOptions, DemoSource
    from atp_tui.engine.engine import Engine
    from atp_tui.model.connection import ConnectionState
    from atp_tui.model.events import HostChanged, HostSampled
    from atp_tui.model.settings import TransportConfig

    gc.set_threshold(*COLLECT)  # as the program does
    base = memory()
    source = DemoSource(DemoOptions(hosts, False, 1))
    source.config = replace(source.config, monitor=MonitorSettings(interval=interval))
    if interval > 2 * source.config.transport.heartbeat_interval:
        # the demo's heartbeat would ask each host five times between two samples
        source.config = replace(source.config, transport=TransportConfig())
    engine = Engine(source)
    running = engine.running(watch=True)

    async def start() -> None:
        up = set()
        with engine.manager.hub.subscribe(sys.maxsize, without=HostSampled) as news:
            await running.__aenter__()
            async for event in news:
                if isinstance(event, HostChanged) and event.status.state is ConnectionState.CONNECTED:
                    up.add(event.status.host_id)
                    if len(up) >= hosts:
                        return

    answer(await watched(start()))
    await asyncio.sleep(SETTLING + 2 * interval)
    while (order := await question()) != "end":
        if order == "stretch":
            answer(await watched(asyncio.sleep(max(SPELL, interval))))
        elif order == "memory":
            answer(f"{(memory() - base) / hosts}")
        else:
            before, spell = time.process_time(), max(SPELL, interval)
            await asyncio.sleep(spell)
            answer(f"{(time.process_time() - before) / spell}")
    view: Any = getattr(engine, "view", engine.fleet)  # a tree from before the port calls the view its fleet
    up = sum(row.state is ConnectionState.CONNECTED for row in view.rows())
    assert up >= hosts, f"{up} of {hosts} hosts are connected"
    answer(await watched(running.__aexit__(None, None, None)))


async def question() -> str:
    """The next line; waiting for it costs the loop nothing."""
    line = await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    return line.strip() or "end"


def answer(figures: str) -> None:
    print(figures, flush=True)


def compare(hosts: int, interval: float, rounds: int, checkouts: dict[str, Path]) -> None:
    """Measure these working trees, by name, in turns."""
    command = [sys.executable, "-P", __file__, "side", str(hosts), str(interval)]
    sides = {
        name: subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            cwd=tree,
            env={"PYTHONPATH": str(tree)},
        )
        for name, tree in checkouts.items()
    }

    def ask(name: str, order: str) -> None:
        stdin = sides[name].stdin
        assert stdin is not None
        stdin.write(order + "\n")

    def answered(name: str) -> list[float]:
        stdout = sides[name].stdout
        assert stdout is not None
        return [float(word) for word in stdout.readline().split()]

    def asked(order: str) -> dict[str, list[float]]:
        figures = {}
        for name in sides:
            ask(name, order)
            figures[name] = answered(name)
        return figures

    try:
        begun = {name: answered(name) for name in sides}
        time.sleep(SETTLING + 2 * interval)
        shares = [asked("cpu") for _ in range(rounds)]
        stretches, sizes, ended = asked("stretch"), asked("memory"), asked("end")
    finally:
        for process in sides.values():
            process.kill()
            process.wait()
    print(f"{hosts} hosts, each sampled every {interval:g} s ({rounds} rounds of {max(SPELL, interval):g} s)")
    for name in sides:
        cpu = statistics.median(row[name][0] for row in shares)
        print(f"  {name:<6} CPU {100 * cpu:5.1f} %   memory a host {sizes[name][0]:5.1f} kB")
        for title, figures in (("start", begun), ("watching", stretches), ("end", ended)):
            seconds, late, busy = figures[name]
            print(f"    {title:<9}{seconds:6.2f} s   longest stretch {1000 * late:5.0f} ms, CPU {1000 * busy:5.0f} ms")
    if len(sides) == 2:
        mine, other = (statistics.median(row[name][0] for row in shares) for name in sides)
        print(f"  CPU here / there {mine / other:.2f}")


def main() -> None:
    if sys.argv[1:2] == ["side"]:
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        asyncio.run(side(int(sys.argv[2]), float(sys.argv[3])))
        return
    words = sys.argv[1:]
    checkouts = {"here": HERE}
    if words and not words[-1].replace(".", "", 1).isdecimal():
        checkouts["there"] = Path(words.pop()).resolve()
    if not words:
        compare(1000, 1.0, 3, checkouts)
        compare(10_000, 10.0, 2, checkouts)
        return
    hosts, interval, rounds = (*words, *("1000", "1", "3")[len(words) :])
    compare(int(hosts), float(interval), int(rounds), checkouts)


if __name__ == "__main__":
    main()
