"""What the log of jobs costs the event loop: the same answers with no log and with one in a file, in turn.

    python -m tests.bench.bench_storage [HOSTS] [ROUNDS]

At last 10,000 jobs of 60 hosts are listed by a program that has just started.
Each host gives another answer of 100 lines, ten hosts at a time. A ticker sleeps a millisecond at a time meanwhile: its
longest sleep is the longest stretch for which the loop was held up, or had to wait for the interpreter.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import statistics
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from atp_tui.executor.away import PickUp, Waiting
from atp_tui.executor.log import Ending, JobLog, JobRecord
from atp_tui.executor.spec import CommandWork, JobSpec
from atp_tui.model.outcome import Command, Outcome
from atp_tui.model.target import TargetId, on_hosts
from atp_tui.storage.jobs import JobStore
from atp_tui.storage.retention import Retention

AT_ONCE = 10


class NoLog:
    """The other side: keeps nothing."""

    spill = None

    def begun(self, spec: JobSpec) -> None: ...
    def begins(self, job: str, target: TargetId) -> None: ...
    def ended(self, job: str, endings: Sequence[Ending], texts: Sequence[tuple[bytes, bytes, bytes]]) -> None: ...
    def finished(self, job: str, at: float) -> None: ...

    async def jobs(self, limit: int = 100) -> tuple[JobRecord, ...]:
        return ()

    async def find(self, name: str) -> tuple[JobRecord, ...]:
        return ()

    async def spec(self, job: str) -> JobSpec | None:
        return None

    async def endings(self, job: str) -> tuple[Ending, ...]:
        return ()

    async def text(self, digest: bytes) -> tuple[bytes, bytes] | None:
        return None

    async def waiting(self, fleet: str | None = None, job: str | None = None) -> tuple[Waiting, ...]:
        return ()

    async def take(self, job: str, targets: Collection[TargetId], *, cancelled: bool = False) -> tuple[TargetId, ...]:
        return ()

    def ran(self, job: str, targets: Collection[TargetId], ran_in: str | None) -> None: ...

    async def pickups(self, job: str) -> tuple[PickUp, ...]:
        return ()


def answers(hosts: int) -> list[tuple[bytes, bytes, bytes]]:
    """An output a host: digest, standard output, standard error."""
    texts = [
        b"".join(b"line %d of host %d, as uptime has it\n" % (line, host) for line in range(100))
        for host in range(hosts)
    ]
    return [(hashlib.sha256(text + b"\0").digest(), text, b"") for text in texts]


async def job(log: JobLog, texts: list[tuple[bytes, bytes, bytes]]) -> None:
    """One job whose results come as fast as the loop goes round."""
    names = [f"kvm{number:04}" for number in range(len(texts))]
    spec = JobSpec(on_hosts(*names), CommandWork(Command("uptime")), "bench", time.time())
    log.begun(spec)
    for first in range(0, len(texts), AT_ONCE):
        piece = texts[first : first + AT_ONCE]
        ends = [
            Ending(TargetId(name), Outcome.OK, 0, None, None, time.time(), 0.1, text[0], False)
            for name, text in zip(names[first : first + AT_ONCE], piece, strict=True)
        ]
        log.ended(spec.id, ends, piece)
        await asyncio.sleep(0)
    log.finished(spec.id, time.time())
    await log.endings(spec.id)  # answered when all of it is kept


async def measured(log: JobLog, texts: list[tuple[bytes, bytes, bytes]]) -> tuple[float, float, float]:
    """Seconds until all is kept, of CPU, and of the longest sleep of a millisecond."""
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, time.perf_counter() - before)

    ticker = asyncio.create_task(tick())
    await asyncio.sleep(0.01)
    wall, cpu = time.perf_counter(), time.process_time()
    await job(log, texts)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    await asyncio.sleep(0.01)
    ticker.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await ticker
    return wall, cpu, longest


JOBS = 10_000


async def listed(directory: Path) -> None:
    """How long it takes to read the list of many jobs, of which each has ended."""
    path = directory / "many.sqlite3"
    names = [f"kvm{number:02}" for number in range(60)]
    async with JobStore(path, print, Retention(jobs=2 * JOBS, endings=100 * JOBS)) as store:
        for number in range(JOBS):
            spec = JobSpec(on_hosts(*names), CommandWork(Command("uptime")), "bench", time.time())
            store.begun(spec)
            ends = [
                Ending(TargetId(name), Outcome.OK, 0, None, None, time.time(), 0.1, b"", False)
                for name in (names if number % 10 == 0 else names[:1])
            ]
            store.ended(spec.id, ends, [])
            store.finished(spec.id, time.time())
            if number % 200 == 0:
                await store.jobs(1)
    for limit in (20, JOBS):
        times = []
        for _ in range(5):
            async with JobStore(path, print) as store:
                begun = time.perf_counter()
                assert len(await store.jobs(limit)) == limit
                times.append(time.perf_counter() - begun)
        took = statistics.median(times) * 1e3
        print(f"of {JOBS:,} jobs the newest {limit:,} are listed in {took:.0f} ms, with the opening of the file")


async def main(hosts: int, rounds: int, directory: Path) -> None:
    texts = answers(hosts)
    found: dict[str, list[tuple[float, float, float]]] = {"no log": [], "file": []}
    async with JobStore(directory / "jobs.sqlite3", print) as store:
        for number in range(rounds):
            fresh = [(hashlib.sha256(b"%d" % number + digest).digest(), out, err) for digest, out, err in texts]
            found["no log"].append(await measured(NoLog(), fresh))
            found["file"].append(await measured(store, fresh))
        begun = time.perf_counter()
        records = await store.jobs()
        print(
            f"the newest {len(records)} jobs of {hosts} hosts are read in {(time.perf_counter() - begun) * 1e3:.0f} ms"
        )
    for name, values in found.items():
        wall, cpu, longest = (statistics.median(column) * 1e3 for column in zip(*values, strict=True))
        print(f"{name:>8}: kept after {wall:6.1f} ms, CPU {cpu:6.1f} ms, longest sleep of 1 ms {longest:5.1f} ms")


if __name__ == "__main__":
    counts = [int(word) for word in sys.argv[1:]]
    wanted_hosts, wanted_rounds = counts + [1000, 10][len(counts) :]
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(main(wanted_hosts, wanted_rounds, Path(place)))
        asyncio.run(listed(Path(place)))
