"""A million lines of each of six hosts: what they cost goes by what is looked at, not by their number."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.sshd import PrivateSshd
from tests.test_headless import command_line, environment, written
from tests.ui.real_terminal import Terminal

pytestmark = pytest.mark.daemons

COMMAND = "yes '' | head -1000000; echo $SSH_CONNECTION"
"""Each host's last line is its own."""

MOST = 200_000
"""kB of memory. It was 2.5 GB, and no key was answered for 15 s."""

MEASURED = """
import asyncio, sys, time
from asyncio import Handle

run, most = Handle._run, 0.0

def measured(handle):
    global most
    begun = time.thread_time()
    run(handle)
    most = max(most, time.thread_time() - begun)
    if most > {limit}:
        open({file!r}, "w").write(f"{{handle!r}} took {{most}} s")

from atp_tui.__main__ import main
Handle._run = measured
sys.argv[0] = "atp-tui"
sys.exit(main())
"""

KEY_LIMIT = 0.1
"""Seconds of the processor that one step of the event loop may take: so long a key waits."""


def peak(pid: int) -> int:
    """The most memory that a process has had, in kB; 0 once it has ended."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


@pytest.fixture
def config(tmp_path: Path, sshd: PrivateSshd) -> str:
    hosts = [host_table(f"kvm{number:02}", None, ssh_table(sshd)) for number in range(6)]
    return written(tmp_path / "hosts.toml", "[guard]\npreview_above = 6\n", *hosts)


@pytest.mark.parametrize(("form", "size"), [((), 48_000_000), (("--gather",), 18_000_000), (("--json",), 12_000_000)])
def test_headless(config: str, form: tuple[str, ...], size: int) -> None:
    line = command_line("--config", config, "run", "-w", "@all", *form, "--", COMMAND)
    with subprocess.Popen(line, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = most = 0
        while piece := process.stdout.read(1 << 20):
            said += len(piece)
            most = max(most, peak(process.pid))
        assert process.wait() == 0
    assert size < said < 1.01 * size
    assert most < MOST


def test_on_the_screen(config: str, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    code = MEASURED.format(limit=KEY_LIMIT, file=str(slow))
    terminal = Terminal(["-c", code, "--config", config], tmp_path, sys.executable)
    try:
        terminal.shows("● 6")
        slow.unlink(missing_ok=True)  # the start is another matter
        terminal.keys("a!")
        terminal.shows("(6) ❯")
        terminal.keys(f"{COMMAND}\r")
        terminal.shows("6/6 done", "1000000 more lines")
        assert peak(terminal.process.pid) < MOST
        assert not slow.exists(), slow.read_text()
    finally:
        terminal.close()
