"""Sessions for a person: a real sshd, and a terminal that it makes."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.shells import ShellLink
from atp_tui.model.errors import AtpError, ConnectionLost
from atp_tui.model.outcome import ExitStatus, Stream
from atp_tui.model.say import Say
from atp_tui.model.shell import Pty, Shell, Size
from atp_tui.transport.driver import FarShell

from ..daemons.sshd import PrivateSshd, running_sshd
from .ssh_links import HANG, Sleeper, host_of, open_link, run, until

pytestmark = pytest.mark.daemons

PTY = Pty("xterm-256color", Size(80, 24), ((53, 0),))
"""Whose ECHO is off: what comes is what a program says."""


class Near:
    """A near end that keeps what comes."""

    def __init__(self) -> None:
        self.came = bytearray()
        self.errors = b""
        self.far: FarShell | None = None
        self.room: asyncio.Future[None] | None = None
        self.pauses = 0
        self.fails = False

    def begun(self, far: FarShell) -> None:
        self.far = far

    def output(self, stream: Stream, data: bytes) -> asyncio.Future[None] | None:
        if self.fails:
            raise LookupError("mine")
        if stream == "stdout":
            self.came += data
        else:
            self.errors += data
        return self.room

    def pause_writing(self) -> None:
        self.pauses += 1

    def resume_writing(self) -> None:
        self.pauses -= 1

    def write(self, data: bytes) -> None:
        assert self.far is not None
        self.far.write(data)

    async def says(self, words: bytes) -> None:
        """Wait for that. What the far side says may come a moment before the session is told to have begun."""
        await until(lambda: self.far is not None and words in self.came, f"{words!r} did not come")


class Session:
    """A session that runs beside the test."""

    def __init__(self, link: ShellLink, asked: Shell) -> None:
        self.near = Near()
        self.task = asyncio.create_task(link.shell(asked, self.near))

    async def end(self) -> ExitStatus | None:
        async with asyncio.timeout(HANG):
            return await self.task


def cksum(data: bytes) -> list[bytes]:
    return subprocess.run(["cksum"], input=data, capture_output=True, check=True).stdout.split()


async def failure(session: Session) -> AtpError:
    with pytest.raises(AtpError) as caught:
        await session.end()
    return caught.value


def shell(line: str) -> Shell:
    return Shell(line, PTY)


@pytest.fixture
async def link(sshd: PrivateSshd) -> AsyncIterator[ShellLink]:
    found = await open_link(host_of(sshd))
    assert isinstance(found, ShellLink)
    yield found
    found.abort()


async def test_a_login_shell_has_a_terminal_of_that_size_and_ends_with_its_status(link: ShellLink) -> None:
    session = Session(link, Shell("", PTY))
    await until(lambda: session.near.far is not None, "it did not begin")
    session.near.write(b"echo $TERM; stty size; tty | cut -c1-5; exit 7\n")
    assert await session.end() == ExitStatus(7)
    for words in (b"xterm-256color", b"24 80", b"/dev/"):
        assert words in session.near.came


async def test_a_new_size_and_ctrl_c_reach_the_program(link: ShellLink) -> None:
    looks = "until [ \"$(stty size)\" = '1 1' ]; do sleep 0.02; done; echo sized"
    session = Session(link, shell(f"trap 'echo ended; exit 3' INT; echo ready; {looks}; sleep 60"))
    await session.near.says(b"ready")
    far = session.near.far
    assert far is not None
    far.resize(Size(1, 1))
    await session.near.says(b"sized")
    far.write(b"\x03")
    assert await session.end() == ExitStatus(3)
    far.resize(Size(2, 2))
    far.write(b"nobody takes it")
    far.write_eof()


async def test_any_byte_passes_both_ways(link: ShellLink) -> None:
    every = bytes(range(256))
    session = Session(link, shell("stty raw; echo ready; head -c 256 | od -An -v -tx1; printf '\\377\\376'"))
    await session.near.says(b"ready")
    session.near.write(every)
    assert await session.end() == ExitStatus(0)
    assert session.near.came.endswith(b"\xff\xfe")
    assert bytes.fromhex(session.near.came[5:-2].decode()) == every


async def test_a_paste_of_four_megabytes_waits_until_the_far_side_reads(link: ShellLink) -> None:
    session = Session(link, shell("stty raw; echo ready; head -c 4 >/dev/null; head -c 4194304 | cksum"))
    await session.near.says(b"ready")
    session.near.write(b"0123456789abcdef" * (4 << 16))
    await until(lambda: session.near.pauses == 1, "nobody says that it is too much")
    session.near.write(b"tail")
    assert await session.end() == ExitStatus(0)
    assert session.near.came.split()[1:] == cksum(b"456789abcdef" + b"0123456789abcdef" * ((4 << 16) - 1) + b"tail")


async def test_who_takes_nothing_holds_the_far_side_up(link: ShellLink) -> None:
    session = Session(link, shell("head -c 5000000 /dev/zero"))
    session.near.room = asyncio.get_running_loop().create_future()
    await until(lambda: bool(session.near.came), "nothing came")
    assert (await run(link, "echo between"))[1] == b"between\n", "the connection goes on"
    held = len(session.near.came)
    assert held < 3 << 20
    session.near.room.set_result(None)
    assert await session.end() == ExitStatus(0)
    assert len(session.near.came) == 5_000_000


@pytest.mark.parametrize("how", ["leave", "cancel"])
@pytest.mark.parametrize("pty", [PTY, None])
async def test_a_session_that_is_left_leaves_nothing_there(link: ShellLink, how: str, pty: Pty | None) -> None:
    sleeper = Sleeper()
    session = Session(link, Shell(sleeper.line, pty))
    await sleeper.runs()
    await until(lambda: session.near.far is not None, "it did not begin")
    assert session.near.far is not None
    if how == "leave":
        session.near.far.leave()
        assert await session.end() is None
    else:
        session.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await session.end()
    await sleeper.is_gone()
    assert (await run(link, "echo there"))[1] == b"there\n"


async def test_a_near_end_that_fails_ends_its_session_alone(link: ShellLink) -> None:
    session = Session(link, shell("read x; echo more; exec sleep 60"))
    await until(lambda: session.near.far is not None, "it did not begin")
    session.near.fails = True
    session.near.write(b"\n")
    with pytest.raises(LookupError, match="mine"):
        await session.end()
    assert (await run(link, "echo there"))[1] == b"there\n"


async def test_without_a_terminal_both_streams_come_apart(link: ShellLink) -> None:
    session = Session(link, Shell("cat; echo wrong >&2; tty"))
    await until(lambda: session.near.far is not None, "it did not begin")
    session.near.write(b"\xffwords\n")
    assert session.near.far is not None
    session.near.far.write_eof()
    assert await session.end() == ExitStatus(1)
    assert (bytes(session.near.came), session.near.errors) == (b"\xffwords\nnot a tty\n", b"wrong\n")


async def test_a_shell_that_is_killed_and_a_connection_that_is_lost_are_told_apart(own_sshd: PrivateSshd) -> None:
    found = await open_link(host_of(own_sshd))
    assert isinstance(found, ShellLink)
    session = Session(found, shell("echo ready; kill -KILL $$"))
    assert await session.end() == ExitStatus(None, "KILL")
    session = Session(found, shell("echo ready; exec sleep 60"))
    await session.near.says(b"ready")
    assert session.near.far is not None
    own_sshd.kill()
    while not session.task.done():  # it is resized while it ends
        session.near.far.resize(Size(5, 5))
        await asyncio.sleep(0)
    assert isinstance(await failure(session), ConnectionLost)
    with pytest.raises(ConnectionLost):
        await found.shell(shell("true"), Near())


async def test_no_terminal_and_no_place_are_told(tmp_path: Path) -> None:
    with running_sshd(tmp_path, options=["PermitTTY no", "MaxSessions 1"]) as daemon:
        found = await open_link(host_of(daemon))
        assert isinstance(found, ShellLink)
        refused = await failure(Session(found, shell("true")))
        assert refused.reason.id == Say.NO_TERMINAL
        assert (await run(found, "echo there"))[1] == b"there\n"
        first = Session(found, Shell())  # a login shell without a terminal: the guard of commands gives way
        await until(lambda: first.near.far is not None, "the guard has kept its place")
        assert (await failure(Session(found, Shell()))).reason.id == Say.NO_MORE_SESSIONS
        assert first.near.far is not None
        first.near.far.write_eof()
        assert await first.end() == ExitStatus(0)
        found.abort()
