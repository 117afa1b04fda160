"""Ports and sockets of this machine that are listened on, and the connections that come."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat
import struct
from contextlib import suppress

from ...model.errors import ActionFailed
from ...model.forward import LONGEST_SOCKET, Place
from ...model.message import Message, told
from ...model.say import Say
from ...transport.driver import HalvesReceiver

BACKLOG = 64
"""Connections that the system keeps while nobody takes them."""

PAUSE = 0.5
"""Seconds until the next try, where this machine had no room for a connection."""


class NearStream(asyncio.Protocol):
    """transport.driver.RawStream over a connection that has come, whose directions end each by itself."""

    def __init__(self) -> None:
        self._receiver: HalvesReceiver | None = None
        self._transport: asyncio.Transport | None = None
        self._early = b""
        self._early_end = self._lost = self._full = False

    def begin(self, receiver: HalvesReceiver) -> None:
        """Give what comes to `receiver`, from now on."""
        self._receiver = receiver
        if self._transport is not None:
            self._transport.resume_reading()  # before anything is given on, which may hold it up again
        if self._full:
            receiver.pause_writing()
        early, self._early = self._early, b""
        if early:
            receiver.data(early)
        if self._early_end:
            receiver.half_ended()
        if self._lost:
            receiver.ended(None)

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def write_eof(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            with suppress(OSError):  # the peer has gone
                self._transport.write_eof()

    def pause_reading(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    def close(self) -> None:
        """End it once all that was written has gone."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End it so that the peer is told of a failure, and takes what it has for no whole."""
        if self._transport is not None:
            with suppress(OSError):
                sock = self._transport.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        if self._receiver is not None:
            self._receiver.data(data)
        else:
            self._came_early(data)

    def eof_received(self) -> bool:
        if self._receiver is not None:
            self._receiver.half_ended()
        self._early_end = self._receiver is None
        return True  # else asyncio would end our side too

    def _came_early(self, data: bytes) -> None:
        """Until Python 3.12 a transport reads once more after it was paused in connection_made."""
        self._early += data
        if self._transport is not None:
            self._transport.resume_reading()
            self._transport.pause_reading()

    def pause_writing(self) -> None:
        self._full = True
        if self._receiver is not None:
            self._receiver.pause_writing()

    def resume_writing(self) -> None:
        self._full = False
        if self._receiver is not None:
            self._receiver.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost, self._transport = True, None
        if self._receiver is not None:
            self._receiver.ended(exc)


class NearSockets:
    """As engine.forwards.Listens."""

    def listen(self, place: Place) -> Listener:
        """As `listen`."""
        return listen(place)


class Listener:
    """A place that is listened on, from its making on. `place` has the port that was given."""

    def __init__(self, sock: socket.socket, place: Place) -> None:
        self._sock = sock
        self.place = place
        self._made = _identity(place.path) if place.path else None

    async def accept(self) -> NearStream:
        """The next connection; nothing of it is read before it is begun with."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                taken, _ = await loop.sock_accept(self._sock)
                break
            except OSError:  # a connection that has gone again, or no descriptor is left
                if self._sock.fileno() < 0:
                    raise
                await asyncio.sleep(PAUSE)
        taken.setblocking(False)
        if not self.place.path:
            taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            return (await loop.connect_accepted_socket(NearStream, taken))[1]
        except BaseException:
            taken.close()
            raise

    def close(self) -> None:
        """Listen no more. The path of a socket is removed where it is still that of this one."""
        self._sock.close()
        if self._made is not None and _identity(self.place.path) == self._made:
            with suppress(OSError):
                os.unlink(self.place.path)


def listen(place: Place) -> Listener:
    """Listen on a place; a socket is this user's alone, and a path that is there stays as it is.

    Raises ActionFailed.
    """
    if place.path:
        return _socket(os.path.abspath(os.path.expanduser(place.path)))
    sock = socket.socket(socket.AF_INET6 if ":" in place.host else socket.AF_INET)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((place.host, place.port))
        sock.listen(BACKLOG)
        return Listener(sock, Place(place.host, sock.getsockname()[1]))
    except OSError as error:
        sock.close()
        raise ActionFailed(_failure(error, str(place))) from error


def _socket(path: str) -> Listener:
    if len(os.fsencode(path)) > LONGEST_SOCKET:
        why = f"its path is longer than {LONGEST_SOCKET} bytes"
        raise ActionFailed(told(Say.NEAR_NO_SOCKET, near=path, why=why))
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.setblocking(False)
        sock.bind(path)
        made = Listener(sock, Place(path=path))
        try:
            os.chmod(path, 0o600)  # before it is listened on: until then nobody can connect
            sock.listen(BACKLOG)
        except OSError:
            made.close()
            raise
        return made
    except OSError as error:
        sock.close()
        raise ActionFailed(_failure(error, path)) from error


def _failure(error: OSError, near: str) -> Message:
    match error.errno:
        case errno.EADDRINUSE:
            return told(Say.NEAR_EXISTS if near.startswith("/") else Say.NEAR_TAKEN, near=near)
        case errno.EACCES | errno.EPERM:
            return told(Say.NEAR_NOT_ALLOWED, near=near)
        case errno.EADDRNOTAVAIL:
            return told(Say.NEAR_NO_ADDRESS, near=near)
        case _:
            return told(Say.NEAR_NO_SOCKET, near=near, why=error.strerror or str(error))


def _identity(path: str) -> tuple[int, int] | None:
    """Device and number of the socket at a path; None where no socket is."""
    with suppress(OSError):
        found = os.lstat(path)
        return (found.st_dev, found.st_ino) if stat.S_ISSOCK(found.st_mode) else None
    return None
