"""The socket under one libvirt connection: cutting it is the one way to end a libvirt call that hangs.

libvirt's calls take no time limit, open and close included, but each returns within milliseconds once its socket is
shut down. We hold a duplicate of libvirt's own descriptor for that.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

from .eventloop import EventLoop

_TCP_SYN_SENT = 2
_TCP_INFO_BYTES = struct.Struct("=120xQQ")
"""tcpi_bytes_acked and tcpi_bytes_received of struct tcp_info, since Linux 4.1 (include/uapi/linux/tcp.h)."""


class Wire:
    """Learns the sockets of one connection while it opens, and cuts them at any time, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._cut = False
        self._opener: int | None = None

    @property
    def known(self) -> bool:
        """Whether the connection has a socket at all; an in-process driver has none."""
        return bool(self._sockets)

    @contextlib.contextmanager
    def opening(self, events: EventLoop) -> Iterator[None]:
        """Surround libvirt's open, on the thread that opens. Raises OSError if the wire was cut before."""
        with self._lock:
            if self._cut:
                raise OSError(errno.ECANCELED, "cut before it was opened")
            self._opener = threading.get_native_id()
        try:
            with events.opening(self._adopt):
                yield
        finally:
            with self._lock:
                self._opener = None

    def _adopt(self, fd: int) -> None:
        try:
            duplicate = socket.socket(fileno=os.dup(fd))
        except OSError:  # libvirt watches more than sockets, and no descriptor may be left for a duplicate
            return
        with self._lock:
            self._sockets.append(duplicate)

    def cut(self) -> bool:
        """Shut the socket down. False: libvirt is still connecting and has to be cut again in a moment.

        Between two system calls of an opening thread there is nothing to shut down yet.
        """
        with self._lock:
            self._cut = True
            for known in self._sockets:
                _shut(known)
            if self._opener is None or self._sockets:
                return True
            _shut_connecting(self._opener)
            return False

    def release(self) -> None:
        """Give the duplicates back, once libvirt is through with the connection."""
        with self._lock:
            self._cut = True
            sockets, self._sockets = self._sockets, []
        for known in sockets:
            known.close()

    def bytes_moved(self) -> tuple[int, int] | None:
        """(received, sent and acknowledged), as the kernel counts them for TCP; None for other sockets."""
        with self._lock:
            for known in self._sockets:
                if known.family in (socket.AF_INET, socket.AF_INET6):
                    info = known.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES.size)
                    if len(info) == _TCP_INFO_BYTES.size:
                        acknowledged, received = _TCP_INFO_BYTES.unpack(info)
                        return received, acknowledged
        return None


def _shut(known: socket.socket) -> None:
    with contextlib.suppress(OSError):  # not connected any more
        known.shutdown(socket.SHUT_RDWR)


def _shut_connecting(thread: int) -> None:
    """End a connect() whose SYN nobody answers, in which the thread of that native id is blocked.

    libvirt tells nobody of its socket before it is connected. The kernel does: the first argument of the system call
    in which a thread is blocked is the descriptor. Only a TCP socket that is connecting is touched, so a call of
    another kind does no harm. A connect() to a unix socket whose queue is full cannot be ended this way.
    """
    try:
        duplicate = socket.socket(fileno=os.dup(_first_argument(thread)))
    except (OSError, ValueError):
        return
    with duplicate:
        if duplicate.family in (socket.AF_INET, socket.AF_INET6) and duplicate.type == socket.SOCK_STREAM:
            state = duplicate.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)
            if state[0] == _TCP_SYN_SENT:
                _shut(duplicate)


def _first_argument(thread: int) -> int:
    """Raises ValueError where the thread is in no system call, or in one whose first argument is no descriptor."""
    words = Path(f"/proc/self/task/{thread}/syscall").read_text(encoding="ascii").split()
    if len(words) < 2:
        raise ValueError("running")
    value = int(words[1], 16)
    if value > 0x7FFFFFFF:
        raise ValueError("a pointer")
    return value
