"""The suite's own daemons end with it, killed or not, and so does all that they started."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .daemons.keeper import Kept, descendants
from .daemons.sshd import running_sshd
from .drivers.ssh_links import Sleeper

pytestmark = pytest.mark.daemons

HANG = 30.0

SUITE = """
import asyncio, sys
from pathlib import Path
import asyncssh
from tests.daemons.libvirtd import PrivateLibvirtd
from tests.daemons.sshd import PrivateSshd

async def main():
    sshd = PrivateSshd(Path(sys.argv[1]) / "sshd")
    sshd.start()
    libvirtd = PrivateLibvirtd()
    async with asyncssh.connect(
        "127.0.0.1", sshd.port, username=sshd.user, client_keys=[str(sshd.client_key)], known_hosts=None, config=None
    ) as connection:
        await connection.create_process(sys.argv[2])
        while (await asyncio.to_thread(sys.stdin.readline)) == "stop\\n":
            sshd.stop()
            libvirtd.stop()
            print("stopped", flush=True)

asyncio.run(main())
"""
"""A suite that runs a command, and is held up when it is told so."""


def until(condition: Callable[[], bool], complaint: str) -> None:
    limit = time.monotonic() + HANG
    while not condition():
        assert time.monotonic() < limit, complaint
        time.sleep(0.02)


def names(pids: list[int]) -> list[str]:
    """What runs under these process ids; nothing for those that have ended."""
    found = []
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            name = Path(f"/proc/{pid}/comm").read_text().strip()
        except OSError:
            continue
        if state != "Z":
            found.append(name)
    return found


@pytest.mark.parametrize("stopped", [False, True], ids=["well", "stopped"])
def test_a_killed_suite_leaves_no_process(stopped: bool) -> None:
    sleeper = Sleeper()
    with tempfile.TemporaryDirectory(prefix="atp-") as directory:
        Path(directory).chmod(0o755)
        line = f"trap '' HUP; {sleeper.line} & ({sleeper.line} &); {sleeper.line}"
        suite = subprocess.Popen(
            [sys.executable, "-c", SUITE, directory, line],
            cwd=Path(__file__).parents[1],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR": directory, "HOME": directory},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with suite:
            assert suite.stdin is not None
            assert suite.stdout is not None
            until(lambda: len(sleeper.sleeping()) == 3, "the command never ran")
            if stopped:
                suite.stdin.write(b"stop\n")
                suite.stdin.flush()
                assert suite.stdout.readline() == b"stopped\n"
            started = descendants(suite.pid)
            assert {"libvirtd", "sshd", "sleep"} <= set(names(started))
            suite.send_signal(signal.SIGKILL)
        until(lambda: not names(started), "something outlived the suite")
        assert sleeper.processes() == []


def test_a_command_outlives_its_sshd_but_not_the_test(tmp_path: Path) -> None:
    """Commands are left alone by kill(): that they end is for the program under test to bring about."""
    sleeper = Sleeper()
    with running_sshd(tmp_path) as sshd:
        options = ["-n", "-F", "none", "-i", str(sshd.client_key), "-p", str(sshd.port), "-o", "BatchMode=yes"]
        options += ["-o", f"UserKnownHostsFile={sshd.known_hosts}"]
        client = subprocess.Popen(["ssh", *options, f"{sshd.user}@127.0.0.1", sleeper.line], stderr=subprocess.DEVNULL)
        until(lambda: bool(sleeper.sleeping()), "the command never ran")
        sshd.kill()
        client.wait()
        assert sleeper.sleeping()
        sshd.restart()
        assert sleeper.sleeping()
    assert not sleeper.sleeping()


def test_a_daemon_that_cannot_be_started_is_told() -> None:
    with pytest.raises(FileNotFoundError, match="/no/such/program"):
        Kept(["/no/such/program"])
