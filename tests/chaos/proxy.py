"""A proxy between a client and a daemon that fails on demand: asyncio, TCP and unix sockets, Linux.

A mode holds for the connections that are open and for those that come:

    kind        open connections                            new connections
    PASS        forwarded, with what was held back          forwarded
    REFUSE      RST: the daemon is gone                     refused
    DROP        nothing is forwarded                        SYN not answered (unix: connect blocks)
    SILENT      nothing is forwarded                        accepted, nothing is forwarded
    RST, FIN    ended so, after `after` more bytes          the same, the daemon's first bytes counting
    HALF_OPEN   after `after` bytes nothing is forwarded    the same; the daemon has the connection as well
    LATE        every piece arrives `pace` seconds late     the same
    TRICKLE     one byte per `pace` seconds each way        the same

Bytes are those from the daemon to the client, so FIN after some bytes truncates a message of the daemon.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any

Address = tuple[str, int] | str
"""(address, port) of TCP, or the path of a unix socket."""

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, no time: close() sends RST and forgets what was not sent."""

_PIECE = 65536


class Kind(StrEnum):
    """What happens to connections; see the module's table."""

    PASS = auto()
    REFUSE = auto()
    DROP = auto()
    SILENT = auto()
    RST = auto()
    FIN = auto()
    HALF_OPEN = auto()
    LATE = auto()
    TRICKLE = auto()


_HOLDING = (Kind.DROP, Kind.SILENT)
_ENDING = (Kind.REFUSE, Kind.RST, Kind.FIN)


@dataclass(frozen=True, slots=True)
class Mode:
    """A kind with its figures: `after` in bytes, `pace` in seconds."""

    kind: Kind
    after: int = 0
    pace: float = 1.0


PASS = Mode(Kind.PASS)


class ChaosProxy:
    """Listens at `address` in front of `target`, which is connected to anew for each client. All on one event loop."""

    def __init__(self, target: Address, listen: Address = ("127.0.0.1", 0)) -> None:
        self.target = target
        self.mode = PASS
        self.changed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()
        self._listener = _bound(listen)
        self.address: Address = self._listener.getsockname()
        self._fillers: list[socket.socket] = []
        self._talks: dict[asyncio.Task[None], _Talk] = {}
        self._listen()

    @property
    def open_connections(self) -> int:
        """Connections of clients that have not ended, those that hang in here included."""
        return len(self._talks)

    def set(self, mode: Mode) -> None:
        """From now on this mode holds, for the connections that are open as well."""
        before, self.mode = self.mode, mode
        # Those who wait see the new mode; who begins to wait in the same moment must wait for the next one.
        self.changed.set_result(None)
        self.changed = self._loop.create_future()
        if Kind.REFUSE in (before.kind, mode.kind) or Kind.DROP in (before.kind, mode.kind):
            self._renew_listener()
        for talk in self._talks.values():
            talk.obey(mode)

    async def close(self) -> None:
        """Stop listening and reset all connections."""
        self._stop_listening()
        for talk in self._talks.values():
            talk.end(reset=True)
        if self._talks:
            await asyncio.wait(list(self._talks))

    def _renew_listener(self) -> None:
        """There is no way back from listen(), so it is a new socket. One that is bound and does not listen refuses."""
        self._stop_listening()
        self._listener = _bound(self.address)
        if self.mode.kind is Kind.DROP:
            self._listener.listen(0)
            for _ in range(3):
                filler = socket.socket(self._listener.family, socket.SOCK_STREAM)
                filler.setblocking(False)
                filler.connect_ex(self.address)
                self._fillers.append(filler)
        elif self.mode.kind is not Kind.REFUSE:
            self._listen()

    def _listen(self) -> None:
        self._listener.listen(1000)
        self._loop.add_reader(self._listener, self._accept)

    def _stop_listening(self) -> None:
        self._loop.remove_reader(self._listener)
        self._listener.close()
        if isinstance(self.address, str):
            os.unlink(self.address)
        while self._fillers:
            self._fillers.pop().close()

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            client, _ = self._listener.accept()
            client.setblocking(False)
            talk = _Talk(self, client)
            task = self._loop.create_task(talk.run(), name=f"proxy {self.address}")
            self._talks[task] = talk
            task.add_done_callback(self._ended)
            talk.obey(self.mode)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._talks[task]
        if not task.cancelled():
            task.result()


class _Talk:
    """One connection of a client, and ours to the daemon."""

    def __init__(self, proxy: ChaosProxy, client: socket.socket) -> None:
        self._proxy = proxy
        self._loop = asyncio.get_running_loop()
        self._client = client
        self._daemon: socket.socket | None = None
        self._left = 0
        self._end: asyncio.Future[bool] = self._loop.create_future()

    def obey(self, mode: Mode) -> None:
        """A mode begins to hold."""
        self._left = mode.after
        self._end_if_due(mode)

    def _end_if_due(self, mode: Mode) -> None:
        if mode.kind in _ENDING and not self._left:
            self.end(reset=mode.kind is not Kind.FIN)

    def end(self, *, reset: bool) -> None:
        if not self._end.done():
            self._end.set_result(reset)

    async def run(self) -> None:
        forward = self._loop.create_task(self._forward(), name="proxy forwards")
        try:
            ends: list[asyncio.Future[Any]] = [forward, self._end]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            forward.cancel()
            await asyncio.wait([forward])
        try:
            if forward.cancelled():
                reset = self._end.result()
            else:
                reset = isinstance(forward.exception(), OSError)
                if forward.exception() is not None and not reset:
                    forward.result()
            if not reset:
                await self._say_goodbye()
        finally:
            self._close(reset=reset)

    async def _say_goodbye(self) -> None:
        """FIN to both. A close with unread bytes would send RST instead, so what still comes is read first."""
        for sock in self._sockets():
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                while await self._loop.sock_recv(self._client, _PIECE):
                    pass

    def _close(self, *, reset: bool) -> None:
        for sock in self._sockets():
            if reset and sock.family != socket.AF_UNIX:
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            sock.close()

    def _sockets(self) -> list[socket.socket]:
        return [self._client] if self._daemon is None else [self._client, self._daemon]

    async def _forward(self) -> None:
        """Connect to the daemon and carry bytes both ways until both have ended. Raises OSError."""
        while self._proxy.mode.kind in _HOLDING:
            await asyncio.shield(self._proxy.changed)
        self._daemon = socket.socket(_family(self._proxy.target), socket.SOCK_STREAM)
        self._daemon.setblocking(False)
        await self._loop.sock_connect(self._daemon, self._proxy.target)
        try:
            async with asyncio.TaskGroup() as group:
                for source, sink in ((self._client, self._daemon), (self._daemon, self._client)):
                    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)
                    group.create_task(self._read(source, queue))
                    group.create_task(self._write(sink, queue))
        except ExceptionGroup as errors:
            if errors.split(OSError)[1] is not None:
                raise
            raise OSError("one side has reset the connection") from errors

    async def _read(self, source: socket.socket, queue: asyncio.Queue[tuple[float, bytes]]) -> None:
        data = b"?"
        while data:
            try:
                data = await self._loop.sock_recv(source, _PIECE)
            except OSError:
                await self._ends_may_pass()
                raise
            await queue.put((self._loop.time(), data))

    async def _write(self, sink: socket.socket, queue: asyncio.Queue[tuple[float, bytes]]) -> None:
        while True:
            arrived, data = await queue.get()
            if not data:
                await self._ends_may_pass()
                sink.shutdown(socket.SHUT_WR)
                return
            while data:
                data = await self._write_some(sink, data, arrived)

    async def _write_some(self, sink: socket.socket, data: bytes, arrived: float) -> bytes:
        """Forward what the mode allows now; the rest, to be asked for again."""
        mode, size = self._proxy.mode, len(data)
        counted = mode.kind in (Kind.RST, Kind.FIN, Kind.HALF_OPEN)
        if mode.kind in _HOLDING or (counted and not self._left):
            await asyncio.shield(self._proxy.changed)
            return data
        if mode.kind is Kind.LATE and await self._changes_within(arrived + mode.pace - self._loop.time()):
            return data
        if mode.kind is Kind.TRICKLE:
            if await self._changes_within(mode.pace):
                return data
            size = 1
        elif counted and sink is self._client:
            size = min(size, self._left)
            self._left -= size
        await self._loop.sock_sendall(sink, data[:size])
        if counted:
            self._end_if_due(mode)
        return data[size:]

    async def _ends_may_pass(self) -> None:
        """Where nothing is forwarded, neither side learns that the other has ended."""
        while self._proxy.mode.kind in (*_HOLDING, Kind.HALF_OPEN):
            await asyncio.shield(self._proxy.changed)

    async def _changes_within(self, seconds: float) -> bool:
        """Whether the mode changes within so many seconds."""
        changed, _ = await asyncio.wait([self._proxy.changed], timeout=max(0.0, seconds))
        return bool(changed)


def _family(address: Address) -> socket.AddressFamily:
    if isinstance(address, str):
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET


def _bound(address: Address) -> socket.socket:
    sock = socket.socket(_family(address), socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if not isinstance(address, str):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except BaseException:
        sock.close()
        raise
    return sock
