"""A remote command dies with its owner, whatever happens to the owner."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import textwrap
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.watchdog import LONGEST_DOUBLE, wrapped
from atp_tui.model.errors import CallTimeout, ConnectionLost
from atp_tui.model.outcome import Command, ExitStatus
from atp_tui.transport.driver import Link

from ..daemons.sshd import PrivateSshd
from .login_shells import SHELLS, start
from .ssh_links import HANG, Sleeper, host_of, linked, open_link, run, until

pytestmark = pytest.mark.daemons

LINES: dict[str, tuple[Callable[[str], str], int, bytes]] = {
    "plain": (lambda sleep: sleep, 1, b""),
    "pipeline": (lambda sleep: f"{sleep} | cat", 1, b""),
    "background": (lambda sleep: f"{sleep} & {sleep}", 2, b""),
    "nested": (lambda sleep: f"sh -c 'sh -c \"{sleep} | {sleep}\"; true'; true", 2, b""),
    "stubborn": (lambda sleep: f"trap '' TERM; while :; do {sleep}; done", 1, b""),
    # it dies of its closed output where that comes before its guard, and only the sleep would be left
    "broken-pipe": (lambda sleep: f"{sleep} & exec yes", 1, b""),
    # groups of their own, in the same session
    "timeout": (lambda sleep: f"timeout 3600 {sleep} | cat", 1, b""),
    "job-control": (lambda sleep: f"set -m; {sleep} & wait", 1, b""),
    "closed-output": (lambda sleep: f"exec >&- 2>&-; {sleep}", 1, b""),
    "stdin": (lambda sleep: sleep, 1, b"unread"),
    "much-stdin": (lambda sleep: sleep, 1, b"unread" * 500_000),
}


@pytest.mark.parametrize("kind", LINES)
async def test_a_cancelled_command_leaves_no_process(sshd: PrivateSshd, kind: str) -> None:
    make, number, stdin = LINES[kind]
    sleeper = Sleeper()
    async with linked(sshd) as link:
        task = asyncio.create_task(run(link, make(sleeper.line), stdin))
        await sleeper.runs(number)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await (sleeper.is_forgotten() if kind in ("plain", "stubborn") else sleeper.is_gone())
        assert await run(link, "echo well") == (ExitStatus(0), b"well\n", b"")


async def _by_time_limit(link: Link, daemon: PrivateSshd) -> None:
    """The limit is in the call itself."""


async def _by_close(link: Link, daemon: PrivateSshd) -> None:
    await link.close()


async def _by_abort(link: Link, daemon: PrivateSshd) -> None:
    link.abort()


async def _by_loss(link: Link, daemon: PrivateSshd) -> None:
    daemon.kill()


@pytest.mark.parametrize("end", [_by_time_limit, _by_close, _by_abort, _by_loss])
async def test_however_it_ends_no_process_is_left(own_sshd: PrivateSshd, end: Callable[..., object]) -> None:
    sleeper = Sleeper()
    async with linked(own_sshd) as link:
        limit = 1.0 if end is _by_time_limit else HANG
        command = Command(f"{sleeper.line} | {sleeper.line} | cat")
        task = asyncio.create_task(link.run(command, lambda stream, data: None, limit))
        await sleeper.runs(2)
        await end(link, own_sshd)  # type: ignore[misc] # all four are coroutines
        with pytest.raises(CallTimeout if end is _by_time_limit else ConnectionLost):
            await task
        await sleeper.is_gone()


async def test_a_killed_program_leaves_no_process(sshd: PrivateSshd) -> None:
    sleeper = Sleeper()
    program = textwrap.dedent(
        f"""
        import asyncio
        from atp_tui.drivers.ssh.driver import SshDriver
        from atp_tui.model.host import HostInfo
        from atp_tui.model.outcome import Command
        from atp_tui.model.settings import SshSettings, TransportConfig
        from atp_tui.transport.driver import OpenRequest

        async def main():
            host = HostInfo("peer", "127.0.0.1", uri=None, ssh={sshd.ssh_settings()!r})
            link = await SshDriver().open(OpenRequest(host, TransportConfig(), print))
            await link.run(Command("{sleeper.line} | cat"), print, None)

        asyncio.run(main())
        """
    )
    # policies are not in the settings here, so their repr is valid Python
    client = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    try:
        await sleeper.runs()
    finally:
        client.kill()
        await client.wait()
    await sleeper.is_gone()


async def test_fifty_cancels_use_no_session_up(sshd: PrivateSshd) -> None:
    sleeper = Sleeper()
    async with linked(sshd) as link:
        for attempt in range(50):
            task = asyncio.create_task(run(link, sleeper.line))
            # from the moment before the channel is asked for to the moment when the command runs
            for _ in range(attempt % 10):
                await asyncio.sleep(0.001)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await sleeper.is_gone()
        done = await asyncio.gather(*(run(link, "sleep 0.2; echo well") for _ in range(10)))
        assert done == [(ExitStatus(0), b"well\n", b"")] * 10


async def test_cancels_while_the_peer_is_silent_come_back_at_once(own_sshd: PrivateSshd) -> None:
    sleeper = Sleeper()
    async with linked(own_sshd) as link:
        running = asyncio.create_task(run(link, sleeper.line))
        await sleeper.runs()
        own_sshd.stop()
        opening = [asyncio.create_task(run(link, sleeper.line)) for _ in range(9)]
        await asyncio.sleep(0.1)
        async with asyncio.timeout(HANG):
            for task in (running, *opening):
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
        own_sshd.cont()
        await sleeper.is_gone()
        done = await asyncio.gather(*(run(link, "sleep 0.2; echo well") for _ in range(10)))
        assert done == [(ExitStatus(0), b"well\n", b"")] * 10


async def test_a_lost_connection_is_what_a_command_reports(own_sshd: PrivateSshd) -> None:
    sleeper = Sleeper()
    lost: list[Exception] = []
    link = await open_link(host_of(own_sshd), lost=lost)  # type: ignore[arg-type] # a list of errors all the same
    task = asyncio.create_task(run(link, f"echo some; {sleeper.line}"))
    await sleeper.runs()
    own_sshd.kill()
    with pytest.raises(ConnectionLost) as caught:
        await task
    assert caught.value.host == "peer"
    await sleeper.is_gone()
    assert len(lost) == 1


# -- other login shells -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("stdin", [b"", b"word\0\n" * 10, b"word\0\n" * 20_000], ids=["none", "pipe", "file"])
async def test_in_any_login_shell(shell: str, stdin: bytes) -> None:
    with start(shell, Command("wc -c\nexit 7", stdin)) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.wait(HANG) == 7
        process.stdin.close()
        assert int(process.stdout.read()) == len(stdin)


@pytest.mark.parametrize("shell", SHELLS)
async def test_in_any_login_shell_the_end_of_the_pipe_kills(shell: str) -> None:
    sleeper = Sleeper()
    with start(shell, Command(f"{sleeper.line} | {sleeper.line}")) as process:
        assert process.stdin is not None
        await sleeper.runs(2)
        process.stdin.close()
        assert process.wait(HANG) == -signal.SIGTERM
    await sleeper.is_gone()


@pytest.mark.parametrize("shell", SHELLS)
async def test_without_pkill_the_group_is_killed(tmp_path: Path, shell: str) -> None:
    for name in ("sleep", "cat", "sh", "printf", "kill", "test"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    program = str(shutil.which(shell))
    sleeper = Sleeper()
    with start(shell, Command(f"{sleeper.line} | cat"), env={"PATH": str(tmp_path), "SHELL": program}) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        await sleeper.runs()
        process.stdin.close()
        assert process.wait(HANG) == -signal.SIGTERM
        assert b"pkill" not in process.stderr.read()
    await sleeper.is_gone()


@pytest.mark.parametrize("shell", SHELLS)
async def test_a_command_that_is_cut_early_leaves_no_file_of_its_stdin(tmp_path: Path, shell: str) -> None:
    env = {**os.environ, "SHELL": str(shutil.which(shell)), "TMPDIR": str(tmp_path)}
    for attempt in range(40):
        with start(shell, Command("sleep 60", b"word" * 5_000), env=env) as process:
            assert process.stdin is not None
            await asyncio.sleep(attempt * 0.0005)  # from before the guard starts to when the command runs
            process.stdin.close()
            process.wait(HANG)
    await until(lambda: not any(tmp_path.iterdir()), "a directory for stdin is still there")


def test_a_long_line_is_sent_once() -> None:
    line = "echo " + "x" * LONGEST_DOUBLE
    assert wrapped(Command(line)).count(line) == 1


@pytest.mark.parametrize("options", ["set -u", "set -e", "set -C", "set -o pipefail", "set -euC; set -o pipefail"])
@pytest.mark.parametrize("shell", ["bash", "zsh"])
async def test_options_that_a_login_shell_starts_with_do_no_harm(tmp_path: Path, shell: str, options: str) -> None:
    for name in (".zshenv", "bash_env"):
        (tmp_path / name).write_text(options)
    env = {**os.environ, "SHELL": shell, "ZDOTDIR": str(tmp_path), "BASH_ENV": str(tmp_path / "bash_env")}
    sleeper = Sleeper()
    with start(shell, Command(f"wc -c; {sleeper.line}", b"word"), env=env) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        await sleeper.runs()
        process.stdin.close()
        assert process.wait(HANG) == -signal.SIGTERM
        assert (process.stdout.read(), process.stderr.read()) == (b"4\n", b"")
    await sleeper.is_gone()
