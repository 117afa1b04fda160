"""An SSH server of ours that floods whoever logs in, as a process of its own: what it costs is not its victim's.

    python -m tests.daemons.hostile_sshd DIRECTORY

It lets everybody in, and the user's name says with what it floods: one of FLOODS from the login on, or one of
CHANNEL_FLOODS on the channel of each command. It listens on 127.0.0.1; the port is written to DIRECTORY/port, its key
to DIRECTORY/known_hosts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh
from asyncssh.constants import (
    MSG_CHANNEL_DATA,
    MSG_CHANNEL_EXTENDED_DATA,
    MSG_CHANNEL_FAILURE,
    MSG_CHANNEL_OPEN,
    MSG_CHANNEL_OPEN_FAILURE,
    MSG_CHANNEL_REQUEST,
    MSG_CHANNEL_SUCCESS,
    MSG_CHANNEL_WINDOW_ADJUST,
    MSG_DEBUG,
    MSG_GLOBAL_REQUEST,
    MSG_IGNORE,
    MSG_KEXINIT,
    MSG_REQUEST_FAILURE,
    MSG_REQUEST_SUCCESS,
    MSG_UNIMPLEMENTED,
    MSG_USERAUTH_BANNER,
)
from asyncssh.packet import Boolean, String, UInt32

from atp_tui.model.settings import SshSettings

ROOT = Path(__file__).parents[2]

START_LIMIT = 30.0
"""Seconds after which a server that has not said its port will not come."""

MOST_WAITING = 1 << 20
"""Bytes that wait for the victim before the flood stops for a moment."""

UNREAD = 1 << 16
"""Bytes that the kernel takes of what nobody reads here."""

Connection = Any

PIECE = 100
"""Packets between two looks at what waits."""


def _request(name: bytes, wanted: bool, size: int = 0) -> Callable[[Connection], None]:
    def send(connection: Connection) -> None:
        connection.send_packet(MSG_GLOBAL_REQUEST, String(name), Boolean(wanted), bytes(size))

    return send


def _open(kind: bytes, *more: bytes) -> Callable[[Connection], None]:
    def send(connection: Connection) -> None:
        connection.send_packet(MSG_CHANNEL_OPEN, String(kind), UInt32(0), UInt32(1 << 20), UInt32(1 << 15), *more)

    return send


def _packet(kind: int, *parts: bytes) -> Callable[[Connection], None]:
    return lambda connection: connection.send_packet(kind, *parts)


def _rekey(connection: Connection) -> None:
    if connection._kex_complete:
        connection._send_kexinit()
        connection._kexinit_sent = True


FORWARDED = (String("127.0.0.1"), UInt32(22), String("127.0.0.1"), UInt32(4022))

FLOODS: dict[str, Callable[[Connection], None]] = {
    "hostkeys": _request(b"hostkeys-00@openssh.com", False, 20_000),
    "hostkeys-small": _request(b"hostkeys-00@openssh.com", False),
    "keepalive": _request(b"keepalive@openssh.com", True),
    "deaf": _request(b"keepalive@openssh.com", True),
    "unfinished-rekey": _request(b"keepalive@openssh.com", True),
    "session": _open(b"session"),
    "forwarded": _open(b"forwarded-tcpip", *FORWARDED),
    "x11": _open(b"x11", String("127.0.0.1"), UInt32(22)),
    "ignore": _packet(MSG_IGNORE, String(b"x" * 1000)),
    "ignore-small": _packet(MSG_IGNORE, String(b"")),
    "debug": _packet(MSG_DEBUG, Boolean(True), String(b"x" * 1000), String(b"")),
    "unimplemented": _packet(MSG_UNIMPLEMENTED, UInt32(0)),
    "banner": _packet(MSG_USERAUTH_BANNER, String(b"welcome\n" * 100), String(b"")),
    "rekey": _rekey,
}
"""What is sent without end once somebody has logged in."""

CHANNEL_FLOODS: dict[str, tuple[int, tuple[bytes, ...]]] = {
    "adjust": (MSG_CHANNEL_WINDOW_ADJUST, (UInt32(1),)),
    "bytes": (MSG_CHANNEL_DATA, (String(b"x"),)),
    "lines": (MSG_CHANNEL_DATA, (String(b"\n"),)),
    "error-bytes": (MSG_CHANNEL_EXTENDED_DATA, (UInt32(1), String(b"x"))),
    "deaf-channel": (MSG_CHANNEL_REQUEST, (String(b"x"), Boolean(True))),
}
"""What is sent without end on the channel of each command."""


async def _flood(connection: Connection, send: Callable[[], object]) -> None:
    with contextlib.suppress(Exception):  # the victim has left
        while connection._transport is not None:
            if connection._transport.get_write_buffer_size() < MOST_WAITING:
                for _ in range(PIECE):
                    send()
                await asyncio.sleep(0)
            else:
                await asyncio.sleep(0.001)


def _pass_over(taker: Any, *kinds: int) -> None:
    """Have a connection or a channel take packets of these kinds without a word."""
    taker._packet_handlers = {**taker._packet_handlers, **dict.fromkeys(kinds, lambda *_: True)}


class _Nobody:
    """Takes answers that are of no interest."""

    def process_packet(self, *_: object) -> bool:
        return True

    def log_received_packet(self, *_: object) -> None:
        return


class _Server(asyncssh.SSHServer):
    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection: Connection = conn
        _pass_over(self._connection, MSG_REQUEST_SUCCESS, MSG_REQUEST_FAILURE, MSG_CHANNEL_OPEN_FAILURE)

    def begin_auth(self, username: str) -> bool:
        self._flood = username
        return False

    def auth_completed(self) -> None:
        if self._flood in FLOODS:
            if self._flood == "deaf":
                self._connection._transport.pause_reading()
            if self._flood == "unfinished-rekey":
                self._begin_rekey_and_no_more()
            self._begin(FLOODS[self._flood])

    def _begin_rekey_and_no_more(self) -> None:
        connection = self._connection
        connection._send_kexinit()
        connection._kex_complete = True
        _pass_over(connection, MSG_KEXINIT)
        connection._kex = _Nobody()

    def _begin(self, send: Callable[[Connection], None]) -> None:
        connection = self._connection
        task = asyncio.get_running_loop().create_task(_flood(connection, lambda: send(connection)))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)


_tasks: set[asyncio.Task[None]] = set()


async def _command(process: asyncssh.SSHServerProcess[bytes]) -> None:
    flood = process.get_extra_info("username")
    if process.command != "flood":  # the guard's line, for one
        process.exit(0)
        return
    if flood not in CHANNEL_FLOODS:
        await process.wait_closed()
        return
    kind, parts = CHANNEL_FLOODS[flood]
    channel: Any = process.channel
    connection: Any = channel._conn
    _pass_over(channel, MSG_CHANNEL_SUCCESS, MSG_CHANNEL_FAILURE)

    def send() -> None:
        channel.send_packet(kind, *parts)

    if kind in (MSG_CHANNEL_DATA, MSG_CHANNEL_EXTENDED_DATA):
        await _data(channel, kind, parts)
    else:
        if flood == "deaf-channel":
            connection._transport.pause_reading()
        await _flood(connection, send)


async def _data(channel: Any, kind: int, parts: tuple[bytes, ...]) -> None:
    connection = channel._conn
    with contextlib.suppress(Exception):
        while connection._transport is not None:
            room = min(PIECE, channel._send_window)
            for _ in range(room):
                channel._send_window -= 1
                channel.send_packet(kind, *parts)
            await asyncio.sleep(0 if room and connection._transport.get_write_buffer_size() < MOST_WAITING else 0.001)


async def _serve(directory: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UNREAD)
    async with asyncssh.listen(
        sock=listener, server_factory=_Server, server_host_keys=[key], process_factory=_command, encoding=None,
    ) as server:  # fmt: skip
        port = server.get_port()
        (directory / "known_hosts").write_bytes(f"[127.0.0.1]:{port} ".encode() + key.export_public_key())
        (directory / "ssh_config").touch()
        (directory / "port.new").write_text(str(port))
        (directory / "port.new").rename(directory / "port")
        await asyncio.to_thread(sys.stdin.read)  # until the suite has ended, however that was


@contextmanager
def flooding(directory: Path) -> Iterator[SshSettings]:
    """A server that floods while the block runs; how to reach it, but for the user."""
    directory.mkdir(parents=True, exist_ok=True)
    line = [sys.executable, "-m", "tests.daemons.hostile_sshd", str(directory)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(line, cwd=ROOT, env=environment, stdin=subprocess.PIPE) as process:
        try:
            end = time.monotonic() + START_LIMIT
            while not (directory / "port").exists():
                assert process.poll() is None, "the server has ended"
                assert time.monotonic() < end, "the server did not come"
                time.sleep(0.01)
            yield SshSettings(
                port=int((directory / "port").read_text()),
                known_hosts=(str(directory / "known_hosts"),),
                config_file=str(directory / "ssh_config"),
            )
        finally:
            process.kill()


if __name__ == "__main__":
    logging.disable()  # asyncio tells of each packet that a victim which has left does not take
    asyncio.run(_serve(Path(sys.argv[1])))
