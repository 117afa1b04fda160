"""What a job costs beside a bare fan-out of the same commands: warm SSH connections, then a loopback without a network.

    python -m tests.bench.bench_jobs [HOSTS] [ROUNDS]

`fan-out` is TransportManager.execute_on_all_hosts, which knows neither output, limits of hosts, outcomes nor groups;
`job` is JobRunner with one reader of its events, `stored` the same with the log of jobs in a file. CPU of this process
a command, and the time until the job has ended, medians of rounds that alternate.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import asyncssh

from atp_tui.api import Command, HostConnection, HostInfo, TransportManager
from atp_tui.drivers.wiring import Drivers
from atp_tui.executor.runner import JobRunner
from atp_tui.model.outcome import ExitStatus, OutputSink, Stream
from atp_tui.storage.jobs import JobStore
from tests.fakes.jobs import command_job
from tests.fakes.loopback import LoopbackDriver

from ..daemons.sshd import running_sshd

ADDRESSES = tuple(f"127.0.0.{last}" for last in range(1, 9))
FANOUT = 64
ECHO = Command("echo 6.1.0-56")


def drop(stream: Stream, data: bytes) -> None:
    """The fan-out keeps nothing."""


async def run(connection: HostConnection) -> int | None:
    return (await connection.run(ECHO, drop)).status


async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
    await asyncio.sleep(0)
    output("stdout", b"6.1.0-56\n")
    return ExitStatus(0)


async def costs(work: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Seconds of CPU, and of time."""
    cpu, wall = time.process_time(), time.perf_counter()
    await work()
    return time.process_time() - cpu, time.perf_counter() - wall


async def measure(title: str, manager: TransportManager, rounds: int, store: JobStore) -> None:
    ids = tuple(host.id for host in manager.list_hosts())
    runner, storing = JobRunner(manager), JobRunner(manager, log=store)

    async def fan_out() -> None:
        results = await manager.execute_on_all_hosts(run, fanout=FANOUT, channel="ssh")
        assert all(result.value == 0 for result in results), results

    async def job(by: JobRunner) -> None:
        started = by.start(command_job(ids, ECHO, time.time()))
        events = [event async for event in started]
        assert len(events) == 3 * len(ids)

    async def stored() -> None:
        await job(storing)

    sides = fan_out, partial(job, runner), stored
    for side in sides:
        await side()
    rows = []
    for _ in range(rounds):
        rows.append([await costs(side) for side in sides])
        await store.jobs(1)  # what is still to be written is not the next round's
    await runner.close()
    await storing.close()
    bare, whole, kept = (1e6 * statistics.median(row[side][0] for row in rows) / len(ids) for side in range(3))
    ratio = statistics.median(row[1][0] / row[0][0] for row in rows)
    print(f"{title}: fan-out {bare:.0f} µs, job {whole:.0f} µs of CPU a command; job / fan-out {ratio:.3f}")
    time_ratio, cpu_ratio = (statistics.median(row[2][i] / row[1][i] for row in rows) for i in (1, 0))
    print(f"{title}: stored {kept:.0f} µs of CPU a command; stored / job {cpu_ratio:.3f}, of time {time_ratio:.3f}")


async def main(hosts: int, rounds: int) -> None:
    asyncssh.set_log_level("ERROR")
    gc.set_threshold(25_000)  # the program's own
    with (
        tempfile.TemporaryDirectory(prefix="atp-bench-") as folder,
        running_sshd(Path(folder), addresses=ADDRESSES) as sshd,
    ):
        async with TransportManager(None, Drivers()) as manager:
            settings = sshd.ssh_settings()
            for number in range(hosts):
                address = ADDRESSES[number % len(ADDRESSES)]
                await manager.add_host(HostInfo(f"kvm{number:03}", address, uri=None, ssh=settings))
            async with JobStore(Path(folder, "jobs.sqlite3"), print) as store:
                await measure(f"{hosts} hosts, warm SSH", manager, rounds, store)
    driver = LoopbackDriver(shell=shell)
    async with TransportManager(None, lambda host, channel: driver) as manager:
        for number in range(1000):
            await manager.add_host(HostInfo(f"kvm{number:03}", "192.0.2.1", uri=None))
        with tempfile.TemporaryDirectory(prefix="atp-bench-") as place:
            async with JobStore(Path(place, "jobs.sqlite3"), print) as store:
                await measure("1000 hosts, loopback", manager, rounds, store)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]] + [100, 9][len(sys.argv) - 1 :]
    asyncio.run(main(*numbers))
