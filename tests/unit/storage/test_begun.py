"""What is known after a kill of where commands had begun: never too much."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from atp_tui.executor.log import JobState
from atp_tui.model.outcome import Command, Outcome
from atp_tui.model.target import on_hosts
from atp_tui.storage import begun, jobs
from atp_tui.storage.begun import BegunFiles, directory, is_in_memory
from atp_tui.storage.jobs import JobStore
from tests.fakes.jobs import command_job

TARGETS = on_hosts("a", "b", "c")

KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from atp_tui.executor.spec import JobSpec
from atp_tui.model.outcome import Command
from atp_tui.storage import jobs
from atp_tui.storage.jobs import JobStore
from tests.fakes.jobs import command_job

async def main():
    async with JobStore(Path(sys.argv[1]), print) as store:
        spec = command_job(["a", "b", "c"], Command("true"), 1.0)
        store.begun(spec)
        store.begins(spec.id, spec.targets[1])
        await store.jobs()  # it is on the disk
        print(spec.id, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

jobs.directory = lambda: Path(sys.argv[2])
asyncio.run(main())
"""


def killed(file: Path, folder: Path) -> str:
    """A program that was killed when its job had begun on b alone; the job's id."""
    done = subprocess.run([sys.executable, "-c", KILLED, file, folder], capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    return done.stdout.strip()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = tmp_path / "begun"
    found.mkdir(mode=0o700)
    monkeypatch.setattr(jobs, "directory", lambda: found)
    return found


async def test_targets_on_which_nothing_had_begun_are_told_so_and_the_others_are_not(
    folder: Path, tmp_path: Path
) -> None:
    job = killed(tmp_path / "jobs.sqlite3", folder)
    for files in (1, 0):
        async with JobStore(tmp_path / "jobs.sqlite3", print) as store:
            endings = await store.endings(job)
            (record,) = await store.jobs()
        assert [(str(each.target), each.outcome) for each in endings] == [("a", Outcome.NOTRUN), ("c", Outcome.NOTRUN)]
        assert (record.state, record.unanswered, record.ended_at) == (JobState.INTERRUPTED, 1, None)
        assert len(os.listdir(folder)) == files, "it is there until what it says was found on the disk"


async def test_a_program_that_runs_is_left_alone_and_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    async with JobStore(tmp_path / "jobs.sqlite3", print) as store:
        spec = command_job(["a"], Command("true"), 1.0)
        store.begun(spec)
        async with JobStore(tmp_path / "jobs.sqlite3", print) as other:
            assert await other.endings(spec.id) == ()
        assert len(os.listdir(folder)) == 1
        store.finished(spec.id, 2.0)
        assert os.listdir(folder) == []


def test_what_cannot_be_noted_proves_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = BegunFiles(tmp_path / "jobs", folder)
    files.begin("1", TARGETS)
    files.begin("2", TARGETS)
    (first, second) = sorted(folder.iterdir())

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        files.set("1", TARGETS[0])
    assert not first.exists()
    files.set("2", TARGETS[0])
    assert second.read_bytes() == b"\1\0\0"
    assert files.left() == (), "its owner lives"
    files.set("1", TARGETS[1])  # of which nothing is known any more
    other = BegunFiles(tmp_path / "other", folder)
    os.truncate(second, 2)
    files._files.clear()
    assert other.left() == (), "another log's"


def test_a_file_of_another_length_proves_nothing(folder: Path, tmp_path: Path) -> None:
    for number, data in enumerate((b"", b"\0\0", b"\0\0\0\0")):
        left = begun.Left("1", folder / str(number), data, 0.0)
        assert left.never_began(TARGETS) == ()
    assert begun.Left("1", folder, b"\0\1\2", 0.0).never_began(TARGETS) == TARGETS[:1]


def test_only_a_private_directory_in_memory_will_do(tmp_path: Path) -> None:
    found = directory({"XDG_RUNTIME_DIR": str(tmp_path)})
    if not is_in_memory(tmp_path):
        assert found is None or not found.is_relative_to(tmp_path)
    memory = Path("/dev/shm") / f"atp-test-{os.getpid()}"
    memory.mkdir()
    try:
        assert directory({"XDG_RUNTIME_DIR": str(memory)}) == memory / "atp-tui"
        (memory / "atp-tui").chmod(0o755)
        assert directory({"XDG_RUNTIME_DIR": str(memory)}) != memory / "atp-tui", "others may look into it"
    finally:
        (memory / "atp-tui").rmdir()
        memory.rmdir()
