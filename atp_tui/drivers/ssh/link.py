"""One open SSH connection: commands, sockets and pipes ride on it as channels."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, suppress
from typing import Any, cast

import asyncssh

from ...model.causes import Cause, seconds
from ...model.ending import confirm_end, end_is_confirmed
from ...model.errors import CallFailed, CallTimeout, ConnectFailed, ConnectionLost, NoPlace, TransportError, Unsupported
from ...model.message import text, told
from ...model.outcome import Command, ExitStatus, OutputSink
from ...model.say import Say
from ...transport.driver import LostCallback, RawStream, StreamReceiver
from ...transport.time_limit import TimeLimit
from .causes import lost_error, said
from .cutting import Cut, Started, cut_short, take_leave
from .feeding import Feed, fed
from .guard import KILL_AFTER, Guard, Ward
from .owner import Owner
from .sessions import CommandSession, PipeSession, SocketSession
from .starts import LONGEST_LINE, Channel, MakeSession, NotStarted, Opening, ends_starts, forks_in_order, open_session
from .streams import SshStream

GOODBYE = 0.5
"""Seconds that close() gives the connection to wind up."""

ANSWER_LIMIT = 5.0
"""Seconds that a server has for a global request where the end of a command waits for the answer."""

FREE_PLACE_POLL = 0.05
"""Seconds between questions for a session that commands still dying may hold; sshd tells of no free place."""


class SshLink:
    """transport.driver.Link, RunsCommands and OpensStreams over one asyncssh connection and those to its jump hosts."""

    def __init__(
        self,
        name: str,
        connection: asyncssh.SSHClientConnection,
        owner: Owner,
        route: ExitStack,
        on_lost: LostCallback,
        guarded: bool = True,
    ) -> None:
        self._name = name
        self._connection = connection
        self._route = route
        self._on_lost = on_lost
        self._alive = not connection.is_closed()
        self._loss: ConnectionLost | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._dying_until = 0.0
        self._waited = False
        self._open_ends: set[Cut] = set()
        self._guarded = guarded
        self._force: asyncio.Task[None] | None = None
        self._commands = 0
        self._spares: set[PipeSession] = set()
        self._guard = Guard(self._open_guard, guarded, forks_in_order(connection))
        self._owner = owner
        owner.ended = self._ended

    @property
    def max_requests(self) -> int | None:
        return 1 if ends_starts(self._connection) else None

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
            reason = told(Say.DID_NOT_ANSWER, host=self._name, limit=timeout)
            raise CallTimeout(reason, host=self._name, detail=seconds(timeout)) from error
        self._check_alive()  # asyncssh answers for a connection that has ended

    async def run(self, command: Command, output: OutputSink, timeout: float | None) -> ExitStatus:
        """As the port says. `output` may raise: that ends the command, and run raises the same.

        A command that ends by itself leaves its background jobs alone, as with ssh; what they still write is read
        for as long as it comes without a second's pause.
        """
        self._check_alive()
        try:
            self._commands += 1
            async with TimeLimit(timeout) as limit:
                if command.sudo:
                    from .sudo.run import run_as_other  # loaded only where a command asks for it

                    return await run_as_other(self._name, self._run, self._owner.answering, command, output)
                return await self._run(command, output)
        except TimeoutError as error:
            if not limit.expired():
                raise  # the caller's own, out of `output`
            what = Say.COMMAND_MAY_GO_ON if self._guard.is_missing else Say.COMMAND_MAY_STILL_RUN
            if end_is_confirmed(error):
                what = Say.COMMAND_TOO_LATE
            raise CallTimeout(told(what, host=self._name, limit=timeout or 0.0), host=self._name) from error
        finally:
            self._commands -= 1

    async def _run(self, command: Command, output: OutputSink, feed: Feed | None = None) -> ExitStatus:
        session = CommandSession(output)
        task = await self._begin(lambda: session, command.line)
        cut = False
        try:
            channel, _ = await asyncio.shield(task)
            async with fed(channel, session, command) if feed is None else feed(channel, session):
                await self._attend(session)
        except asyncio.CancelledError as error:
            session.leave()
            cut = session.status is None and not session.closed
            if await self._ended_there(session, task) if cut else session.has_ended_there:
                confirm_end(error)
            raise
        finally:
            session.leave()  # it may be opened late
            if not cut:
                take_leave(session, task, self._abort_session)
        if session.failure is not None:
            raise session.failure
        if session.status is None or session.loss is not None:
            ended = CallFailed(told(Say.NO_STATUS, host=self._name), host=self._name)
            raise self._loss_or(ended) from session.loss
        return session.status

    async def _attend(self, session: CommandSession) -> None:
        """Be there until a command has ended and nothing more comes of it, or its output is not taken any more."""
        await session.ended.wait()
        while session.failure is None and not session.closed:
            # Silence alone may be a stalled network: what the peer sent before its answer has come by then.
            received = session.received
            await self._round_trip(ANSWER_LIMIT)
            if received == session.received:
                break
            session.watch_silence()
            await session.ended.wait()

    async def _ended_there(self, session: CommandSession, start: Started) -> bool:
        self._open_ends.add(cut := Cut(session, start, self._guard, self._connection))
        self._expect_dying()
        if known := await cut.known():
            self._open_ends.discard(cut)
        return known

    async def _round_trip(self, limit: float) -> None:
        """Wait for what the peer has sent by now, `limit` seconds at most: some servers answer no global request."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await self._connection._make_global_request(b"keepalive@openssh.com")

    async def open_stream(self, path: str, receiver: StreamReceiver) -> RawStream:
        self._check_alive()
        try:
            channel = await self._open_socket(
                self._connection.create_unix_connection(lambda: SocketSession(receiver), path, encoding=None)
            )
        except CallFailed as error:
            raise ConnectFailed(
                told(Say.CANNOT_OPEN, path=path, why=error.reason), host=self._name, kind=Cause.NO_SOCKET
            ) from error
        return SshStream(channel, channel.abort)

    async def open_pipe(self, command: Command, receiver: StreamReceiver, *, spare: bool = False) -> RawStream:
        """As the port says. The command's stdin is the stream; where it is aborted, the guard ends the command."""
        self._check_alive()
        session = PipeSession(receiver, command.line)
        if spare:
            return await self._open_spare(command, session)
        try:
            channel, ward = await self._start(lambda: session, command.line)
        except CallFailed as error:
            reason = told(Say.CANNOT_START, line=command.line, why=error.reason)
            raise ConnectFailed(reason, host=self._name, kind=Cause.FAILED) from error
        if ward is not None:
            session.when_closed(ward.ended)
        stream = SshStream(channel, lambda: self._abort_session(channel, ward))
        if command.stdin:
            stream.write(command.stdin)
        return stream

    async def _open_spare(self, command: Command, session: PipeSession) -> RawStream:
        """A pipe that gives way to commands. No guard is started for it: its command ends with its stdin."""
        await self._learn_of_force()
        if not self._guarded or self._owner.forced:
            raise Unsupported(told(Say.RUNS_NOTHING_ELSE, host=self._name), host=self._name)
        if self.max_requests == 1 and (self._commands or asyncio.get_running_loop().time() < self._dying_until):
            raise NoPlace(told(Say.MAY_END_AS_IT_STARTS, host=self._name, line=command.line), host=self._name)
        opening = self._session(lambda: session, command.line.encode())
        try:
            channel = await self._to_the_end(opening, _close_late)
        except CallFailed as error:
            reason = told(Say.NO_SESSION_FOR, host=self._name, line=command.line, why=error.reason)
            raise NoPlace(reason, host=self._name) from error
        self._spares.add(session)
        session.when_closed(lambda: self._spares.discard(session))

        def end() -> None:
            channel.abort()
            self._expect_dying()

        stream = SshStream(channel, end)
        if command.stdin:
            stream.write(command.stdin)
        return stream

    async def _learn_of_force(self) -> None:
        """Wait until it is known whether the key has a command of its own, which each session would run: a server tells
        after the login, before its first answer to anything else."""
        if self._force is None and self._guarded:
            self._force = asyncio.create_task(self._round_trip(ANSWER_LIMIT))
            self._tasks.add(self._force)
        if self._force is not None:
            await asyncio.shield(self._force)  # one question for all: who is cancelled does not make the next ask anew

    def _spare_gives_way(self) -> bool:
        """End a pipe that can wait, if there is one."""
        if not self._spares:
            return False
        self._spares.pop().end(NoPlace(told(Say.SESSION_NEEDED, host=self._name), host=self._name))
        return True

    async def close(self) -> None:
        self._alive = False
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE):
                await self._guard.settle()
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

    async def _start(self, make_session: MakeSession, line: str) -> tuple[Channel, Ward | None]:
        """Start a command, watched by the guard. Cancelled, it leaves none."""
        task = await self._begin(make_session, line)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(self._abort_late)
            self._expect_dying()  # on the far side it may hold its place already
            raise

    async def _begin(self, make_session: MakeSession, line: str) -> asyncio.Task[tuple[Channel, Ward | None]]:
        """Have a command started by a task that is not to be cancelled. Cancelled in here, nothing was."""
        sent = line.encode("utf-8", "surrogateescape")  # as it came, where it is no UTF-8
        if len(sent) > LONGEST_LINE:
            raise CallFailed(told(Say.LINE_TOO_LONG, size=len(sent), most=LONGEST_LINE), host=self._name)
        try:
            await self._learn_of_force()
            if self._owner.forced:
                self._guard.renounce()
            await self._guard.turn()
        except asyncio.CancelledError as error:
            confirm_end(error)
            raise
        task = asyncio.create_task(self._guard.start(lambda starting: self._open_session(make_session, sent, starting)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _open_session(self, make_session: MakeSession, line: bytes, starting: Callable[[], None]) -> Channel:
        """Open a channel for a command, and wait for a place where commands that were cut short still have theirs:
        sshd counts one against MaxSessions until it has died. `starting` is called right before the command is asked
        for.
        """

        def make() -> asyncssh.SSHClientSession[bytes]:
            starting()
            return make_session()

        while True:
            try:
                return await self._session(make, line)
            except NotStarted:
                raise
            except CallFailed as error:
                await self._make_room(error)

    async def _make_room(self, refusal: CallFailed) -> None:
        """Wait for the place of a session that may become free. Raises CallFailed where none will."""
        if self._spare_gives_way():
            self._expect_dying()
        elif asyncio.get_running_loop().time() > self._dying_until:
            # a guard that did not come, or went, may still hold its place; so may what was not seen to end
            waits = self._open_ends or (self._guard.is_missing and not self._waited)
            self._waited, self._open_ends = True, set()
            if not self._guard.give_way() and not waits:
                raise CallFailed(told(Say.NO_MORE_SESSIONS, why=refusal.reason), host=self._name) from refusal
            self._expect_dying()
        await asyncio.sleep(FREE_PLACE_POLL)

    async def _open_guard(self, make_session: MakeSession, line: bytes) -> Channel:
        try:
            return await self._session(make_session, line)
        except CallFailed as error:  # the only session may be a spare pipe's
            raise NoPlace(error.reason, host=self._name) from error

    async def _session(self, make_session: MakeSession, line: bytes) -> Channel:
        return await open_session(self._connection, self._open, make_session, line, self._name)

    def _abort_session(self, channel: Channel, ward: Ward | None) -> None:
        """End what runs on a channel, and the channel; see cut_short."""
        self._expect_dying()
        cut_short(channel, ward if self._guard.stands else None)

    def _expect_dying(self) -> None:
        self._dying_until = asyncio.get_running_loop().time() + KILL_AFTER + 1

    async def _open(self, opening: Opening) -> Channel:
        try:
            return cast(Channel, (await opening)[0])
        except (asyncssh.ChannelOpenError, asyncssh.DisconnectError, OSError) as error:
            words = (error.strerror or str(error)) if isinstance(error, OSError) else error.reason
            reason = told(Say.ABOUT, subject=self._name, message=text(words))
            raise self._loss_or(CallFailed(reason, host=self._name)) from error
        except ValueError as error:  # PacketDecodeError, for one: asyncssh goes on without the channel
            reason = told(Say.BAD_SSH, where=self._name, why=said(str(error)))
            raise self._loss_or(NotStarted(reason, host=self._name)) from error
        except AttributeError as error:  # asyncssh's, where the connection ends between the answer and its next step
            if self.is_alive():
                raise
            raise self._loss or self._lost(None) from error

    def _abort_late(self, task: asyncio.Task[tuple[Channel, Ward | None]]) -> None:
        if not task.cancelled() and task.exception() is None:
            self._abort_session(*task.result())

    async def _open_socket(self, opening: Opening) -> Channel:
        """Open a channel; cancelled, leave none: the peer may open it late, and it would count against MaxSessions."""
        return await self._to_the_end(self._open(opening), _close_late)

    async def _to_the_end(
        self, opening: Coroutine[Any, Any, Channel], late: Callable[[asyncio.Task[Channel]], None]
    ) -> Channel:
        task = asyncio.create_task(opening)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(late)
            raise

    def _check_alive(self) -> None:
        if not self.is_alive():
            raise self._loss or self._lost(None)

    def _loss_or(self, error: CallFailed) -> CallFailed | TransportError:
        if self.is_alive():
            return error
        return self._loss or self._lost(None)

    def _lost(self, error: Exception | None) -> ConnectionLost:
        heard = self._owner.overheard
        loss = lost_error(error, self._name, "" if heard is None else heard.goodbye)
        loss.host = self._name
        return loss

    def _ended(self, error: Exception | None) -> None:
        """asyncssh's last word on the connection."""
        asked_for = not self._alive
        self._alive = False
        if asked_for:
            return
        self._loss = self._lost(error)
        self._route.close()
        # asyncssh would swallow what a callback raises in here
        asyncio.get_running_loop().call_soon(self._on_lost, self._loss)


def _close_late(task: asyncio.Task[Channel]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().abort()
