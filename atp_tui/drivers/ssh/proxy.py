"""ssh_config's ProxyCommand: a program whose input and output are the connection, and what it says when it fails."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
from collections.abc import Sequence

from ...model.causes import Cause
from ...model.errors import ConnectFailed
from ...model.message import Message, Parameter, told
from ...model.quoting import command_quoted, without_command
from ...model.say import Say
from .processes import Process, Processes, user_shell, within

LAST_WORDS = 400
"""Bytes of the program's stderr that are kept, the last ones: it may write there for as long as it runs."""

GRACE = 1.0
"""Seconds between the end of its output and that of the program, which alone tells the exit status."""

_PIECE = 65536

_SAY_THEIR_NAME = frozenset({"sh", "ash", "dash", "bash", "zsh", "ksh", "mksh", "ksh93", "busybox"})
"""Shells that put their name before each line of their own; others show the command line as it is."""


class Proxy:
    """A running ProxyCommand. `release` must follow; asyncssh's own way takes the command's stderr for SSH."""

    def __init__(self, command: str, process: Process, processes: Processes) -> None:
        self._command = command
        self._process = process
        self._processes = processes
        self._said = b""
        self._loop = asyncio.get_running_loop()
        os.set_blocking(process.errors.fileno(), False)
        self._loop.add_reader(process.errors, self._listen)

    @classmethod
    def start(cls, command: str, processes: Processes) -> tuple[socket.socket, Proxy]:
        """Our end of the connection, and the program at the other one. Raises OSError."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = processes.start(command, theirs.fileno())
        except BaseException:
            ours.close()
            raise
        ours.setblocking(False)
        return ours, cls(command, process, processes)

    async def failure(self, where: str, came: str = "") -> ConnectFailed:
        """Why the connection to `where` ended before SSH was up, as far as the program tells. Waits for its end, for
        GRACE at most. What it has said is not yet safe for a terminal. `came` is what it has handed on in SSH's place.
        """
        process = self._process
        await within(GRACE, lambda: process.status() is not None and process.errors.closed)
        return ConnectFailed(self._reason(where, self._end(), came), kind=Cause.PROXY_FAILED)

    def unheard(self, where: str, came: str) -> Message:
        """The same for an attempt whose time is up while the program runs."""
        return self._reason(where, told(Say.PROXY_BRINGS_NOTHING), came)

    def _reason(self, where: str, end: Message, came: str) -> Message:
        command = command_quoted(self._command, where.split())
        said = self._last_words(where.split())
        given: dict[str, Parameter] = {"where": where, "end": end, "command": command}
        if said and came:
            return told(Say.PROXY_SAID_AND_SENT, said=said, came=came, **given)
        if said:
            return told(Say.PROXY_SAID, said=said, **given)
        return told(Say.PROXY_MUTE_AND_SENT, came=came, **given) if came else told(Say.PROXY_MUTE, **given)

    def release(self) -> None:
        """End the program and all it started, those that do not want to included. Once more does no harm."""
        self._stop_listening()  # one that was started and went its own way may hold the other end for ever
        self._processes.end(self._process)

    def _listen(self) -> None:
        try:
            data = os.read(self._process.errors.fileno(), _PIECE)
        except BlockingIOError:
            return
        self._said = (self._said + data)[-LAST_WORDS:]
        if not data:
            self._stop_listening()

    def _stop_listening(self) -> None:
        if not self._process.errors.closed:
            self._loop.remove_reader(self._process.errors)
            self._process.errors.close()

    def _end(self) -> Message:
        status = self._process.status()
        if status is None:
            return told(Say.PROXY_CLOSED)
        if status < 0:
            return told(Say.PROXY_KILLED, signal=_signal_name(-status))
        return told(Say.PROXY_ENDED, status=status)

    def _last_words(self, known: Sequence[str]) -> str:
        lines = self._said.decode("utf-8", "replace").split("\n")
        if len(self._said) == LAST_WORDS and len(lines) > 1:
            del lines[0]  # its beginning is lost
        shell = user_shell()
        # a shell repeats words of a line that it cannot run; what is said by others is their own
        shown = (without_command(line, self._command, known) if _may_say(shell, line) else line for line in lines)
        return "; ".join(line.strip() for line in shown if line.strip())


def _may_say(shell: str, line: str) -> bool:
    """Whether a line may be a shell's: the one that runs the command, or one that the command has started."""
    name = re.match(r"(?:[EW]: )?([^\s:]+):", line)
    known = _SAY_THEIR_NAME | {os.path.basename(shell)}
    return os.path.basename(shell) not in _SAY_THEIR_NAME or (name is not None and os.path.basename(name[1]) in known)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
