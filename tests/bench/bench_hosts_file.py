"""One host of a large hosts.toml written: ours, read back and compared, against tomlkit alone, which checks nothing.

    python -m tests.bench.bench_hosts_file [HOSTS]

For each side the time by the clock, which goes by how busy the machine is, and that of the processor. The first edit of
a file reads it; later ones find it as they left it. Ours runs beside an event loop, as in the program: how late a timer
of 1 ms rings meanwhile is told too.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path

import tomlkit

from atp_tui.config.edits import Add, Change, Remove, Tag
from atp_tui.config.hosts_file import HostsFile
from atp_tui.config.replace import replace_file
from atp_tui.config.undo import Versions
from atp_tui.drivers.hosts_file import HostsFileAside

ROUNDS = 10


def text_of(hosts: int) -> str:
    """A file as a person keeps it: comments, tags, SSH settings of their own."""
    return '[ssh]\nuser = "root"\n' + "".join(
        f'\n# rack {number % 40}\n[[hosts]]\nid = "kvm{number:05}"\nhost = "192.0.2.{number % 250}"\n'
        f'tags = ["prod", "rack{number % 40}"]\nmetadata = {{ site = "north" }}\n[hosts.ssh]\nport = 2222\n'
        for number in range(hosts)
    )


def with_tomlkit(path: Path, number: int) -> None:
    document = tomlkit.parse(path.read_text())
    document["hosts"][500]["host"] = f"192.0.2.{number}"
    replace_file(path, tomlkit.dumps(document).encode())


async def timed(title: str, work: Awaitable[object]) -> float:
    begun, cpu = time.perf_counter(), time.process_time()
    late: list[float] = []

    async def ring() -> None:
        while True:
            due = time.perf_counter() + 0.001
            await asyncio.sleep(0.001)
            late.append(time.perf_counter() - due)

    ringing = asyncio.create_task(ring())
    await asyncio.sleep(0)
    await work
    taken, cpu = time.perf_counter() - begun, time.process_time() - cpu
    ringing.cancel()
    print(
        f"{title:28} {taken * 1e3:7.1f} ms, CPU {cpu * 1e3:6.1f} ms; "
        f"timer late by {statistics.median(late) * 1e3:.2f} ms, at most {max(late) * 1e3:.1f} ms"
    )
    return taken


async def ours(path: Path, state: Path) -> None:
    aside = HostsFileAside(path)
    aside.file = HostsFile(path, Versions(state))
    host = "kvm00500"
    await timed("ours, first edit", aside.edit([Tag(host, ("first",))], ""))
    taken = [
        await timed(f"ours, {title}", aside.edit([edit], ""))
        for title, edit in (
            ("a key changed", Change(host, ((("host",), "192.0.2.99"),))),
            ("a key added", Change(host, ((("ssh", "user"), "bob"),))),
            ("a tag", Tag(host, ("new",))),
            ("a host added", Add(((("id",), "new"), (("host",), "192.0.2.9")))),
            ("a host removed", Remove("new")),
        )
    ]
    await timed("ours, undo", aside.undo())
    many = [Tag(f"kvm{number:05}", ("many",)) for number in range(500)]
    await timed("ours, a tag on 500", aside.edit(many, ""))
    print(f"{'ours, later edits, median':28} {statistics.median(taken) * 1e3:7.1f} ms")


def main() -> None:
    hosts = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "hosts.toml")
        path.write_text(text_of(hosts))
        taken = []
        for number in range(ROUNDS // 2):
            begun, cpu = time.perf_counter(), time.process_time()
            with_tomlkit(path, number)
            taken.append((time.perf_counter() - begun, time.process_time() - cpu))
        clock, cpu = map(statistics.median, zip(*taken, strict=True))
        print(f"{'tomlkit alone, on the loop':28} {clock * 1e3:7.1f} ms, CPU {cpu * 1e3:6.1f} ms")
        path.write_text(text_of(hosts))
        asyncio.run(ours(path, Path(folder, "state")))


if __name__ == "__main__":
    main()
