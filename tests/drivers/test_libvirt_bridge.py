"""The bridge between libvirt and a far end, at the moments that a whole chain hits once in five hundred times."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from atp_tui.drivers.libvirt.bridge import Bridge


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


class FarEnd:
    """RawStream, as far as the bridge reads from it."""

    def __init__(self) -> None:
        self.paused = False

    def write(self, data: bytes) -> None: ...
    def write_eof(self) -> None: ...

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def abort(self) -> None: ...


@pytest.mark.parametrize("known", [True, False])
async def test_a_far_end_that_speaks_first_is_held_until_libvirt_is_there(known: bool, tmp_path: Path) -> None:
    """It may have 100 MB to say. Its first bytes may come before the bridge has it."""
    bridge, far = Bridge(lambda error: None), FarEnd()
    if known:
        bridge.connect(far)
    bridge.arrived(b"early")
    if not known:
        bridge.connect(far)
    assert far.paused
    await bridge.listen(tmp_path / "libvirt.sock")
    reader, writer = await asyncio.open_unix_connection(tmp_path / "libvirt.sock")
    async with asyncio.timeout(20):
        assert await reader.readexactly(5) == b"early"
    assert not far.paused
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
