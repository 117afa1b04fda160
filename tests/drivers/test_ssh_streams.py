"""Sockets and pipes on the far side, as byte streams."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.guard import KILL_AFTER
from atp_tui.drivers.ssh.link import SshLink
from atp_tui.model.errors import ConnectFailed
from atp_tui.model.outcome import Command, ExitStatus
from atp_tui.transport.driver import RawStream

from ..daemons.sshd import PrivateSshd, running_sshd
from .ssh_links import HANG, Sleeper, linked, run

pytestmark = pytest.mark.daemons


class Receiver:
    """Keeps what comes; `done` is set at the end."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.error: Exception | None = None
        self.ends = 0
        self.done = asyncio.Event()
        self.arrived = asyncio.Event()
        self.writable = asyncio.Event()
        self.writable.set()
        self.stream: RawStream | None = None

    def data(self, data: bytes) -> None:
        self.received += data
        self.arrived.set()

    def ended(self, error: Exception | None) -> None:
        self.error = error
        self.ends += 1
        self.done.set()

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    async def has(self, size: int) -> None:
        async with asyncio.timeout(HANG):
            while len(self.received) < size:
                self.arrived.clear()
                await self.arrived.wait()

    async def end(self) -> None:
        async with asyncio.timeout(HANG):
            await self.done.wait()


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]


@contextlib.asynccontextmanager
async def _socket(path: Path, *, says: bytes = b"") -> AsyncIterator[str]:
    """A unix socket that says something and then echoes."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(says)
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(echo, path)
    try:
        yield str(path)
    finally:
        server.close()
        await asyncio.sleep(0.05)


async def test_a_socket_on_the_far_side(sshd: PrivateSshd, tmp_path: Path) -> None:
    async with _socket(tmp_path / "s", says=b"welcome ") as path, linked(sshd) as link:
        receiver = Receiver()
        stream = await link.open_stream(path, receiver)
        stream.write(b"hello\xff\x00")
        await receiver.has(15)
        assert bytes(receiver.received) == b"welcome hello\xff\x00"
        stream.write_eof()
        await receiver.end()
        assert (receiver.error, receiver.ends) == (None, 1)
        stream.write(b"after the end")
        stream.abort()


async def test_much_data_with_pauses_on_both_sides(sshd: PrivateSshd, tmp_path: Path) -> None:
    sent = os.urandom(8 * 1024 * 1024)
    async with _socket(tmp_path / "s") as path, linked(sshd) as link:
        receiver = Receiver()
        stream = await link.open_stream(path, receiver)
        stream.pause_reading()

        async def write() -> None:
            for start in range(0, len(sent), 65536):
                await receiver.writable.wait()
                stream.write(sent[start : start + 65536])
            stream.write_eof()

        writing = asyncio.create_task(write())
        await asyncio.sleep(0.3)
        assert not receiver.received
        assert not writing.done(), "nothing held the writer back"
        stream.resume_reading()
        await writing
        await receiver.end()
        assert bytes(receiver.received) == sent


async def test_a_socket_that_is_not_there(sshd: PrivateSshd) -> None:
    async with linked(sshd) as link:
        with pytest.raises(ConnectFailed) as caught:
            await link.open_stream("/nowhere/socket", Receiver())
        assert "/nowhere/socket" in caught.value.message
        assert link.is_alive()


async def test_a_host_that_forbids_it(tmp_path: Path) -> None:
    with running_sshd(tmp_path / "sshd", options=["AllowStreamLocalForwarding no"]) as daemon:
        async with _socket(tmp_path / "s") as path, linked(daemon) as link:
            with pytest.raises(ConnectFailed):
                await link.open_stream(path, Receiver())
            receiver = Receiver()
            stream = await link.open_pipe(Command("cat"), receiver)
            stream.write(b"the way around")
            await receiver.has(14)
            stream.abort()


async def test_a_pipe(sshd: PrivateSshd) -> None:
    async with linked(sshd) as link:
        receiver = Receiver()
        stream = await link.open_pipe(Command("echo not data >&2; cat; echo end", b"first "), receiver)
        stream.write(b"second ")
        stream.write_eof()
        await receiver.end()
        assert (bytes(receiver.received), receiver.error, receiver.ends) == (b"first second end\n", None, 1)


async def test_a_pipe_that_fails_says_why(sshd: PrivateSshd) -> None:
    async with linked(sshd) as link:
        receiver = Receiver()
        await link.open_pipe(Command("echo cannot do that >&2; exit 3"), receiver)
        await receiver.end()
        assert isinstance(receiver.error, ConnectFailed)
        assert "cannot do that" in receiver.error.message
        assert "exit status 3" in receiver.error.message


async def test_the_end_of_the_link_ends_its_streams(own_sshd: PrivateSshd, tmp_path: Path) -> None:
    async with _socket(tmp_path / "s") as path, linked(own_sshd) as link:
        receivers = [Receiver(), Receiver()]
        await link.open_stream(path, receivers[0])
        await link.open_pipe(Command("cat"), receivers[1])
        own_sshd.kill()
        for receiver in receivers:
            await receiver.end()
            assert receiver.error is not None
            assert receiver.ends == 1


@pytest.mark.parametrize("line", ["cat; {}", "{} & exec cat", "trap '' TERM; {}; {}"])
async def test_an_aborted_pipe_ends_its_command(sshd: PrivateSshd, line: str) -> None:
    sleeper = Sleeper()
    async with linked(sshd) as link:
        receiver = Receiver()
        stream = await link.open_pipe(Command(line.format(sleeper.line, sleeper.line)), receiver)
        if line.startswith("cat"):
            stream.write_eof()
        await sleeper.runs()
        stream.abort()
        await sleeper.is_gone()  # while the connection stands
        await receiver.end()
        assert link.is_alive()
        assert (await run(link, "echo well"))[1] == b"well\n"


async def test_a_pipe_that_ends_while_it_is_opened_is_forgotten(sshd: PrivateSshd) -> None:
    """Its place is nobody's then, and the guard ends no process that bears its number later."""
    sleepers = [Sleeper() for _ in range(5)]
    try:
        async with linked(sshd) as link:
            assert isinstance(link, SshLink)
            stuttering = asyncio.create_task(_stutter())
            for sleeper in sleepers:
                receivers = [Receiver(), Receiver()]
                await link.open_pipe(Command(f"{sleeper.line} >/dev/null 2>&1 & exit 3"), receivers[0])
                await link.open_pipe(Command("exit 3"), receivers[1], spare=True)
                for receiver in receivers:
                    await receiver.end()
            stuttering.cancel()
            assert not link._spares
            await link.close()
        await asyncio.sleep(KILL_AFTER / 2)  # TERM comes at once
        assert all(sleeper.sleeping() for sleeper in sleepers), "jobs left in the background go on"
    finally:
        for sleeper in sleepers:
            sleeper.kill()


async def _stutter() -> None:
    """Have what the server sends in a hundredth of a second come in one go."""
    while True:
        time.sleep(0.01)  # noqa: ASYNC251 - that is the point
        await asyncio.sleep(0)


async def test_a_receiver_that_raises_loses_its_stream_alone(sshd: PrivateSshd) -> None:
    class Faulty(Receiver):
        def data(self, data: bytes) -> None:
            raise LookupError("mine")

    async with linked(sshd) as link:
        receiver = Faulty()
        await link.open_pipe(Command("echo word; cat"), receiver)
        await receiver.end()
        assert isinstance(receiver.error, LookupError)
        assert (await run(link, "true"))[0] == ExitStatus(0)


async def test_cancelled_openings_use_nothing_up(sshd: PrivateSshd, tmp_path: Path) -> None:
    async with _socket(tmp_path / "s") as path, linked(sshd) as link:
        for attempt in range(30):
            opening = link.open_stream(path, Receiver()) if attempt % 2 else link.open_pipe(Command("cat"), Receiver())
            task = asyncio.ensure_future(opening)
            await asyncio.sleep(0.0005 * (attempt % 4))
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                (await task).abort()
        done = await asyncio.gather(*(run(link, "sleep 0.2; echo well") for _ in range(10)))
        assert done == [(ExitStatus(0), b"well\n", b"")] * 10
