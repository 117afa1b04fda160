"""Real processes on one file: two that write at once, and one that is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from atp_tui.storage.jobs import JobStore

from .processes import ROOT, command, line_of, running


def test_two_programs_write_at_once_and_none_loses(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    programs = [
        subprocess.Popen(command("write", path, prefix, 300), cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for prefix in ("a", "b")
    ]
    printed = [program.communicate()[0].splitlines() for program in programs]
    assert [program.returncode for program in programs] == [0, 0]
    assert all(len(lines) == 1 and lines[0].startswith("jobs: ") for lines in printed), printed
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*), count(ended_at), count(spec) FROM jobs").fetchone() == (600, 600, 600)
        assert db.execute("SELECT count(*), count(DISTINCT job) FROM endings").fetchone() == (600, 600)
        assert db.execute("SELECT count(*) FROM texts").fetchone() == (600,)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("times", range(3))
async def test_what_was_kept_when_the_program_was_killed_is_there(tmp_path: Path, times: int) -> None:
    path = tmp_path / "jobs.sqlite3"
    with running("flood", path) as process:
        for _ in range(3 + 5 * times):
            kept = int(line_of(process))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    told: list[str] = []
    async with asyncio.timeout(30), JobStore(path, told.append) as store:
        found = await store.jobs(100_000)
        names = {record.spec.id for record in found}
        assert {f"j{number}" for number in range(kept + 1)} <= names
        for name in (f"j{kept}", "j0"):
            endings = await store.endings(name)
            assert await store.text(endings[0].digest) == (name[1:].encode() * 1000, b"")
    assert told == []
