"""Looking hosts up in a known_hosts file of hashed names: our reader against asyncssh's, which hashes on the loop.

    python -m tests.bench.bench_known_hosts [HOSTS [LINES]]

For each side: CPU time of the event loop's thread a look-up, and in another pass how late a timer of 1 ms rings.
One look-up at a time first, then all hosts at once, then all again.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncssh
from asyncssh.known_hosts import SSHKnownHosts

from atp_tui.drivers.ssh.key_lookup import KeyFiles

LookUp = Callable[[str], Awaitable[int]]
"""Gives how many keys are on file for a name."""


def write(path: Path, lines: int) -> None:
    """A file as HashKnownHosts writes it."""
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().split()[:2]
    with path.open("w") as file:
        for number in range(lines):
            salt = os.urandom(20)
            digest = hmac.digest(salt, f"kvm{number:04}.example.org".encode(), "sha1")
            file.write(f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()} {' '.join(key)}\n")


def asyncssh_side(path: Path) -> LookUp:
    hosts = SSHKnownHosts()
    for line in path.read_text().splitlines():
        hosts.load(line)

    async def look_up(name: str) -> int:
        return len(hosts.match(name, "", None)[0])

    return look_up


def our_side(path: Path) -> LookUp:
    files = KeyFiles()

    async def look_up(name: str) -> int:
        return len((await files.look_up([path], name, None)).exact)

    return look_up


async def cost(work: Awaitable[object]) -> tuple[float, float]:
    """Seconds of the clock, and of this thread's CPU."""
    clock, cpu = time.perf_counter(), time.thread_time()
    await work
    return time.perf_counter() - clock, time.thread_time() - cpu


async def lateness(work: Awaitable[object]) -> list[float]:
    """How late each ring of a timer came while the work went on, in seconds."""
    late: list[float] = []

    async def ring() -> None:
        while True:
            due = time.perf_counter() + 0.001
            await asyncio.sleep(0.001)
            late.append(time.perf_counter() - due)

    ringing = asyncio.create_task(ring())
    await asyncio.sleep(0)
    await work
    await asyncio.sleep(0.005)
    ringing.cancel()
    return late


async def each(look_up: LookUp, names: list[str]) -> None:
    for name in names:
        assert await look_up(name) == 1


async def together(look_up: LookUp, names: list[str]) -> None:
    gate = asyncio.Semaphore(64)  # max_concurrent_connects lets no more begin

    async def one(name: str) -> None:
        async with gate:
            assert await look_up(name) == 1

    await asyncio.gather(*map(one, names))


async def compare(path: Path, hosts: int) -> None:
    names = [f"kvm{number:04}.example.org" for number in range(hosts)]
    for title, side in (("asyncssh", asyncssh_side), ("ours", our_side)):
        for how, work in (("singly", each), ("at once", together)):
            asked = names[: min(20, hosts)] if work is each else names
            first, second = side(path), side(path)
            for look_up in (first, second):
                await look_up("none.example.org")  # the file is parsed
            for what in (how, "again"):
                clock, cpu = await cost(work(first, asked))
                late = await lateness(work(second, asked))
                print(
                    f"{title:9}{len(asked):5} hosts {how:8}{'' if what == how else what:6}: of the loop's thread "
                    f"{cpu * 1e3 / len(asked):7.3f} ms a look-up, {cpu:6.2f} s in all; ready after {clock:6.2f} s; "
                    f"timer late by {statistics.median(late) * 1e3:.2f} ms, at most {max(late) * 1e3:.1f} ms"
                )


def main() -> None:
    hosts, lines = (*map(int, sys.argv[1:]), *(1000, 3000)[len(sys.argv) - 1 :])
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "known_hosts"
        write(path, lines)
        asyncio.run(compare(path, hosts))


if __name__ == "__main__":
    main()
