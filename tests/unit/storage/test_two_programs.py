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
from .program import MODES


@pytest.mark.parametrize("mode", MODES)
def test_two_programs_write_at_once_and_none_loses(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "jobs.sqlite3"
    programs = [
        subprocess.Popen(command("write", path, prefix, 300, mode), cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for prefix in ("a", "b")
    ]
    printed = [program.communicate()[0].splitlines() for program in programs]
    assert [program.returncode for program in programs] == [0, 0]
    told = [line for lines in printed for line in lines if line.startswith("told: ")]
    assert len(told) == (0 if mode == "local" else 2), told
    assert all("carries no write-ahead log" in line for line in told)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*), count(ended_at), count(spec) FROM jobs").fetchone() == (600, 600, 600)
        assert db.execute("SELECT count(*), count(DISTINCT job) FROM endings").fetchone() == (600, 600)
        assert db.execute("SELECT count(*) FROM texts").fetchone() == (600,)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("times", range(2))
async def test_what_was_kept_when_the_program_was_killed_is_there(tmp_path: Path, times: int, mode: str) -> None:
    path = tmp_path / "jobs.sqlite3"
    with running("flood", path, mode) as process:
        for _ in range(3 + 5 * times):
            while not (line := line_of(process)).isdecimal():
                assert "carries no write-ahead log" in line
            kept = int(line)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    told: list[str] = []
    async with asyncio.timeout(30), JobStore(path, told.append, place=MODES[mode]) as store:
        found = await store.jobs(100_000)
        names = {record.id for record in found}
        assert {f"j{number}" for number in range(kept + 1)} <= names
        for name in (f"j{kept}", "j0"):
            endings = await store.endings(name)
            assert await store.text(endings[0].digest) == (name[1:].encode() * 1000, b"")
    assert [words for words in told if "carries no write-ahead log" not in words] == []
