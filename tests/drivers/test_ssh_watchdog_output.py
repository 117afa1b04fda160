"""A command that writes as its connection is lost dies whole, though nobody takes what it writes any more.

Both of its outputs and its stdin end at once then. Its guard is held up in these tests until all that can come of the
closed outputs has come; without readers in the guard the command is dead by then, and its background jobs stay.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import Popen

import pytest

from atp_tui.model.errors import ConnectionLost
from atp_tui.model.outcome import Command, ExitStatus

from ..daemons.keeper import descendants
from ..daemons.sshd import PrivateSshd, is_sshd
from .login_shells import SHELLS, descriptors_of, group_of, start, state_of
from .ssh_links import HANG, Sleeper, linked, run, until

pytestmark = pytest.mark.daemons

NOBODY = 65534
STDIN = {"none": b"", "pipe": b"word" * 10, "file": b"word" * 20_000}


async def guard_of(leader: int, sleeper: Sleeper) -> int:
    """The guard of a command whose other processes are its shell and sleeps; once it looks at its pipe alone."""

    def guards() -> list[int]:
        others = {leader, *sleeper.sleeping()}
        return [pid for pid in group_of(leader) if pid not in others]

    def settled() -> bool:
        try:
            return [os.readlink(f"/proc/{pid}/fd/1") for pid in guards()] == ["/dev/null"]
        except OSError:  # one of them has just gone
            return False

    await until(settled, "there is not one guard")
    return guards()[0]


async def until_dead_or_blocked(pid: int) -> None:
    """Wait until a process that only writes has died of it, or waits for a reader."""
    await until(lambda: state_of(pid) in (None, "S"), "it goes on writing")


@contextmanager
def held_up(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("to", ["", " >&2"], ids=["stdout", "stderr"])
async def test_a_lost_connection_leaves_nothing_of_a_command_that_writes(own_sshd: PrivateSshd, to: str) -> None:
    sleeper = Sleeper()
    async with linked(own_sshd) as link:
        command = Command(f"{sleeper.line} & while echo tick{to}; do :; done")
        task = asyncio.create_task(link.run(command, lambda stream, data: None, None))
        await sleeper.runs()
        shell = os.getpgid(sleeper.sleeping()[0])
        guard = await guard_of(shell, sleeper)
        with held_up(guard):
            sessions = [pid for pid in descendants(own_sshd.pid) if is_sshd(pid)]
            own_sshd.kill()
            with pytest.raises(ConnectionLost):
                await task
            await until(lambda: all(state_of(pid) in (None, "Z") for pid in sessions), "sshd is still there")
            await until_dead_or_blocked(shell)
        await until(lambda: not group_of(shell), f"something of {command.line} is still there")


async def test_a_job_left_in_the_background_dies_of_what_it_writes_as_with_ssh(
    sshd: PrivateSshd, tmp_path: Path
) -> None:
    go, told = tmp_path / "go", tmp_path / "told"
    job = f"(until [ -e {go} ]; do sleep 0.05; done; yes; echo $? >{told}) & echo started"
    async with linked(sshd) as link:
        assert await run(link, job) == (ExitStatus(0), b"started\n", b"")
        go.touch()
        await until(lambda: told.exists() and told.read_text() != "", "it went on writing to nobody")
    assert int(told.read_text()) == 128 + signal.SIGPIPE


# -- each login shell --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("to", ["", " >&2"], ids=["stdout", "stderr"])
async def test_in_any_login_shell_a_loss_kills_what_writes(shell: str, to: str) -> None:
    sleeper = Sleeper()
    # sh, since tcsh gives its background jobs groups of their own
    with start(shell, Command(f"exec sh -c '{sleeper.line} & exec yes{to}'")) as process:
        await sleeper.runs()
        with held_up(await guard_of(process.pid, sleeper)):
            _lose(process)
            await until(lambda: process.poll() is not None or state_of(process.pid) == "S", "it goes on writing")
        assert process.wait(HANG) == -signal.SIGTERM
    await sleeper.is_gone()


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("stdin", STDIN)
async def test_in_any_login_shell_the_guard_can_read_the_outputs_and_not_write(shell: str, stdin: str) -> None:
    sleeper = Sleeper()
    with start(shell, Command(sleeper.line, STDIN[stdin])) as process:
        await sleeper.runs()
        held = descriptors_of(await guard_of(process.pid, sleeper))
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            name = os.readlink(f"/proc/self/fd/{stream.fileno()}")
            assert [writes for held_name, writes in held if held_name == name] == [False]
        _lose(process)
    await sleeper.is_gone()


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("stdin", STDIN)
async def test_in_any_login_shell_the_command_has_its_three_descriptors(shell: str, stdin: str) -> None:
    with start(shell, Command("ls /proc/self/fd", STDIN[stdin])) as process:
        assert process.wait(HANG) == 0
        assert process.stdin is not None
        process.stdin.close()
        assert process.stdout is not None
        assert process.stderr is not None
        # the fourth is the directory that ls reads
        assert (process.stdout.read(), process.stderr.read()) == (b"0\n1\n2\n3\n", b"")


@pytest.mark.parametrize("shell", SHELLS)
async def test_in_any_login_shell_outputs_that_are_sockets_change_nothing_else(shell: str) -> None:
    sleeper = Sleeper()
    ours, theirs = socket.socketpair()
    with closing(ours), start(shell, Command(f"echo word; {sleeper.line}"), stdout=theirs, stderr=theirs) as process:
        theirs.close()
        await sleeper.runs()
        assert ours.recv(1000) == b"word\n"
        await _guarded_without_readers(process, sleeper)


@pytest.mark.parametrize("shell", [name for name in SHELLS if name != "fish"])  # which complains of a home not its own
async def test_in_any_login_shell_outputs_that_may_not_be_opened_change_nothing_else(shell: str) -> None:
    sleeper = Sleeper()
    ours, theirs = os.pipe()
    os.fchmod(theirs, 0)  # as where the server is another user than the command; root may open all
    other = {"user": NOBODY, "group": NOBODY, "extra_groups": [], "cwd": "/"} if os.geteuid() == 0 else {}
    with start(shell, Command(f"echo word; {sleeper.line}"), stdout=theirs, stderr=theirs, **other) as process:
        os.close(theirs)
        await sleeper.runs()
        assert os.read(ours, 1000) == b"word\n"
        await _guarded_without_readers(process, sleeper)
    os.close(ours)


async def _guarded_without_readers(process: Popen[bytes], sleeper: Sleeper) -> None:
    """The one guard does its work, and has nothing from outside but its stdin."""
    guard = await guard_of(process.pid, sleeper)
    assert process.stdin is not None
    stdin = os.readlink(f"/proc/self/fd/{process.stdin.fileno()}")
    pipes = {name for name, _ in descriptors_of(guard) if name.startswith(("pipe:", "socket:"))}
    assert pipes == {stdin}
    process.stdin.close()
    assert process.wait(HANG) == -signal.SIGTERM
    await sleeper.is_gone()
    await until(lambda: not group_of(process.pid), "the guard is still there")


def _lose(process: Popen[bytes]) -> None:
    """All ends of the server at once."""
    for stream in (process.stdout, process.stderr, process.stdin):
        assert stream is not None
        stream.close()
