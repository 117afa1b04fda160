"""ssh_config's ProxyCommand: a program whose input and output are the connection, and what it says when it fails."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from typing import cast

from ...model.errors import ConnectFailed

LAST_WORDS = 400
"""Bytes of the program's stderr that are kept, the last ones: it may write there for as long as it runs."""

COMMAND_SHOWN = 160
"""Characters of the command line that a message repeats."""

GRACE = 1.0
"""Seconds between the end of its output and that of the program, which alone tells the exit status."""


class Proxy(asyncio.SubprocessProtocol):
    """A running ProxyCommand. `release` must follow; asyncssh's own way takes the command's stderr for SSH."""

    def __init__(self, command: str) -> None:
        self._command = command
        self._said = b""
        self._ended = asyncio.get_running_loop().create_future()
        self._transport: asyncio.SubprocessTransport | None = None

    @classmethod
    async def start(cls, command: str) -> tuple[socket.socket, Proxy]:
        """Our end of the connection, and the program at the other one. Raises OSError."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                _, proxy = await asyncio.get_running_loop().subprocess_exec(
                    lambda: cls(command),
                    "/bin/sh",
                    "-c",
                    f"exec {command}",
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    stderr=asyncio.subprocess.PIPE,  # what is ours is the terminal's
                    start_new_session=True,
                )
        except BaseException:
            ours.close()
            raise
        ours.setblocking(False)
        return ours, proxy

    async def failure(self, where: str) -> ConnectFailed:
        """Why the connection to `where` ended before SSH was up, as far as the program tells. Waits for its end, for
        GRACE at most. What it has said is not yet safe for a terminal.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await asyncio.shield(self._ended)
        command = self._command
        if len(command) > COMMAND_SHOWN:
            command = command[: COMMAND_SHOWN - 1] + "…"
        said = self._last_words()
        words = f": {said}" if said else " and said nothing"
        return ConnectFailed(f"{where}: the ProxyCommand {self._end()}{words} (it was: {command})")

    def release(self) -> None:
        """End the program and all it started. Once more does no harm."""
        transport = self._transport
        if transport is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(transport.get_pid(), signal.SIGTERM)
        errors = transport.get_pipe_transport(2)
        if errors is not None:
            errors.close()  # one that was started and went its own way may hold the other end for ever

    def _end(self) -> str:
        status = None if self._transport is None else self._transport.get_returncode()
        if status is None:
            return "closed the connection before SSH was up"
        if status < 0:
            return f"was killed by {_signal_name(-status)}"
        return f"ended with exit status {status} before SSH was up"

    def _last_words(self) -> str:
        lines = self._said.decode("utf-8", "replace").splitlines()
        if len(self._said) == LAST_WORDS and len(lines) > 1:
            del lines[0]  # its beginning is lost
        return "; ".join(line.strip() for line in lines if line.strip())

    # What asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._said = (self._said + data)[-LAST_WORDS:]

    def connection_lost(self, exc: Exception | None) -> None:
        """The program has ended, and nobody holds its stderr any more."""
        if self._transport is not None:
            self._transport.close()
        if not self._ended.done():
            self._ended.set_result(None)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
