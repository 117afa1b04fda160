"""The thread that waits for the disk: what it does together, and that nobody waits for it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from atp_tui.storage.backlog import Rank
from atp_tui.storage.keeper import Keeper, Write
from atp_tui.storage.place import Place, Told
from atp_tui.storage.retention import Retention
from atp_tui.storage.steps import STEPS
from atp_tui.storage.tables import JobTables
from atp_tui.storage.thread import StorageThread
from tests.fakes.virtual_time import VirtualClock

from .processes import ROOT


class Batches(Keeper):
    """A keeper in memory that notes how many writes came together."""

    def __init__(self, told: Told) -> None:
        super().__init__(None, STEPS, JobTables(Retention()), told)
        self.sizes: list[int] = []

    def write(self, writes: Sequence[Write]) -> None:
        super().write(writes)
        self.sizes.append(len(writes))


@contextmanager
def hung(thread: StorageThread) -> Iterator[None]:
    """The disk hangs in a write until the end of the block."""
    entered, released = threading.Event(), threading.Event()

    def hang(db: sqlite3.Connection) -> None:
        entered.set()
        released.wait()

    try:
        assert thread.put(hang, Rank.RECORD, 1)
        entered.wait()
        yield
    finally:
        released.set()


def nothing(db: sqlite3.Connection) -> None:
    """A write."""


def fail(db: sqlite3.Connection) -> None:
    raise ZeroDivisionError("of the write")


async def test_what_waits_is_written_in_one_transaction_and_in_order() -> None:
    kept: list[Batches] = []

    def make(told: Told) -> Keeper:
        kept.append(Batches(told))
        return kept[0]

    done: list[int] = []
    thread = StorageThread(make, print)
    thread.start()
    with hung(thread):
        for number in range(1000):
            thread.put(lambda db, number=number: done.append(number), Rank.TEXT, 1)  # type: ignore[misc]
    assert await thread.ask(lambda _: len(done), -1) == 1000, "a question sees all that was put before it"
    await thread.close()
    assert done == list(range(1000))
    assert kept[0].sizes == [1, 1000]


async def test_a_write_that_fails_is_told_and_the_others_are_kept() -> None:
    told: list[str] = []
    thread = StorageThread(Batches, told.append)
    thread.start()
    done: list[str] = []
    with hung(thread):
        thread.put(fail, Rank.TEXT, 1)
        thread.put(lambda _: done.append("kept"), Rank.TEXT, 1)
    assert await thread.ask(lambda _: done[-1], "") == "kept"

    def bad(_: Sequence[sqlite3.Connection]) -> str:
        raise ZeroDivisionError("of the question")

    assert await thread.ask(bad, "nothing") == "nothing"
    await thread.close()
    assert told == [
        "records that could not be kept: 1 (of the write)",
        "the records could not be read: of the question",
    ]


async def test_a_disk_that_hangs_holds_up_neither_a_question_nor_the_end() -> None:
    """The limits are the program's own ten and two seconds, on a clock that leaps."""
    told: list[str] = []
    thread = StorageThread(Batches, told.append, _Leaping())
    thread.start()
    with hung(thread):
        assert thread.put(nothing, Rank.TEXT, 41)
        for _ in range(2):
            assert await thread.ask(lambda _: 1, 0) == 0
        await thread.close()
        assert not thread.put(nothing, Rank.RECORD, 1)
        assert await thread.ask(lambda _: 1, 0) == 0
        await thread.close()
    assert told == [
        "the disk does not answer: the records cannot be shown",
        "the disk does not answer: 42 bytes were not kept",
    ]


class _Leaping(VirtualClock):
    """A limit is over at once: nothing else happens here that it could be for."""

    def timeout(self, delay: float | None) -> asyncio.Timeout:
        return asyncio.timeout(0 if delay else None)


async def test_too_much_is_told_once_until_the_disk_has_caught_up() -> None:
    told: list[str] = []
    thread = StorageThread(Batches, told.append, most_waiting=100)
    thread.start()
    with hung(thread):
        assert thread.put(nothing, Rank.TEXT, 99)
        assert not any(thread.put(nothing, Rank.TEXT, 1) for _ in range(50))
        assert thread.put(nothing, Rank.ENDINGS, 50)
        assert thread.put(nothing, Rank.RECORD, 50)
        assert len(told) == 1
    await thread.ask(lambda _: 1, 0)
    assert told[1:] == ["the disk has caught up; not kept: 50 outputs"]
    assert thread.put(nothing, Rank.TEXT, 100)
    await thread.close()
    assert len(told) == 2


async def test_a_file_that_can_be_written_again_is_tried_without_a_write(tmp_path: Path) -> None:
    path, told = tmp_path / "jobs.sqlite3", asyncio.Queue[str]()
    path.mkdir()
    tables = JobTables(Retention())

    def make(words: Told) -> Keeper:
        return Keeper(Place(path, STEPS, words), STEPS, tables, words, retry=0.02)

    thread = StorageThread(make, told.put_nowait)
    thread.start()
    assert "no regular file" in await told.get()
    path.rmdir()
    assert "can be written again" in await told.get()
    await thread.close()


async def test_a_thread_that_fails_is_told_and_keeps_nobody_waiting() -> None:
    told = asyncio.Queue[str]()

    def make(_: Told) -> Keeper:
        raise ZeroDivisionError

    thread = StorageThread(make, told.put_nowait)
    thread.start()
    assert await told.get() == "the thread that keeps jobs has failed: nothing is kept from now on"
    assert await thread.ask(lambda _: 1, 0) == 0
    assert not thread.put(nothing, Rank.RECORD, 1)
    await thread.close()
    assert told.empty()


async def test_no_thread_to_be_had_is_told_and_fails_nothing() -> None:
    told: list[str] = []
    thread = StorageThread(Batches, told.append)
    usual = threading.stack_size(2**46)  # more memory than there are addresses for
    try:
        thread.start()
    finally:
        threading.stack_size(usual)
    assert told == ["the thread that keeps jobs has failed: nothing is kept from now on"]
    assert not thread.put(nothing, Rank.RECORD, 1)
    assert await thread.ask(lambda _: 1, 0) == 0
    await thread.close()


HUNG = """
import asyncio, threading
from pathlib import Path
from atp_tui.storage.backlog import Rank
from atp_tui.storage.jobs import JobStore

async def main():
    store = JobStore(Path({path!r}), print)
    store._thread.put(lambda db: threading.Event().wait(), Rank.RECORD, 1)
    async with store:
        pass

asyncio.run(main())
print("the end")
"""


def test_the_program_quits_although_its_disk_hangs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HUNG.format(path=os.fspath(tmp_path / "jobs.sqlite3"))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.splitlines()[-1], done.stderr) == (0, "the end", "")
    assert "does not answer: 1 bytes" in done.stdout
