"""A command on a terminal that the far side makes: what it says comes as one stream, as it would on a screen."""

from __future__ import annotations

import asyncio

from ..model.errors import CallFailed
from ..model.message import told
from ..model.outcome import Command, ExitStatus, OutputSink, Stream
from ..model.say import Say
from ..model.shell import Pty, Shell, Size
from ..transport.connection import HostConnection
from ..transport.driver import FarShell

_ECHO, _ONLCR = 53, 72
"""Modes of a terminal, by RFC 4254, section 8."""

_END = b"\x04"
"""What a terminal takes for the end of input."""

_FIRST, _MOST = 0.5, 30.0
"""Seconds until the end is typed once more, each time twice as long, and at most."""

TERMINAL = Pty("dumb", Size(200, 50), ((_ECHO, 0), (_ONLCR, 0)))
"""It echoes nothing, and ends lines as a pipe does; programs that ask for its type make no colours."""


async def run_on_terminal(connection: HostConnection, command: Command, sink: OutputSink) -> ExitStatus:
    """Run a command, and type its input; a cancel hangs the terminal up, which ends what heeds that."""
    near = _Near(sink, command.stdin)
    try:
        status = await connection.shell(Shell(command.line, TERMINAL), near)
    finally:
        near.over()
    if status is None:
        raise CallFailed(told(Say.NO_STATUS, host=connection.host_info.host), host=connection.host_info.id)
    return status


class _Near:
    """As transport.driver.NearShell."""

    def __init__(self, sink: OutputSink, typed: bytes) -> None:
        self._sink = sink
        self._typed = typed
        self._next: asyncio.TimerHandle | None = None

    def begun(self, far: FarShell) -> None:
        far.write(self._typed)
        self._type_end(far, _FIRST)

    def over(self) -> None:
        """Type no more."""
        if self._next is not None:
            self._next.cancel()

    def output(self, stream: Stream, data: bytes) -> asyncio.Future[None] | None:
        return self._sink(stream, data)

    def pause_writing(self) -> None: ...
    def resume_writing(self) -> None: ...

    def _type_end(self, far: FarShell, pause: float) -> None:
        """The end is there once: one reader takes it, and what asks for a password drops what was typed before."""
        far.write(_END)
        self._next = asyncio.get_running_loop().call_later(pause, self._type_end, far, min(2 * pause, _MOST))
