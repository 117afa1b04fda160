"""Runs the soak and prints its table. Exit status 1: something leaked, a host did not come back, or a defect showed."""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from atp_tui.api import HostInfo, TransportManager

from .fleet import CONFIG, hosts_behind
from .gauges import Gauges, Watch, gauges, leaks
from .load import Load
from .other_half import OtherHalf
from .recoveries import Recoveries
from .report import Report

RECOVERY_LIMIT = 20.0
"""Seconds after which a host that has not come back counts as lost. The settings alone allow 7: an attempt to a silent
daemon ends after 2, the pause after it 2.4, the attempt after that, and the work itself, begin within 2 more."""

WORKERS = 2
"""Pieces of work at a time on each host."""
SETTLE = 10.0
PATIENCE = 60.0
"""Seconds for the daemons to start, and for all hosts to connect the first time."""


@asynccontextmanager
async def connected(hosts: dict[HostInfo, tuple[str, ...]], seed: int) -> AsyncIterator[TransportManager]:
    """A manager whose hosts have all connected."""
    async with TransportManager(CONFIG, rng=random.Random(seed)) as manager:
        for host in hosts:
            await manager.add_host(host)
        for result in await manager.execute_on_all_hosts(lambda connection: connection.connect(PATIENCE)):
            if result.error is not None:
                raise result.error
        yield manager


async def settled() -> Gauges:
    """The process once nothing ends any more."""
    found, same, limit = gauges(), 0, time.monotonic() + SETTLE
    while same < 20 and time.monotonic() < limit:
        await asyncio.sleep(0.05)
        gc.collect()
        now = gauges()
        same = same + 1 if replace(now, rss=0) == replace(found, rss=0) else 0
        found = now
    return found


@dataclass
class Soak:
    """One run: the load, the faults, and what is noted of both."""

    other: OtherHalf
    hosts: dict[HostInfo, tuple[str, ...]]
    seconds: float
    seed: int

    async def run(self) -> Report:
        """Warm up, break and heal for so many seconds, let all come back, close, and see what is left."""
        async with connected(self.hosts, self.seed):
            pass  # libraries, event thread and executor are there from now on
        before = await settled()
        watch = Watch()
        daemons = {daemon for needs in self.hosts.values() for daemon in needs}
        behind = {one: [host.id for host, needs in self.hosts.items() if one in needs] for one in daemons}
        recoveries = Recoveries(behind, RECOVERY_LIMIT)
        async with connected(self.hosts, self.seed) as manager:
            load = Load(
                manager,
                random.Random(self.seed),
                lambda host, begun: recoveries.answered(host, begun, time.monotonic()),
            )
            await self._under_load(load, watch, recoveries)
            left_in_use = sum(one.total_active_uses for one in manager.stats().values())
            states = {status.host_id: status for status in map(manager.host_state, recoveries.overdue)}
        after = await settled()
        self.other.tell("count")
        commands: int = (await self.other.news())["commands_alive"]
        problems = leaks(before, after, watch.samples)
        problems += [
            f"{host}: not back after {late:.0f} s, {states[host]}" for host, late in recoveries.overdue.items()
        ]
        problems += [f"a defect:\n{text}" for text in load.defects]
        if left_in_use or commands:
            problems.append(f"{left_in_use} leases and {commands} remote commands outlived their owners")
        return Report(before, watch, after, recoveries, load, len(self.hosts), problems)

    async def _under_load(self, load: Load, watch: Watch, recoveries: Recoveries) -> None:
        listener = asyncio.create_task(self._listen(recoveries))
        work = [load.keep_asking_all(), watch.run()]
        work += [load.keep_busy(host.id) for host in self.hosts for _ in range(WORKERS)]
        tasks = [asyncio.create_task(one) for one in work]
        try:
            self.other.tell("go")
            await self._watch_over([*tasks, listener], self.seconds, recoveries)
            self.other.tell("heal")
            await asyncio.wait([listener], timeout=PATIENCE)
            listener.result()
            end = time.monotonic() + RECOVERY_LIMIT + 1
            while recoveries.missing and time.monotonic() < end:
                await self._watch_over(tasks, 0.5, recoveries)
        finally:
            for task in (*tasks, listener):
                task.cancel()
            await asyncio.wait([*tasks, listener])

    async def _watch_over(self, tasks: Sequence[asyncio.Task[None]], seconds: float, recoveries: Recoveries) -> None:
        """Let the tasks work for so many seconds. None of them may end."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            ended, _ = await asyncio.wait(tasks, timeout=min(0.5, left), return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
                raise AssertionError(f"{task} has ended")
            recoveries.check(time.monotonic())

    async def _listen(self, recoveries: Recoveries) -> None:
        while "healed" not in (news := await self.other.news()):
            if news["fault"] is None:
                recoveries.healed(news["daemon"], news["at"])
            else:
                recoveries.broken(news["daemon"], news["fault"])


async def soak(seconds: float, seed: int) -> Report:
    """One soak with daemons of its own."""
    other = OtherHalf(seed)
    try:
        async with asyncio.timeout(PATIENCE):
            daemons = await other.connect()
        return await Soak(other, hosts_behind(daemons), seconds, seed).run()
    finally:
        await other.end()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="of the faults and the load")
    asked = parser.parse_args()
    print(f"soak: {asked.minutes:g} minutes, seed {asked.seed}", flush=True)
    report = asyncio.run(soak(asked.minutes * 60, asked.seed))
    print(report.table())
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
