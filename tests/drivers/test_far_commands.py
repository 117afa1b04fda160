"""Where a command runs there: in which shell, on what, with which PATH; and what is said where it does not run."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.executor.runner import JobRunner
from atp_tui.executor.spec import CommandWork, JobSpec
from atp_tui.model.delivery import Delivery
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command, CommandResult, Outcome
from atp_tui.model.say import Say
from atp_tui.model.settings import CommandGuard
from atp_tui.model.target import on_hosts
from atp_tui.transport.manager import TransportManager

from ..daemons.sshd import PrivateSshd, running_sshd
from .ssh_links import HANG, Sleeper, host_of

pytestmark = pytest.mark.daemons

GREETING = "Welcome!\n"


class Runs:
    """Commands on the host `peer`."""

    def __init__(self, jobs: JobRunner) -> None:
        self._jobs = jobs

    async def __call__(self, line: str, stdin: bytes = b"", **along: object) -> CommandResult:
        work = CommandWork(Command(line, stdin), Delivery(**along))  # type: ignore[arg-type]
        job = self._jobs.start(JobSpec(on_hosts("peer"), work, "tester", 0.0))
        async with asyncio.timeout(HANG):
            (result,) = await job.wait()
        return result


@asynccontextmanager
async def commands(where: PrivateSshd | HostInfo) -> AsyncIterator[Runs]:
    driver = SshDriver()
    async with TransportManager(None, lambda host, channel: driver) as manager:
        await manager.add_host(host_of(where) if isinstance(where, PrivateSshd) else where)
        jobs = JobRunner(manager)
        try:
            yield Runs(jobs)
        finally:
            await jobs.close()


def with_profile(home: Path) -> str:
    """A home whose profiles greet, and have more in PATH; the PATH of the login shell alone has `atp-hidden`."""
    (home / "more").mkdir(parents=True)
    hidden = home / "more" / "atp-hidden"
    hidden.write_text("#!/bin/sh\necho found\n")
    hidden.chmod(0o755)
    for name in (".profile", ".zprofile", ".login"):
        csh = f"set path = ($path {home}/more)\n" if name == ".login" else f"PATH=$PATH:{home}/more\n"
        (home / name).write_text(f"echo {GREETING}{csh}")
    (home / ".config" / "fish").mkdir(parents=True)
    (home / ".config" / "fish" / "config.fish").write_text(
        f"status is-login; and begin; echo {GREETING}set PATH $PATH {home}/more; end\n"
    )
    return str(home)


@pytest.fixture(scope="module")
def greeting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateSshd]:
    """An sshd with a banner and a message of the day, whose users have a profile."""
    directory = tmp_path_factory.mktemp("greeting")
    banner = directory / "banner"
    banner.write_text("BANNER\n" * 100)
    options = [f"Banner {banner}", "PrintMotd yes", f"SetEnv SHLVL=2 HOME={with_profile(directory / 'home')}"]
    with running_sshd(directory / "sshd", options=options) as daemon:
        yield daemon


async def test_greetings_are_in_no_output_and_a_login_shell_s_path_is_had_by_asking(greeting: PrivateSshd) -> None:
    async with commands(greeting) as run:
        plain = await run("echo ok; echo wrong >&2")
        assert (plain.stdout, plain.stderr) == (b"ok\n", b"wrong\n")
        missing = await run("cd / && atp-hidden x")
        assert (missing.outcome, missing.exit_status) == (Outcome.FAILED, 127)
        assert missing.error is not None and missing.error.id is Say.FOUND_BY_LOGIN
        assert str(missing.error.get("path")).endswith("/more/atp-hidden")
        assert missing.stderr.count(b"\n") == 1
        found = await run("atp-hidden", login=True)
        assert (found.exit_status, found.stdout) == (0, b"Welcome!\nfound\n")
        nowhere = await run("atp-nowhere")
        assert (nowhere.exit_status, nowhere.error) == (127, None)
        inner = await run("sh -c 'exit 127'; exit 127")
        assert inner.error is None
        assert (await run("echo 'x: atp-hidden: not found' >&2; exit 1")).error is None
        # what the shell of commands finds as well is no matter of the login
        assert (await run("echo 'sh: 1: ls: not found' >&2; exit 127")).error is None


async def test_nobody_looks_where_nothing_but_the_command_is_to_be_sent(greeting: PrivateSshd) -> None:
    alone = host_of(greeting, replace(greeting.ssh_settings(), command_guard=CommandGuard.NONE))
    async with commands(alone) as run:
        assert (await run("atp-hidden")).error is None


@pytest.mark.parametrize("shell", ["dash", "busybox", "mksh", "zsh", "fish", "tcsh"])
async def test_each_shell_logs_in_in_its_own_way(tmp_path: Path, shell: str) -> None:
    program = shutil.which(shell)
    home = with_profile(tmp_path / "home")
    words = f"{program} sh" if shell == "busybox" else program
    forced = f'ForceCommand exec {words} -c "$SSH_ORIGINAL_COMMAND"'
    options = [forced, f"SetEnv SHLVL=2 SHELL={program} HOME={home}"]
    with running_sshd(tmp_path / "sshd", options=options) as daemon:
        async with commands(daemon) as run:
            if shell != "busybox":  # its program by itself is no shell
                found = await run("atp-hidden; echo \"it's\" '$HOME'", login=True, chdir="/")
                assert (found.stdout, found.exit_status) == (b"Welcome!\nfound\nit's $HOME\n", 0), found.stderr
            missing = await run("atp-hidden")
            assert missing.outcome is Outcome.FAILED
            if shell != "busybox":
                assert missing.error is not None and missing.error.id is Say.FOUND_BY_LOGIN, missing.stderr


async def test_a_terminal_there_has_all_output_in_one_and_an_end_of_input(greeting: PrivateSshd) -> None:
    async with commands(greeting) as run:
        said = await run("test -t 0 && test -t 2 && echo yes; echo wrong >&2; stty size; cat; exit 3", tty=True)
        assert (said.stdout, said.stderr, said.exit_status) == (b"yes\nwrong\n50 200\n", b"", 3)
        both = await run(
            "cat; pwd; atp-hidden; tty >/dev/null && echo $TERM", b"typed\n", tty=True, login=True, chdir="/etc"
        )
        assert both.stdout == b"Welcome!\ntyped\n/etc\nfound\ndumb\n"
        asks = f"{sys.executable} -c 'import getpass; getpass.getpass()' 2>&1 | tail -n 1"
        again = await run(f"cat; {asks}; cat", tty=True)  # it drops what was typed before it asked
        assert b"EOFError" in again.stdout, again


async def test_what_runs_on_a_terminal_ends_with_the_job(greeting: PrivateSshd) -> None:
    sleeper = Sleeper()
    async with commands(greeting) as run:
        task = asyncio.create_task(run(sleeper.line, tty=True))
        await sleeper.runs()
    task.cancel()
    await asyncio.wait([task])
    await sleeper.is_gone()


async def test_an_account_that_may_run_nothing_is_told_as_such(tmp_path: Path) -> None:
    users = {"nologin": Say.NO_ACCOUNT_THERE, "internal-sftp": Say.SFTP_ALONE}
    for forced, what in users.items():
        command = "/usr/sbin/nologin" if forced == "nologin" else forced
        options = [f"ForceCommand {command}", "PermitTTY no"]
        with running_sshd(tmp_path / forced, options=options) as daemon:
            async with commands(daemon) as run:
                said = await run("uptime")
                assert (said.outcome, said.exit_status) == (Outcome.FAILED, 1)
                assert said.error is not None and said.error.id is what
                on_terminal = await run("uptime", tty=True)
                assert on_terminal.error is not None and on_terminal.error.id is Say.NO_TERMINAL


async def test_one_session_at_a_time_is_enough(tmp_path: Path) -> None:
    options = ["MaxSessions 1", f"SetEnv SHLVL=2 HOME={with_profile(tmp_path / 'home')}"]
    with running_sshd(tmp_path / "sshd", options=options) as daemon:
        async with commands(daemon) as run:
            missing = await run("atp-hidden")
            assert missing.error is not None and missing.error.id is Say.FOUND_BY_LOGIN
            assert (await run("atp-hidden", login=True)).exit_status == 0
            assert (await run("tty >/dev/null", tty=True)).exit_status == 0
            assert (await run("true")).exit_status == 0
