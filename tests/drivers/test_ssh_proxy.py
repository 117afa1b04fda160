"""A ProxyCommand that does not want to end: ended all the same, with all that it has started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.drivers.ssh.processes import Process, Processes
from atp_tui.model.errors import ConnectFailed
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import SshSettings, TransportConfig
from atp_tui.transport.driver import OpenRequest

from .leftovers import leftovers, nothing_left_since
from .ssh_links import Sleeper, fails, until

pytestmark = pytest.mark.timeout(60)

_PYTHON = (
    "import os, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); {}; time.sleep(float(sys.argv[1]))"
)


@pytest.fixture
def sleeper() -> Iterator[Sleeper]:
    """Of which a test that fails leaves nothing either."""
    made = Sleeper()
    yield made
    for pid in made.processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _stubborn(sleeper: Sleeper) -> dict[str, str]:
    """Programs that take no notice of TERM, nor of the end of their input."""
    silent = "os.close(0); os.close(1)"
    return {
        "shell": f"sh -c 'trap \"\" TERM; while :; do {sleeper.line}; done'",
        "python": f"{sys.executable} -c '{_PYTHON.format('pass')}' {sleeper.seconds}",
        "ends the connection": f"{sys.executable} -c '{_PYTHON.format(silent)}' {sleeper.seconds}",
        "its child": f"sh -c '(trap \"\" TERM; exec {sleeper.line}) & sleep 3600'",
        "its orphan": f"sh -c '(trap \"\" TERM; exec {sleeper.line} 2>/dev/null <&- >&-) & exit 3'",
    }


def _host(tmp_path: Path, command: str) -> HostInfo:
    config = tmp_path / "config"
    config.write_text(f"ProxyCommand {command}\n")
    settings = SshSettings(user="nobody", known_hosts=("/dev/null",), identity_files=(), config_file=str(config))
    return HostInfo("peer", "192.0.2.1", uri=None, ssh=settings)


async def _attempt(driver: SshDriver, host: HostInfo, limit: float = 1.0) -> None:
    """One that fails, by itself or by its time limit."""
    with pytest.raises((ConnectFailed, TimeoutError)):
        async with asyncio.timeout(limit):
            await driver.open(OpenRequest(host, TransportConfig(), lambda error: None))


@pytest.mark.parametrize("kind", list(_stubborn(Sleeper())))
async def test_a_proxy_command_that_ignores_term_is_killed(tmp_path: Path, sleeper: Sleeper, kind: str) -> None:
    driver = SshDriver()
    before = leftovers()
    await _attempt(driver, _host(tmp_path, _stubborn(sleeper)[kind]))
    await sleeper.is_forgotten()
    await nothing_left_since(before)
    await driver.close()


@pytest.mark.parametrize("kind", list(_stubborn(Sleeper())))
def test_none_outlives_the_end_of_the_driver(tmp_path: Path, sleeper: Sleeper, kind: str) -> None:
    driver = SshDriver()

    async def program() -> None:
        await _attempt(driver, _host(tmp_path, _stubborn(sleeper)[kind]))
        await driver.close()

    asyncio.run(program())
    asyncio.run(sleeper.is_forgotten())  # on another loop: no timer of the first one is left to kill it


_FORGETFUL = """\
import asyncio, sys
from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import SshSettings, TransportConfig
from atp_tui.transport.driver import OpenRequest

async def main():
    settings = SshSettings(user="nobody", known_hosts=("/dev/null",), config_file=sys.argv[1])
    host = HostInfo("peer", "192.0.2.1", uri=None, ssh=settings)
    async with asyncio.timeout(1):
        await SshDriver().open(OpenRequest(host, TransportConfig(), print))

asyncio.run(main())
"""


def test_a_program_that_closes_nothing_leaves_none_either(tmp_path: Path, sleeper: Sleeper) -> None:
    _host(tmp_path, _stubborn(sleeper)["shell"])
    ended = subprocess.run(
        [sys.executable, "-c", _FORGETFUL, str(tmp_path / "config")], capture_output=True, text=True, check=False
    )
    assert ended.stderr.endswith("TimeoutError\n")
    assert not sleeper.processes()


async def test_one_that_ends_when_it_is_told_to_has_the_time_for_it(tmp_path: Path) -> None:
    processes = Processes()
    process = processes.start(f"sh -c 'trap \"sleep 0.1; exit 7\" TERM; echo >{tmp_path}/on; sleep 3600 & wait'", 0)
    await until((tmp_path / "on").exists, "it does not run")
    processes.end(process)
    await processes.close()
    assert process.status() == 7
    process.errors.close()


async def test_its_number_is_kept_until_the_group_has_been_killed() -> None:
    processes = Processes()
    process = processes.start("true", 0)
    await until(lambda: process.status() is not None, "it does not end")
    pid = process._popen.pid
    assert _exists(pid), "unreaped: the number is nobody else's"
    processes.end(process)
    await until(lambda: not _exists(pid), "it is never reaped")
    process.signal(9)  # to nobody: the number may be somebody else's by now
    assert process.status() == 0
    process.errors.close()


def _exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_a_status_is_read_as_a_shell_has_it() -> None:
    for command, status in (("true", 0), ("sh -c 'exit 5'", 5), ("sh -c 'kill -9 $$'", -9)):
        process = Process(command, 0)
        while process.status() is None:
            time.sleep(0.01)
        assert process.status() == status
        assert process.reap()
        assert process.status() == status
        process.errors.close()


PLANTED = "not-for-the-screen"

REPEATED = (
    "nosuch {}", "PASS= {} nosuch", "nosuch ${{A?{}}}", "nosuch $x(y {}", "nosuch >/nosuch/{}", "nosuch $((1 {}))",
    "nosuch ~{}", "nosuch {}*", "A=x;pa'ss'{}\\x", "A=x;\v{} y", "sh -c {}", "nosuch `{}`", "A=$'x\\' {} y' nosuch",
    "A=x\u00a0{} nosuch",
)  # fmt: skip


@pytest.mark.parametrize("shell", ["sh", "dash", "bash", "zsh", "ksh", "mksh", "fish", "tcsh"])
async def test_no_shell_repeats_what_a_message_hides(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (program := shutil.which(shell)) is None:
        pytest.skip(f"there is no {shell}")
    monkeypatch.setenv("SHELL", program)
    for command in REPEATED:
        error = await fails(_host(tmp_path, command.format(PLANTED)))
        assert "ProxyCommand" in str(error)
        assert PLANTED not in str(error)
