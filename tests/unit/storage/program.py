"""A second program on the same file, in a process of its own: `python -m tests.unit.storage.program VERB PATH …`.

It prints what it was told, each line after `told: `.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from atp_tui.storage.jobs import JobStore
from atp_tui.storage.lockfile import LockFile
from atp_tui.storage.place import Place, Told
from atp_tui.storage.schema import Steps
from atp_tui.storage.steps import STEPS

from .records import ending, job, output


def say(words: str) -> None:
    print(words, flush=True)


def told(words: str) -> None:
    say(f"told: {words}")


MODES: dict[str, Callable[[Path, Steps, Told], Place]] = {
    "local": Place,
    "shared": partial(Place, is_local=lambda _: False),
    "lockless": partial(Place, is_local=lambda _: False, vfs="unix-none"),
}
"""File systems: of this machine, of several, and of several without locks of its own."""


async def write(path: Path, prefix: str, count: str, mode: str = "local") -> None:
    """So many jobs with an ending each; prints how many are there at last."""
    async with JobStore(path, told, place=MODES[mode]) as store:
        for number in range(int(count)):
            name = f"{prefix}{number}"
            text = name.encode()
            store.begun(job(name))
            store.ended(name, [ending("h0", text)], [output(text)])
            store.finished(name, 3.0)
            await asyncio.sleep(0)
        say(f"jobs: {len(await store.jobs(10_000))}")


async def flood(path: Path, mode: str = "local") -> None:
    """Write for ever; prints the number of each job that is certainly kept."""
    async with JobStore(path, told, place=MODES[mode]) as store:
        number = 0
        while True:
            for _ in range(20):
                text = b"%d" % number * 1000
                store.begun(job(f"j{number}", float(number)))
                store.ended(f"j{number}", [ending("h0", text)], [output(text)])
                number += 1
            await store.jobs(1)  # what was put before a question is kept when it is answered
            say(str(number - 1))


async def begin(path: Path) -> None:
    """A job that begins and has no end, until this is killed."""
    async with JobStore(path, told) as store:
        store.begun(job("theirs"))
        await store.jobs(1)
        say("begun")
        await asyncio.sleep(60)


async def fill(path: Path) -> None:
    """Outputs until the disk is full and has said so, then a job more; prints the jobs that can be read.

    A file beside it, named filler, is removed then: the end finds room, and the next start finds all.
    """
    full = asyncio.Event()

    def hear(words: str) -> None:
        told(words)
        full.set()

    async with JobStore(path, hear) as store:
        store.begun(job("first"))
        number = 0
        while not full.is_set():
            store.ended("first", [], [output(b"%d" % number + bytes(50_000))])
            number += 1
            await store.jobs(1)
        store.begun(job("later", 2.0))
        await say_jobs(store)
        path.with_name("filler").unlink()
    async with JobStore(path, told) as store:
        await say_jobs(store)


async def say_jobs(store: JobStore) -> None:
    say("jobs: " + " ".join(record.id for record in await store.jobs()))


def hold(path: Path) -> None:
    """Have the file open, as a newer program that goes on with it, until standard input ends."""
    opened = Place(path, (*STEPS, ("CREATE TABLE newer (a)",)), told).open()
    say("open")
    sys.stdin.read()
    opened.db.close()


def lock(path: Path) -> None:
    """Hold a lock file until killed."""
    with LockFile(path, 1.0).held():
        say("held")
        time.sleep(60)


if __name__ == "__main__":
    verb, where, *rest = sys.argv[1:]
    if verb in {"write", "flood", "fill", "begin"}:
        asyncio.run(globals()[verb](Path(where), *rest))
    else:
        globals()[verb](Path(where), *rest)
