"""Carries libvirt's bytes between a private unix socket, to which libvirt connects, and a stream that we own.

libvirt can open neither our SSH connection nor our TLS session; a unix socket it can. Bytes are handed on as they
arrive, on the event loop, and a side that takes no more stops the other from sending.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from ...transport.driver import RawStream


class Bridge(asyncio.Protocol):
    """The Protocol of libvirt's end, and the StreamReceiver of the far end.

    `on_ended` is called once, when the far end has ended by itself, with the error if there was one.
    """

    def __init__(self, on_ended: Callable[[Exception | None], None]) -> None:
        self._on_ended = on_ended
        self._server: asyncio.AbstractServer | None = None
        self._path: Path | None = None
        self._near: asyncio.Transport | None = None
        self._far: RawStream | None = None
        self._early: list[bytes] = []
        self._received = 0
        self._sent = 0
        self._over = False

    async def listen(self, path: Path) -> None:
        """Wait for libvirt at `path`, which is removed as soon as it has come."""
        self._path = path
        # in two steps, so that a cancel in the second finds a server to close: asyncio would leave it open
        self._server = await asyncio.get_running_loop().create_unix_server(
            lambda: self, path=str(path), backlog=1, start_serving=False
        )
        await self._server.start_serving()
        if self._over:
            self._stop_listening()

    def connect(self, far: RawStream) -> None:
        """Give the bridge its far end."""
        self._far = far
        if self._over:
            far.abort()
        elif self._early:
            far.pause_reading()

    def bytes_moved(self) -> tuple[int, int]:
        return self._received, self._sent

    def abort(self) -> None:
        """Drop both ends at once. `on_ended` is not called any more."""
        self._over = True
        self._stop_listening()
        if self._near is not None:
            self._near.abort()
        if self._far is not None:
            self._far.abort()

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None

    # -- libvirt's end: asyncio.Protocol -------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if self._over or self._near is not None:
            transport.abort()
            self._stop_listening()
            return
        self._near = transport
        self._stop_listening()
        early, self._early = self._early, []
        if early and self._far is not None:
            self._far.resume_reading()
        for data in early:
            transport.write(data)

    def data_received(self, data: bytes) -> None:
        self._sent += len(data)
        if self._far is not None:
            self._far.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        """libvirt has closed its end: it has read all it wanted, so nothing is owed to the far end either."""
        if not self._over:
            self.abort()

    def pause_writing(self) -> None:
        """libvirt takes no more for now (the far end's pause is `hold`)."""
        if self._far is not None:
            self._far.pause_reading()

    def resume_writing(self) -> None:
        if self._far is not None:
            self._far.resume_reading()

    # -- the far end, by way of FarEnd ---------------------------------------------------------------------------------

    def arrived(self, data: bytes) -> None:
        self._received += len(data)
        if self._near is not None:
            self._near.write(data)
        elif not self._over:
            self._early.append(data)
            if self._far is not None:
                self._far.pause_reading()  # libvirtd never speaks first; who does may go on without end

    def ended(self, error: Exception | None) -> None:
        if self._over:
            return
        if self._near is not None:
            self.abort()
        else:
            # libvirt may be on its way in, and what asyncio has accepted as its server closes it forgets, open: libvirt
            # would wait there for ever. So it is let in, and turned away. Whoever opens then closes by `abort`.
            self._over = True
            if self._far is not None:
                self._far.abort()
        self._on_ended(error)

    def hold(self, paused: bool) -> None:
        """The far end takes no more for now, or again."""
        if self._near is not None and not self._near.is_closing():
            if paused:
                self._near.pause_reading()
            else:
                self._near.resume_reading()


class FarEnd:
    """transport.driver.StreamReceiver of a bridge: its pause and resume mean the other direction than a Protocol's."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def data(self, data: bytes) -> None:
        self._bridge.arrived(data)

    def ended(self, error: Exception | None) -> None:
        self._bridge.ended(error)

    def pause_writing(self) -> None:
        self._bridge.hold(True)

    def resume_writing(self) -> None:
        self._bridge.hold(False)
