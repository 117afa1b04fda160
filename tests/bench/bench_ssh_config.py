"""What ssh_config says of 1,000 hosts: ours against asyncssh's own reading of the same file, in one run.

    python -m tests.bench.bench_ssh_config [ROUNDS]

`cold` asks for all hosts at once with nothing kept, `warm` once more. `held` is the longest turn of the event loop.
"""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from atp_tui.drivers.ssh.config.reader import ConfigReader
from atp_tui.drivers.ssh.config.tokens import account_home
from atp_tui.drivers.ssh.reading import PathReader
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import SshSettings

HOSTS = 1000
_TICK = 0.002

FILES: dict[str, Callable[[], str]] = {
    "Host * alone": lambda: "Host *\n  User root\n  IdentityFile ~/.ssh/id_fleet\n  ServerAliveInterval 30\n",
    "Host kvm* and %h": lambda: "Host kvm*\n  HostName %h.lan\nHost *\n  User root\n",
    "a block for each": lambda: "".join(f"Host kvm{n}\n  HostName 10.0.{n // 250}.{n % 250}\n" for n in range(HOSTS)),
    "Match of names": lambda: "Match user bob host x*\n  Port 23\nHost *\n  User root\n",
    "Match final": lambda: "Match final host x*\n  Port 23\nHost *\n  User root\n",
}


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, of our CPU and of that of our children, and of the longest turn of the loop."""

    clock: float
    own: float
    children: float
    held: float

    def __str__(self) -> str:
        numbers = (self.clock, self.own, self.children, self.held)
        return "{:7.0f} ms  own {:6.0f}  ssh {:6.0f}  held {:5.1f}".format(*(1000 * number for number in numbers))


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


async def _watch(longest: list[float]) -> None:
    while True:
        begun = time.perf_counter()
        await asyncio.sleep(_TICK)
        longest[0] = max(longest[0], time.perf_counter() - begun - _TICK)


async def ours(paths: PathReader, hosts: list[HostInfo]) -> Cost:
    """All hosts at once, as at the start of the program."""
    longest = [0.0]
    before = time.perf_counter(), _cpu(resource.RUSAGE_SELF), _cpu(resource.RUSAGE_CHILDREN)
    watching = asyncio.ensure_future(_watch(longest))
    await asyncio.gather(*map(paths.path_to, hosts))
    watching.cancel()
    after = time.perf_counter(), _cpu(resource.RUSAGE_SELF), _cpu(resource.RUSAGE_CHILDREN)
    clock, own, children = (b - a for a, b in zip(before, after, strict=True))
    return Cost(clock, own, children, longest[0])


def theirs(file: Path, hosts: list[HostInfo]) -> float:
    """Seconds for asyncssh's reading, one host after the other."""
    begun = time.perf_counter()
    for host in hosts:
        asyncssh.SSHClientConnectionOptions(
            config=[file], host=host.host, client_keys=None, known_hosts=None, x509_trusted_certs=None
        )
    return time.perf_counter() - begun


async def main(rounds: int) -> None:
    os.environ["HOME"] = account_home() or ""
    with tempfile.TemporaryDirectory() as directory:
        for name, text in FILES.items():
            file = Path(directory) / "config"
            file.write_text(text())
            settings = SshSettings(config_file=str(file))
            hosts = [HostInfo(f"kvm{n}", f"kvm{n}", uri=None, ssh=settings) for n in range(HOSTS)]
            found: list[tuple[Cost, Cost]] = []
            for _ in range(rounds):
                paths = PathReader(ConfigReader())
                found.append((await ours(paths, hosts), await ours(paths, hosts)))
                paths.close()
            cold, warm = (
                sorted(column, key=lambda cost: cost.clock)[rounds // 2] for column in zip(*found, strict=True)
            )
            other = statistics.median(theirs(file, hosts[:100]) for _ in range(rounds)) * HOSTS / 100
            print(f"{name}: {HOSTS} hosts\n  cold {cold}\n  warm {warm}\n  asyncssh's reading {1000 * other:7.0f} ms")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
