"""The bridge between libvirt and a far end, at the moments that a whole chain hits once in five hundred times."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from atp_tui.drivers.libvirt.bridge import Bridge, FarEnd

HANG = 20.0
BLOCK = bytes(64 * 1024)


@pytest.mark.parametrize("turns", range(8))
async def test_libvirt_is_turned_away_whenever_the_far_end_ends(turns: int, tmp_path: Path) -> None:
    """asyncio accepts in one turn of its loop and attaches in a later one; a server closed between them loses one."""
    told: list[Exception | None] = []
    bridge = Bridge(told.append)
    path = tmp_path / "libvirt.sock"
    await bridge.listen(path)
    with socket.socket(socket.AF_UNIX) as libvirt:
        libvirt.setblocking(False)
        libvirt.connect(str(path))
        for _ in range(turns):
            await asyncio.sleep(0)
        bridge.ended(ConnectionRefusedError("nobody there"))
        assert len(told) == 1
        try:
            async with asyncio.timeout(20):
                assert await asyncio.get_running_loop().sock_recv(libvirt, 1) == b""
        except ConnectionError:
            pass  # a reset is an end too
    bridge.abort()
    assert not path.exists()


@pytest.mark.parametrize("known", [True, False])
async def test_a_far_end_that_speaks_first_is_held_until_libvirt_is_there(known: bool, tmp_path: Path) -> None:
    """It may have 100 MB to say. Its first bytes may come before the bridge has it."""
    bridge, far = Bridge(lambda error: None), Far()
    if known:
        bridge.connect(far)
    bridge.arrived(b"early")
    if not known:
        bridge.connect(far)
    assert not far.reading
    await bridge.listen(tmp_path / "libvirt.sock")
    reader, writer = await asyncio.open_unix_connection(tmp_path / "libvirt.sock")
    async with asyncio.timeout(20):
        assert await reader.readexactly(5) == b"early"
    assert far.reading
    bridge.abort()
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


@pytest.mark.parametrize("turns", range(4))
async def test_listening_that_is_cancelled_leaves_no_socket(turns: int, tmp_path: Path) -> None:
    """Whatever is open at the moment of the cancel is the bridge's to close."""
    before = len(os.listdir("/proc/self/fd"))
    told: list[Exception | None] = []
    bridge = Bridge(told.append)
    path = tmp_path / "libvirt.sock"
    listening = asyncio.create_task(bridge.listen(path))
    for _ in range(turns):
        await asyncio.sleep(0)
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
    bridge.abort()
    assert len(os.listdir("/proc/self/fd")) == before
    assert not path.exists()


class Far:
    """A RawStream that keeps what it is told."""

    def __init__(self) -> None:
        self.written = 0
        self.reading = True
        self.aborted = False

    def write(self, data: bytes) -> None:
        self.written += len(data)

    def write_eof(self) -> None: ...

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def abort(self) -> None:
        self.aborted = True


@asynccontextmanager
async def bridged(path: Path, told: list[Exception | None]) -> AsyncIterator[tuple[Bridge, Far, socket.socket]]:
    """A bridge to which libvirt has come, its far end, and libvirt's socket."""
    bridge, far = Bridge(told.append), Far()
    bridge.connect(far)
    await bridge.listen(path)
    with socket.socket(socket.AF_UNIX) as libvirt:
        libvirt.setblocking(False)
        libvirt.connect(str(path))
        await eventually(lambda: not path.exists())
        yield bridge, far, libvirt
        bridge.abort()


async def eventually(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(HANG):
        while not true():  # noqa: ASYNC110 - a socket is looked at from outside
            await asyncio.sleep(0.005)


async def test_an_abort_ends_both_ends_and_tells_nobody(tmp_path: Path) -> None:
    told: list[Exception | None] = []
    async with bridged(tmp_path / "socket", told) as (bridge, far, libvirt):
        bridge.abort()
        assert far.aborted
        async with asyncio.timeout(HANG):
            assert await asyncio.get_running_loop().sock_recv(libvirt, 1) == b""
    assert told == []


async def test_what_comes_after_an_abort_is_ended_at_once(tmp_path: Path) -> None:
    bridge, far = Bridge(lambda error: None), Far()
    bridge.abort()
    bridge.connect(far)
    assert far.aborted
    await bridge.listen(tmp_path / "socket")
    assert not (tmp_path / "socket").exists()


async def test_libvirt_leaving_ends_the_far_end(tmp_path: Path) -> None:
    told: list[Exception | None] = []
    async with bridged(tmp_path / "socket", told) as (_, far, libvirt):
        libvirt.close()
        await eventually(lambda: far.aborted)
    assert told == []


async def test_a_far_end_that_takes_no_more_stops_libvirt(tmp_path: Path) -> None:
    async with bridged(tmp_path / "socket", []) as (bridge, far, libvirt):
        FarEnd(bridge).pause_writing()
        sent = 0
        with suppress(BlockingIOError):
            while sent < 100 * len(BLOCK):
                sent += libvirt.send(BLOCK)
        await asyncio.sleep(0.05)
        assert (sent < 100 * len(BLOCK), far.written) == (True, 0)
        FarEnd(bridge).resume_writing()
        await eventually(lambda: far.written == sent)


async def test_a_libvirt_that_takes_no_more_stops_the_far_end(tmp_path: Path) -> None:
    async with bridged(tmp_path / "socket", []) as (bridge, far, libvirt):
        given = 0
        while far.reading and given < 100 * len(BLOCK):
            FarEnd(bridge).data(BLOCK)
            given += len(BLOCK)
        assert not far.reading
        async with asyncio.timeout(HANG):
            while given > 0:
                given -= len(await asyncio.get_running_loop().sock_recv(libvirt, len(BLOCK)))
        await eventually(lambda: far.reading)
