"""Output beyond what is kept, in files: whole, bounded, told where it is not, and gone with its job."""

from __future__ import annotations

import asyncio
import gzip
import os
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.executor.capture import Budget, Capture, Flow
from atp_tui.executor.spilling import Spilling
from atp_tui.model.outcome import Command
from atp_tui.model.target import TargetId
from atp_tui.storage import spill
from atp_tui.storage.jobs import JobStore
from atp_tui.storage.spill import PIECE, WAITING, SpillFiles
from tests.fakes.jobs import command_job

HOST = TargetId("kvm01")


def read(folder: Path, name: str) -> bytes:
    return gzip.decompress((folder / "spilled" / "j1" / name).read_bytes())


async def test_a_stream_that_is_cut_is_in_a_file_as_a_whole_and_another_one_in_none(tmp_path: Path) -> None:
    files = SpillFiles(tmp_path / "spilled", pytest.fail)
    capture = Capture(10, Budget(100), 0, Spilling(files, "j1", HOST))
    capture.begin(1.0)
    for piece in (b"0123", b"456789", b"abc", b"d" * PIECE, b"e"):
        capture.add("stdout", piece)
    capture.add("stderr", b"fits")
    capture.spilled()
    await files.close()
    assert read(tmp_path, "kvm01.out.gz") == b"0123456789abc" + b"d" * PIECE + b"e"
    assert os.listdir(tmp_path / "spilled" / "j1") == ["kvm01.out.gz"]
    assert capture.kept("stdout") == b"0123456789" and capture.truncated
    path = tmp_path / "spilled" / "j1"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(path / "kvm01.out.gz").st_mode) == 0o600
    ((name, size),) = files.files("j1")
    assert (name, size) == (str(path / "kvm01.out.gz"), os.stat(path / "kvm01.out.gz").st_size)


async def test_what_was_said_before_work_begins_anew_is_no_part_of_it(tmp_path: Path) -> None:
    files = SpillFiles(tmp_path / "spilled", pytest.fail)
    flow = Flow(0, Capture(2, Budget(100), 0, Spilling(files, "j1", HOST)))
    for said in (b"old" * PIECE, b"new"):
        flow.begin(1.0)
        flow.add("stdout", said)
        flow.read("stdout")
    flow.spilled()
    await files.close()
    assert read(tmp_path, "kvm01.out.gz") == b"new"


async def test_what_fits_when_work_has_begun_anew_is_in_no_file(tmp_path: Path) -> None:
    files = SpillFiles(tmp_path / "spilled", pytest.fail)
    capture = Capture(10, Budget(100), 0, Spilling(files, "j1", HOST))
    for said in (b"more than it keeps", b"fits"):
        capture.begin(1.0)
        capture.add("stdout", said)
    capture.spilled()
    await files.close()
    assert files.files("j1") == () and not capture.truncated


@pytest.mark.parametrize("error", [MemoryError(), OSError(5, "Input/output error")])
async def test_no_fault_of_a_write_holds_up_the_senders_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    told: list[str] = []
    files = SpillFiles(tmp_path / "spilled", told.append)
    files.add("j1", HOST, "stdout", b"a" * PIECE)
    while not files.files("j1"):  # noqa: ASYNC110 - another thread makes it
        await asyncio.sleep(0.01)

    def failing(*_: object, **__: object) -> bytes:
        raise error

    monkeypatch.setattr(gzip, "compress", failing)
    for _ in range(WAITING // PIECE + 2):
        files.add("j1", HOST, "stdout", b"b" * PIECE)
    if (room := files.room()) is not None:
        async with asyncio.timeout(60):
            await room
    await files.close()
    await asyncio.sleep(0)
    assert len(told) == 1 and os.listdir(tmp_path / "spilled" / "j1") == ["kvm01.out.cut.gz"]


async def test_a_disk_that_is_too_slow_for_the_end_of_the_program_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    files, goes_on = SpillFiles(tmp_path / "spilled", told.append), threading.Event()
    monkeypatch.setattr(spill, "CLOSE_LIMIT", 0.01)
    monkeypatch.setattr(spill, "_appended", lambda *_: goes_on.wait(60) and 0)
    files.add("j1", HOST, "stdout", b"a" * PIECE)
    await files.close()
    goes_on.set()
    assert len(told) == 1 and "too slow" in told[0]


async def test_a_disk_that_is_slower_than_the_host_holds_it_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = SpillFiles(tmp_path / "spilled", pytest.fail)
    assert files.room() is None
    for _ in range(WAITING // PIECE + 1):
        files.add("j1", HOST, "stdout", os.urandom(PIECE))
    room = files.room()
    assert room is not None
    await room
    await files.close()
    assert len(read(tmp_path, "kvm01.out.gz")) == WAITING + PIECE


async def test_a_full_disk_is_told_once_and_what_is_there_is_not_taken_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    files = SpillFiles(tmp_path / "spilled", told.append)
    files.add("j1", HOST, "stdout", b"a" * PIECE)
    await asyncio.sleep(0)
    writes = os.write
    count = 0

    def full(descriptor: int, data: bytes) -> int:
        nonlocal count
        count += 1
        if count > 1:
            raise OSError(28, "No space left on device")
        return writes(descriptor, data[:5])

    while not files.files("j1"):  # noqa: ASYNC110 - another thread makes it
        await asyncio.sleep(0.01)
    monkeypatch.setattr(spill.os, "write", full)  # type: ignore[attr-defined]
    for _ in range(3):
        files.add("j1", HOST, "stdout", b"b" * PIECE)
    await files.close()
    await asyncio.sleep(0)
    assert len(told) == 1 and "No space left on device" in told[0]
    assert os.listdir(tmp_path / "spilled" / "j1") == ["kvm01.out.cut.gz"]
    assert read(tmp_path, "kvm01.out.cut.gz") == b"a" * PIECE, "whole pieces, which can be read"


async def test_files_go_with_their_jobs_and_the_oldest_where_they_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spill, "MOST", 100)
    for number in range(4):
        folder = tmp_path / "spilled" / f"old{number}"
        folder.mkdir(parents=True)
        (folder / "kvm01.out.gz").write_bytes(b"x" * 40)
        os.utime(folder, (1e9 + number, 1e9 + number))
    async with JobStore(tmp_path / "jobs.sqlite3", print) as store:
        for number in range(1, 4):
            store.begun(replace(command_job(["a"], Command("true"), 1e9), id=f"old{number}"))
            store.finished(f"old{number}", 1e9 + number)
        assert store.spill is not None
        await store.prune(0.0)
        await store.spill.close()
        assert sorted(os.listdir(tmp_path / "spilled")) == ["old2", "old3"], "one of no job, and the oldest of three"
        await store.prune(2e9)
        await store.spill.close()
    assert os.listdir(tmp_path / "spilled") == []
