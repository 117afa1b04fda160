"""The command that rings, as a real program: what it is told, its ends, and its limit."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from atp_tui.drivers.aside import off_loop
from atp_tui.drivers.ring_command import RingCommand
from atp_tui.model.ring import JobsSettings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "hosts.toml"
    found.touch(0o600)
    return found


def command(file: Path, code: str, seconds: float = 20.0) -> RingCommand:
    return RingCommand(JobsSettings(ring_command=(sys.executable, "-c", code), ring_timeout=seconds), file)


async def test_it_is_told_of_the_job_in_its_environment_and_runs_beside_hosts_toml(file: Path) -> None:
    code = "import os; open('told', 'w').write(os.environ['ATP_JOB'] + ' ' + os.environ['HOME']); print('x' * 999)"
    assert await command(file, code).run({"ATP_JOB": "17; id"}) == ""
    assert (file.parent / "told").read_text() == f"17; id {os.environ['HOME']}"


async def test_why_it_fails_is_told_in_a_line(file: Path) -> None:
    failed = await command(file, "import sys; sys.exit('no\\x1b[2J display')").run({})
    assert failed == "it ended with exit status 1: no␛[2J display"
    assert await command(file, "import time; time.sleep(99)", 0.2).run({}) == "it took longer than 0.2 s, and was ended"
    missing = RingCommand(JobsSettings(ring_command=("/no/such",)), file)
    assert await missing.run({}) == "it cannot be run: No such file or directory"
    os.chmod(file, 0o666)
    assert await command(file, "").run({}) == "it is not run: somebody else may write hosts.toml"


async def test_a_cancel_ends_it_with_what_it_has_started(file: Path) -> None:
    os.mkfifo(file.parent / "there")
    shell = RingCommand(JobsSettings(ring_command=("sh", "-c", "exec 3>there; echo >&3; sleep 99 & wait")), file)
    task = asyncio.create_task(shell.run({}))
    with await off_loop("test", lambda: (file.parent / "there").open("rb")) as there:
        assert await off_loop("test", there.readline) == b"\n"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await off_loop("test", there.read) == b"", "nobody has its end of the pipe any more"
