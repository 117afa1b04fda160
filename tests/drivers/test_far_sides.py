"""Commands on the far side as it is: other servers, other shells, forced commands, start-up files that read or write.

OpenSSH's own `ssh` says what is right: what a command sees and says is the same with it.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.link import SshLink
from atp_tui.drivers.ssh.starts import LONGEST_LINE
from atp_tui.model.ending import end_is_confirmed
from atp_tui.model.errors import CallFailed, CallTimeout
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command, ExitStatus
from atp_tui.model.say import Say
from atp_tui.model.settings import CommandGuard

from ..daemons.sshd import QUICK_KEYS, PrivateSshd, running_sshd
from .far_sides import SHELLS, dropbear, shell_sshd
from .ssh_links import HANG, Output, Sleeper, host_of, linked, run, until
from .test_ssh_guard import known

pytestmark = pytest.mark.daemons

OFTEN = ("true", "echo hello", "nosuchcommand", "echo one; nosuchcommand x", "cat", "read x || echo none", "exit 7")


def by_ssh(daemon: PrivateSshd, line: str, stdin: bytes | None = None) -> tuple[ExitStatus, bytes, bytes]:
    """What `ssh` makes of it, `ssh -n` where there is no stdin."""
    words = ["ssh", "-F", "none", "-i", str(daemon.client_key), "-p", str(daemon.port), "-l", daemon.user, "-q", "-x"]
    trust = ["-o", f"UserKnownHostsFile={daemon.known_hosts}", "-o", "IdentityAgent=none", "-T", *QUICK_KEYS]
    done = subprocess.run(
        [*words, *trust, "127.0.0.1", line], input=stdin or b"", capture_output=True, check=False, timeout=HANG
    )
    return ExitStatus(done.returncode), done.stdout, done.stderr


async def same_as_ssh(link: SshLink, daemon: PrivateSshd, line: str, stdin: bytes = b"") -> None:
    expected = await asyncio.to_thread(by_ssh, daemon, line, stdin)
    assert await run(link, line, stdin) == expected


async def timed_out(link: SshLink, line: str, sleeper: Sleeper, number: int = 1) -> CallTimeout:
    """Run into a time limit once that many sleep."""
    task = asyncio.create_task(link.run(Command(line), lambda stream, data: None, 3))
    await sleeper.runs(number)
    with pytest.raises(CallTimeout) as caught:
        await task
    return caught.value


@asynccontextmanager
async def forced(directory: Path, command: str) -> AsyncIterator[tuple[SshLink, PrivateSshd]]:
    with running_sshd(directory / "sshd", options=[f"ForceCommand {command}"]) as daemon:
        async with linked(daemon) as link:
            yield link, daemon


def is_guarded(link: SshLink) -> bool:
    assert isinstance(link, SshLink)
    return not link._guard.is_missing


# -- shells ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", [*SHELLS, "rbash"])
async def test_in_any_login_shell_it_is_as_with_ssh_and_ends(tmp_path: Path, shell: str) -> None:
    sleeper = Sleeper()
    with shell_sshd(tmp_path / "sshd", shell) as daemon:
        async with linked(daemon) as link:
            for line in OFTEN:
                await same_as_ssh(link, daemon, line)
            await same_as_ssh(link, daemon, "cat", b"word\0\n" * 10)
            await same_as_ssh(link, daemon, "wc -c", b"word\0\n" * 20_000)
            # read by another than the word's own shell, since some of these shells make no process of it
            await same_as_ssh(link, daemon, "pgrep -s 0 -fc some-word")
            await same_as_ssh(link, daemon, "ls /proc/self/fd")
            await timed_out(link, f"{sleeper.line} | {sleeper.line}", sleeper, 2)
            await sleeper.is_gone()


@pytest.mark.parametrize(("shell", "file"), [("fish", ".config/fish/config.fish"), ("tcsh", ".cshrc")])
async def test_what_a_start_up_file_says_comes_once(tmp_path: Path, shell: str, file: str) -> None:
    greeting = tmp_path / file
    greeting.parent.mkdir(parents=True, exist_ok=True)
    greeting.write_text("echo hello\n")
    async with forced(tmp_path, f'HOME={tmp_path} {shell} -c "$SSH_ORIGINAL_COMMAND"') as (link, _):
        assert await run(link, "echo ok") == (ExitStatus(0), b"hello\nok\n", b"")
        assert is_guarded(link)


async def test_git_shell_says_what_it_says_to_ssh(tmp_path: Path) -> None:
    async with forced(tmp_path, 'git-shell -c "$SSH_ORIGINAL_COMMAND"') as (link, daemon):
        await same_as_ssh(link, daemon, "uptime")
        await same_as_ssh(link, daemon, "git-upload-pack nowhere")
        assert not is_guarded(link)


# -- forced commands ---------------------------------------------------------------------------------------------------


async def test_an_allow_list_is_matched_against_what_was_asked_for(tmp_path: Path) -> None:
    allow = (
        'case "$SSH_ORIGINAL_COMMAND" in uptime|"echo ok") exec $SSH_ORIGINAL_COMMAND;; '
        '*) echo "not allowed: $SSH_ORIGINAL_COMMAND" >&2; exit 77;; esac'
    )
    async with forced(tmp_path, allow) as (link, _):
        assert await run(link, "echo ok") == (ExitStatus(0), b"ok\n", b"")
        assert await run(link, "reboot") == (ExitStatus(77), b"", b"not allowed: reboot\n")


async def test_a_shell_that_says_back_what_it_does_not_understand_says_nothing_of_ours(tmp_path: Path) -> None:
    async with forced(tmp_path, r'printf "unknown command: %s\n" "$SSH_ORIGINAL_COMMAND" >&2; exit 1') as (link, _):
        assert await run(link, "uptime") == (ExitStatus(1), b"", b"unknown command: uptime\n")


async def test_a_start_up_file_that_reads_gets_no_stdin_as_with_ssh_n(tmp_path: Path) -> None:
    sleeper = Sleeper()
    async with forced(tmp_path, 'read -r answer; eval "$SSH_ORIGINAL_COMMAND"') as (link, daemon):
        await same_as_ssh(link, daemon, "echo got $answer")
        await timed_out(link, sleeper.line, sleeper)
        await sleeper.is_gone()


async def test_a_shell_below_a_forced_command_ends_with_all_it_started(tmp_path: Path) -> None:
    sleeper = Sleeper()
    async with forced(tmp_path, 'sh -c "$SSH_ORIGINAL_COMMAND"; true') as (link, _):
        await timed_out(link, f"{sleeper.line} & {sleeper.line}; true", sleeper, 2)
        await sleeper.is_gone()


@pytest.mark.parametrize(
    "before",
    [
        "setsid -w sh -c",
        "setsid -w setsid -w sh -c",
        pytest.param("su nobody -s /bin/sh -c", marks=pytest.mark.skipif(os.geteuid() != 0, reason="wants a password")),
    ],
)
async def test_what_a_forced_command_puts_into_a_session_of_its_own_ends_and_a_daemon_of_it_does_not(
    tmp_path: Path, before: str
) -> None:
    sleeper, lost, daemon = Sleeper(), Sleeper(), Sleeper()
    try:
        async with forced(tmp_path, f'{before} "$SSH_ORIGINAL_COMMAND"') as (link, _):
            await timed_out(link, f"setsid {daemon.line} & {sleeper.line} | cat", sleeper)
            await sleeper.is_gone()
            task = asyncio.create_task(run(link, f"{lost.line} | cat"))
            await lost.runs()
            await until(lambda: known(link), "the guard does not know the command")
            link.abort()
            await asyncio.gather(task, return_exceptions=True)
            await lost.is_gone()
            assert daemon.sleeping()
    finally:
        daemon.kill()


async def test_what_a_forced_command_does_not_wait_for_is_not_told_to_have_ended(tmp_path: Path) -> None:
    """setsid without -w: its own exit status, 0, comes at once, and what was asked for holds the channel."""
    sleeper = Sleeper()
    try:
        async with forced(tmp_path, 'setsid sh -c "$SSH_ORIGINAL_COMMAND"') as (link, _):
            output = Output()
            line = f"{sleeper.line} & while echo tick; do sleep 0.05; done"
            task = asyncio.create_task(link.run(Command(line), output, HANG))
            await sleeper.runs()
            await until(lambda: bool(output.stdout), "it says nothing")
            await asyncio.sleep(0.2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert sleeper.sleeping() and not end_is_confirmed(caught.value)
            assert not is_guarded(link)
    finally:
        sleeper.kill()


async def test_of_a_command_that_the_guard_does_not_find_it_is_told_that_it_may_go_on(tmp_path: Path) -> None:
    """Without SSH_CONNECTION, and in a session of its own, the guard cannot tell which server is the connection's."""
    sleeper = Sleeper()
    async with forced(tmp_path, 'env -i PATH="$PATH" setsid -w setsid -w sh -c "$SSH_ORIGINAL_COMMAND"') as (link, _):
        with pytest.raises(CallTimeout) as caught:
            await link.run(Command(sleeper.line), lambda stream, data: None, 1)
        assert is_guarded(link)
        assert caught.value.reason.id is Say.COMMAND_MAY_STILL_RUN
    sleeper.kill()


async def test_below_a_forced_command_that_makes_a_terminal_there_is_no_guard(tmp_path: Path) -> None:
    """A terminal says back what the guard is told, which would pass for its answers: it knew of no command."""
    sleeper = Sleeper()
    async with forced(tmp_path, 'script -qec "$SSH_ORIGINAL_COMMAND" /dev/null') as (link, _):
        error = await timed_out(link, sleeper.line, sleeper)
        assert error.reason.id is Say.COMMAND_MAY_GO_ON
    sleeper.kill()


async def test_a_forced_command_that_stores_its_stdin_gets_nothing_of_ours(tmp_path: Path) -> None:
    async with forced(tmp_path, f"cat >>{tmp_path}/stored") as (link, _):
        assert (await run(link, "anything", b"mine"))[0] == ExitStatus(0)
    assert (tmp_path / "stored").read_bytes().strip() == b"mine"


async def test_the_command_of_a_key_runs_once(own_sshd: PrivateSshd, tmp_path: Path) -> None:
    keys = own_sshd.directory / "authorized_keys"
    keys.write_text(f'command="echo run >>{tmp_path}/runs" {keys.read_text()}')
    async with linked(own_sshd) as link:
        await run(link, "anything")
    assert (tmp_path / "runs").read_text() == "run\n"


async def test_a_forced_command_of_which_the_server_tells_nothing_runs_once_more_for_the_guard(tmp_path: Path) -> None:
    async with forced(tmp_path, f"echo run >>{tmp_path}/runs") as (link, _):
        for _ in range(3):
            await run(link, "anything")
        assert not is_guarded(link)
    assert (tmp_path / "runs").read_text() == "run\n" * 4


async def test_without_a_guard_nothing_but_the_command_is_sent(tmp_path: Path) -> None:
    with running_sshd(tmp_path / "sshd", options=[f"ForceCommand echo run >>{tmp_path}/runs"]) as daemon:
        async with linked(host_of(daemon, replace(daemon.ssh_settings(), command_guard=CommandGuard.NONE))) as link:
            await run(link, "anything")
            assert (tmp_path / "runs").read_text() == "run\n"


async def test_a_time_limit_without_a_guard_says_that_the_command_may_go_on(tmp_path: Path) -> None:
    sleeper = Sleeper()
    try:
        async with forced(tmp_path, f"echo no shell; exec {sleeper.line}") as (link, _):
            error = await timed_out(link, "anything", sleeper)
            assert "it may go on there" in error.message
    finally:
        sleeper.kill()


async def test_a_server_of_one_session_runs_commands_one_after_the_other(tmp_path: Path) -> None:
    with running_sshd(tmp_path / "sshd", options=["MaxSessions 1"]) as daemon:
        async with linked(daemon) as link:
            for _ in range(2):
                assert await run(link, "echo ok") == (ExitStatus(0), b"ok\n", b"")


# -- lines -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "fish", "tcsh"])
async def test_long_lines_are_as_with_ssh(tmp_path: Path, shell: str) -> None:
    with shell_sshd(tmp_path / "sshd", shell) as daemon:
        async with linked(daemon) as link:
            await same_as_ssh(link, daemon, "echo " + "x" * 17_000)
            await same_as_ssh(link, daemon, "echo " + "'x' " * 17_500)


async def test_the_longest_line_runs_and_a_longer_one_is_answered_with_the_limit(sshd: PrivateSshd) -> None:
    async with linked(sshd) as link:
        status, stdout, _ = await run(link, "echo " + "x" * (LONGEST_LINE - 5))
        assert (status, len(stdout)) == (ExitStatus(0), LONGEST_LINE - 4)
        with pytest.raises(CallFailed, match="131,071"):
            await run(link, "echo " + "x" * (LONGEST_LINE - 4))
        assert link.is_alive()


async def test_bytes_that_are_no_utf_8_arrive_as_they_are(sshd: PrivateSshd) -> None:
    line = b"printf M\xfcnchen".decode("utf-8", "surrogateescape")
    async with linked(sshd) as link:
        assert await run(link, line) == (ExitStatus(0), b"M\xfcnchen", b"")


# -- dropbear ----------------------------------------------------------------------------------------------------------


async def test_dropbear_leaves_nothing(tmp_path: Path) -> None:
    with dropbear(tmp_path / "dropbear") as settings:
        host = HostInfo("peer", "127.0.0.1", uri=None, ssh=settings)
        sleeper, other = Sleeper(), Sleeper()
        async with linked(host) as link:
            assert await run(link, "cat; echo $0 >&2", b"word") == (ExitStatus(0), b"word", b"bash\n")
            running = asyncio.create_task(run(link, other.line))
            await other.runs()
            await timed_out(link, f"echo begun; {sleeper.line}; echo ended", sleeper)
            await sleeper.is_gone()
            await timed_out(link, f"{sleeper.line} & while :; do echo tick; done", sleeper)
            await sleeper.is_gone()
            assert other.sleeping()
        await other.is_gone()
        running.cancel()
