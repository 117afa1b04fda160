"""Files: 100 MB to and from one host against OpenSSH's sftp, 1 MB to 100 hosts against pssh's parallel-scp, in turns.

    python -m tests.bench.bench_files [--rounds 7] [--hosts 100] [--folder /dev/shm]

`cold` has the connecting in it, as both programs have; `warm` uses connections that are open, as on the screen. Where
parallel-scp is not installed (Debian: pssh), `xargs -P scp` with as many at a time stands in, which is said. Wall time
is with sshd's own work on the same processors; CPU time here is this process's, or of the programs started.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.executor.files import PushWork
from atp_tui.executor.runner import JobRunner
from atp_tui.executor.spec import JobOptions, JobSpec
from atp_tui.model.host import HostInfo
from atp_tui.model.moving import Moved, NearFile, Pull, Push
from atp_tui.model.outcome import Outcome, Stream
from atp_tui.model.settings import TransportConfig
from atp_tui.model.target import on_hosts
from atp_tui.transport.driver import OpenRequest
from atp_tui.transport.manager import TransportManager

from ..daemons.sshd import PrivateSshd, running_sshd

LARGE = 100 << 20
SMALL = 1 << 20
AT_ONCE = 64
ADDRESSES = tuple(f"127.0.0.{last}" for last in range(1, 11))

Way = Callable[[], Awaitable[object]]


class Nobody:
    """Takes what a transfer tells."""

    def __call__(self, stream: Stream, data: bytes) -> None:
        assert stream == "stdout", data

    def moved(self, moved: Moved) -> None:
        """How far it is."""


def near(path: Path) -> NearFile:
    status = path.stat()
    return NearFile(str(path), False, status.st_size, status.st_mtime_ns, status.st_ino)


def options(daemon: PrivateSshd) -> list[str]:
    known = f"UserKnownHostsFile={daemon.known_hosts}"
    return ["-F", str(daemon.config_file), "-i", str(daemon.client_key), "-o", known, "-o", "BatchMode=yes"]


async def called(line: list[str], lines: str = "") -> None:
    def call() -> None:
        subprocess.run(line, input=lines, text=True, check=True, stdout=subprocess.DEVNULL)

    await asyncio.to_thread(call)


async def measured(title: str, ways: dict[str, Way], rounds: int, base: str) -> None:
    """Each way once a round; medians, and how often the base takes as long."""
    wall: dict[str, list[float]] = {way: [] for way in ways}
    used: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(rounds + 1):
        for way, begin in ways.items():
            at, cpu, children = time.perf_counter(), time.process_time(), _children()
            await begin()
            if number:
                wall[way].append(time.perf_counter() - at)
                used[way].append(time.process_time() - cpu + _children() - children)
    print(title)
    middle = {way: statistics.median(times) for way, times in wall.items()}
    for way, times in wall.items():
        rate = middle[base] / middle[way]
        cpu = statistics.median(used[way])
        print(f"  {way}: {middle[way]:.2f} s (least {min(times):.2f}), CPU {cpu:.2f} s; {rate:.2f} x {base}")


def _children() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


async def one_host(daemon: PrivateSshd, folder: Path, rounds: int) -> None:
    source, there = folder / "source", folder / "there"
    source.write_bytes(os.urandom(1 << 20) * (LARGE >> 20))
    host = HostInfo("peer", "127.0.0.1", uri=None, ssh=daemon.ssh_settings())
    driver = SshDriver()
    request = OpenRequest(host, TransportConfig(), print)
    warm = await driver.open(request)
    words = ["sftp", "-q", "-b", "-", *options(daemon), "-P", str(daemon.port), "127.0.0.1"]

    async def cold(asked: Push | Pull) -> None:
        link = await driver.open(request)
        await link.move(asked, Nobody())
        await link.close()

    push = Push((near(source),), str(there))
    pull = Pull(str(source), str(folder / "here"))
    for title, line, asked in (
        ("100 MB to a host", f"put {source} {there}\n", push),
        ("100 MB from a host", f"get {source} {folder}/got\n", pull),
    ):
        ways: dict[str, Way] = {
            "sftp": lambda line=line: called(words, line),  # type: ignore[misc]
            "cold": lambda asked=asked: cold(asked),  # type: ignore[misc]
            "warm": lambda asked=asked: warm.move(asked, Nobody()),  # type: ignore[misc]
        }
        await measured(title, ways, rounds, "sftp")
    assert there.read_bytes() == source.read_bytes() == (folder / "here" / "source").read_bytes()
    warm.abort()


async def many_hosts(daemon: PrivateSshd, folder: Path, hosts: int, rounds: int) -> None:
    source = folder / "small"
    source.write_bytes(os.urandom(SMALL))
    names = [f"h{number}" for number in range(hosts)]
    settings = daemon.ssh_settings()
    known = [HostInfo(name, ADDRESSES[n % len(ADDRESSES)], uri=None, ssh=settings) for n, name in enumerate(names)]
    (folder / "many").mkdir()
    work = PushWork((str(source),), (near(source),), f"{folder}/many/{{host}}")

    async def pushed(manager: TransportManager) -> None:
        runner = JobRunner(manager)
        job = runner.start(JobSpec(on_hosts(*names), work, "me", 0.0, JobOptions(fanout=AT_ONCE)))
        assert {result.outcome for result in await job.wait()} == {Outcome.OK}
        await runner.close()

    async def managed(use: Callable[[TransportManager], Awaitable[None]]) -> None:
        driver = SshDriver()
        async with TransportManager(TransportConfig(), lambda host, channel: driver) as manager:
            for host in known:
                await manager.add_host(host)
            await use(manager)

    listed = folder / "hosts"
    listed.write_text("".join(f"{host.host}:{daemon.port}\n" for host in known))
    scp = shutil.which("parallel-scp")
    if scp:
        given = [word for option in options(daemon) for word in ("-x", option)]
        line = [scp, "-h", str(listed), "-p", str(AT_ONCE), "-t", "0", *given, str(source), f"{folder}/many/pssh"]
        base = "parallel-scp"
    else:
        each = " ".join(["scp", "-q", *options(daemon), "-P", str(daemon.port), str(source)])
        line = ["xargs", "-P", str(AT_ONCE), "-a", str(listed), "-I{}", "sh", "-c"]
        line += [f"h={{}}; exec {each} ${{h%:*}}:{folder}/many/$$"]
        base = "xargs -P scp"

    async def warm_too(manager: TransportManager) -> None:
        await pushed(manager)  # connects
        await measured(
            f"1 MB to {hosts} hosts",
            {base: lambda: called(line), "cold": lambda: managed(pushed), "warm": lambda: pushed(manager)},
            rounds,
            base,
        )

    await managed(warm_too)
    assert all((folder / "many" / name).read_bytes() == source.read_bytes() for name in names)


async def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int, default=7)
    words.add_argument("--hosts", type=int, default=100)
    words.add_argument("--folder", type=Path, default=Path("/dev/shm"))
    given = words.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        with running_sshd(folder / "sshd", addresses=ADDRESSES) as daemon:
            await one_host(daemon, folder, given.rounds)
            await many_hosts(daemon, folder, given.hosts, given.rounds)


if __name__ == "__main__":
    asyncio.run(main())
