"""One open SSH connection: commands, sockets and pipes ride on it as channels."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from typing import Any, TypeVar

import asyncssh
from asyncssh.channel import SSHChannel

from ...model.causes import Cause, seconds
from ...model.errors import CallFailed, CallTimeout, ConnectFailed, ConnectionLost, TransportError, Unsupported
from ...model.outcome import Command, ExitStatus, OutputSink
from ...transport.driver import LostCallback, RawStream, StreamReceiver
from .causes import lost_error
from .opening import Owner
from .sessions import CommandSession, PipeSession, SocketSession
from .watchdog import KILL_AFTER, wrapped

T = TypeVar("T")
_Opened = tuple[SSHChannel[bytes], object]

GOODBYE = 0.5
"""Seconds that close() gives the connection to wind up."""

CUT_AFTER = 0.5
"""Seconds between the end of stdin, which has the guard kill a command, and the end of its channel.

Both at once would be a race where the guard has no readers of the command's output (see watchdog): a command that
writes dies of its closed output, and a guard that finds it dead takes it for one that has ended by itself, whose
background jobs go on.
"""

FREE_PLACE_POLL = 0.05
"""Seconds between questions for a session that commands still dying may hold; sshd tells of no free place."""


class SshLink:
    """transport.driver.Link over one asyncssh connection and those to its jump hosts."""

    def __init__(
        self,
        name: str,
        connection: asyncssh.SSHClientConnection,
        owner: Owner,
        route: ExitStack,
        on_lost: LostCallback,
    ) -> None:
        self._name = name
        self._connection = connection
        self._route = route
        self._on_lost = on_lost
        self._alive = not connection.is_closed()
        self._loss: ConnectionLost | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._dying_until = 0.0
        owner.ended = self._ended

    @property
    def max_requests(self) -> int | None:
        return None

    def is_alive(self) -> bool:
        return self._alive and not self._connection.is_closed()

    def bytes_moved(self) -> tuple[int, int] | None:
        return None

    async def ping(self, timeout: float) -> None:
        """The round trip that OpenSSH's own keepalive makes: a global request that the peer has to answer.

        asyncssh has no public call for it that tells of the answer, and its cheapest public round trip, a channel,
        costs sshd a process and counts against MaxSessions; so this reaches for the method behind its keepalive.
        """
        self._check_alive()
        try:
            async with asyncio.timeout(timeout):
                await self._connection._make_global_request(b"keepalive@openssh.com")
        except TimeoutError as error:
            words = f"{self._name} did not answer within {timeout:g} s"
            raise CallTimeout(words, host=self._name, detail=seconds(timeout)) from error
        self._check_alive()  # asyncssh answers for a connection that has ended

    async def call(self, function: Callable[[Any], T], timeout: float) -> T:
        raise Unsupported(f"{self._name}: an SSH connection makes no libvirt calls", host=self._name)

    async def run(self, command: Command, output: OutputSink, timeout: float | None) -> ExitStatus:
        """As the port says. `output` may raise: that ends the command, and run raises the same.

        A command that ends by itself leaves its background jobs alone, as with ssh; what they still write is read
        for as long as it comes without a second's pause.
        """
        self._check_alive()
        try:
            async with asyncio.timeout(timeout) as limit:
                return await self._run(command, output)
        except TimeoutError as error:
            if not limit.expired():
                raise  # the caller's own, out of `output`
            raise CallTimeout(f"the command on {self._name} took longer than {timeout:g} s", host=self._name) from error

    async def _run(self, command: Command, output: OutputSink) -> ExitStatus:
        session = CommandSession(output)
        try:
            channel = await self._open_session(
                lambda: self._connection.create_session(lambda: session, wrapped(command), encoding=None)
            )
        except BaseException:
            session.leave()  # it may be opened late
            raise
        try:
            if command.stdin and not channel.is_closing():
                channel.write(command.stdin)  # no end of file: that is for the watchdog
            await session.ended.wait()
            while session.failure is None and not session.closed:
                # Silence alone may be a stalled network: what the peer sent before its answer has come by then.
                received = session.received
                await self._connection._make_global_request(b"keepalive@openssh.com")
                if received == session.received:
                    break
                session.watch_silence()
                await session.ended.wait()
        finally:
            session.leave()
            if not session.closed and session.status is not None:
                channel.abort()  # only what it left behind holds the channel
            elif not session.closed:
                self._abort_session(channel)
        if session.failure is not None:
            raise session.failure
        if session.status is None or session.loss is not None:
            ended = CallFailed(f"{self._name} ended the command without an exit status", host=self._name)
            raise self._loss_or(ended) from session.loss
        return session.status

    async def open_stream(self, path: str, receiver: StreamReceiver) -> RawStream:
        self._check_alive()
        try:
            channel = await self._open(
                self._connection.create_unix_connection(lambda: SocketSession(receiver), path, encoding=None)
            )
        except CallFailed as error:
            words = f"cannot open {path} there: {error.message}"
            raise ConnectFailed(words, host=self._name, kind=Cause.NO_SOCKET) from error
        return SshStream(channel)

    async def open_pipe(self, command: Command, receiver: StreamReceiver) -> RawStream:
        """As the port says. No watchdog: the command's stdin is the stream itself, and its end is the command's."""
        self._check_alive()
        try:
            channel = await self._open_session(
                lambda: self._connection.create_session(
                    lambda: PipeSession(receiver, command.line), command.line, encoding=None
                )
            )
        except CallFailed as error:
            words = f"cannot start {command.line}: {error.message}"
            raise ConnectFailed(words, host=self._name, kind=Cause.FAILED) from error
        stream = SshStream(channel)
        if command.stdin:
            stream.write(command.stdin)
        return stream

    async def close(self) -> None:
        self._alive = False
        self._connection.close()
        try:
            async with asyncio.timeout(GOODBYE):
                await self._connection.wait_closed()
        except TimeoutError:
            self._connection.abort()
        self._route.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def abort(self) -> None:
        self._alive = False
        self._connection.abort()
        self._route.close()

    async def _open_session(self, opening: Callable[[], Coroutine[Any, Any, _Opened]]) -> SSHChannel[bytes]:
        """Open a channel for a command, and wait for a place where commands that were cut short still have theirs:
        sshd counts one against MaxSessions until it has died.
        """
        loop = asyncio.get_running_loop()
        while True:
            try:
                return await self._open(opening())
            except CallFailed as error:
                if loop.time() > self._dying_until:
                    words = f"{error.message}: sshd refuses another session; its MaxSessions must be 8 or more"
                    raise CallFailed(words, host=self._name) from error
                await asyncio.sleep(FREE_PLACE_POLL)

    def _abort_session(self, channel: SSHChannel[bytes]) -> None:
        """Have the guard on the far side kill what runs on a channel, and end the channel."""
        channel.write_eof()
        asyncio.get_running_loop().call_later(CUT_AFTER, channel.abort)
        self._expect_dying()

    def _expect_dying(self) -> None:
        self._dying_until = asyncio.get_running_loop().time() + KILL_AFTER + 1

    async def _open(self, opening: Coroutine[Any, Any, _Opened]) -> SSHChannel[bytes]:
        """Open a channel; cancelled, leave none: the peer may open it late, and it would count against MaxSessions."""
        task = asyncio.create_task(opening)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            return (await asyncio.shield(task))[0]
        except asyncio.CancelledError:
            task.add_done_callback(self._abort_late)
            self._expect_dying()  # on the far side it may hold its place already
            raise
        except (asyncssh.ChannelOpenError, asyncssh.DisconnectError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else error.reason
            raise self._loss_or(CallFailed(f"{self._name}: {reason}", host=self._name)) from error

    def _abort_late(self, task: asyncio.Task[_Opened]) -> None:
        if not task.cancelled() and task.exception() is None:
            self._abort_session(task.result()[0])

    def _check_alive(self) -> None:
        if not self.is_alive():
            raise self._loss or ConnectionLost(f"the SSH connection to {self._name} has ended", host=self._name)

    def _loss_or(self, error: CallFailed) -> CallFailed | TransportError:
        if self.is_alive():
            return error
        return self._loss or ConnectionLost(f"the SSH connection to {self._name} has ended", host=self._name)

    def _ended(self, error: Exception | None) -> None:
        """asyncssh's last word on the connection."""
        asked_for = not self._alive
        self._alive = False
        if asked_for:
            return
        self._loss = lost_error(error, self._name)
        self._loss.host = self._name
        self._route.close()
        # asyncssh would swallow what a callback raises in here
        asyncio.get_running_loop().call_soon(self._on_lost, self._loss)


class SshStream:
    """transport.driver.RawStream over a channel. All methods are harmless after its end."""

    def __init__(self, channel: SSHChannel[bytes]) -> None:
        self._channel = channel

    def write(self, data: bytes) -> None:
        if not self._channel.is_closing():
            self._channel.write(data)

    def write_eof(self) -> None:
        self._channel.write_eof()

    def pause_reading(self) -> None:
        self._channel.pause_reading()

    def resume_reading(self) -> None:
        self._channel.resume_reading()

    def abort(self) -> None:
        self._channel.abort()
