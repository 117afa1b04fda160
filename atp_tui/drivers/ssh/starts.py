"""How a session for a command is opened, and how far the start has come: asyncssh says the same of a refusal, of a
session that was closed before a command was asked for, and of one that was closed without an answer.

dropbear before 2024.84 looks, when a command ends, at every session of the connection, and closes those that have no
command yet (check_close in common-channel.c). Where the order to start one is on its way by then, it starts it all the
same, tells nobody, and ends the whole connection by an assertion where that command writes.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, cast

import asyncssh
from asyncssh.channel import SSHChannel
from asyncssh.constants import MSG_CHANNEL_FAILURE, OPEN_REQUEST_SESSION_FAILED
from asyncssh.packet import SSHPacket

from ...model.errors import CallFailed
from ...model.message import Message, told
from ...model.say import Say

Channel = asyncssh.SSHClientChannel[bytes]
MakeSession = Callable[[], asyncssh.SSHClientSession[bytes]]
Opening = Coroutine[Any, Any, tuple[SSHChannel[bytes], object]]

LONGEST_LINE = 128 * 1024 - 1
"""Bytes of a command line: Linux takes no more in one argument (MAX_ARG_STRLEN in linux/binfmts.h), and with twice as
many OpenSSH ends the connection (PACKET_MAX_SIZE in packet.c)."""

MOST_TRIES = 20
"""Sessions that are opened for one command: each is closed only where another command ends in that moment."""

_ORDER = b"exec"
_DROPBEAR = re.compile(r"SSH-2\.0-dropbear(?:_(?P<year>\d{4})\.\d+)?")
_MENDED = 2024
"""Of the years of its versions, the first whose dropbear leaves sessions without a command alone."""


class NotStarted(CallFailed):
    """A session was opened, and the command in it has no answer, or no good one. The message says which."""


async def open_session(
    connection: asyncssh.SSHClientConnection,
    opened: Callable[[Opening], Awaitable[Channel]],
    make_session: MakeSession,
    line: bytes,
    name: str,
) -> Channel:
    """A session in which the host `name` has started a line. `opened` waits for an opening, and raises CallFailed.

    `make_session` is called right before the command is asked for, and once more for each further try; where it gives
    the same session again, that has heard nothing of the earlier try but its channel. Raises NotStarted, and what
    `opened` raises.
    """
    for _ in range(MOST_TRIES):
        made: list[_Starting] = []

        def make(made: list[_Starting] = made) -> _Starting:
            made.append(_Starting(make_session()))
            return made[-1]

        try:
            # asyncssh sends bytes as they are, though it is typed for str, of which it knows UTF-8 alone
            return await opened(connection.create_session(make, cast(str, line), encoding=None))
        except CallFailed as error:
            if not made or not _is_of_the_order(error.__cause__):
                raise
            if made[0].refused:
                raise NotStarted(told(Say.LINE_REFUSED, host=name, size=len(line)), host=name) from error
            if made[0].asked:
                raise NotStarted(_unanswered(connection, name), host=name) from error
    raise NotStarted(told(Say.SESSION_CLOSED_EARLY, host=name), host=name)


def _is_of_the_order(error: BaseException | None) -> bool:
    return isinstance(error, asyncssh.ChannelOpenError) and error.code == OPEN_REQUEST_SESSION_FAILED


def ends_starts(connection: asyncssh.SSHClientConnection) -> bool:
    """Whether a command that ends there may take along another one that is being started. Not each dropbear tells its
    version: the silent ones count."""
    match = _DROPBEAR.match(str(connection.get_extra_info("server_version")))
    return match is not None and int(match["year"] or 0) < _MENDED


def forks_in_order(connection: asyncssh.SSHClientConnection) -> bool:
    """Whether the server's one process for a connection forks for a command before it reads on (session_exec_req in
    session.c of OpenSSH, sessioncommand in svr-chansession.c of dropbear)."""
    return str(connection.get_extra_info("server_version")).startswith(("SSH-2.0-OpenSSH", "SSH-2.0-dropbear"))


def closes_late(connection: asyncssh.SSHClientConnection) -> bool:
    """Whether the server closes a command's channel only once nobody holds its output: dropbear does so at the end of
    the process that it has started (sesscheckclose in svr-chansession.c)."""
    return not str(connection.get_extra_info("server_version")).startswith("SSH-2.0-dropbear")


def _unanswered(connection: asyncssh.SSHClientConnection, name: str) -> Message:
    reason = told(Say.SESSION_UNANSWERED, host=name)
    if ends_starts(connection):
        return told(Say.WITH_NOTE, message=reason, note=told(Say.DROPBEAR_DOES_SO))
    return reason


class _Starting(asyncssh.SSHClientSession[bytes]):
    """Stands before a session until its command was started, and keeps from it the end of a channel without one.

    `asked`: the order to start the command was sent. `refused`: the server has said no to it.
    """

    def __init__(self, session: asyncssh.SSHClientSession[bytes]) -> None:
        self.asked = False
        self.refused = False
        self._session = session
        self._channel: Channel | None = None

    def connection_made(self, chan: Channel) -> None:
        self._channel = chan
        send, handlers = chan._send_request, dict(chan._packet_handlers)
        answered = handlers[MSG_CHANNEL_FAILURE]

        def sent(request: bytes, *args: bytes, want_reply: bool = False) -> None:
            send(request, *args, want_reply=want_reply)
            self.asked = self.asked or request == _ORDER

        def refused(channel: Any, kind: int, number: int, packet: SSHPacket) -> Awaitable[None] | None:
            self.refused = True
            return answered(channel, kind, number, packet)

        handlers[MSG_CHANNEL_FAILURE] = refused
        chan._send_request = sent  # type: ignore[method-assign]
        chan._packet_handlers = handlers  # asyncssh finds it there before the class's own
        self._session.connection_made(chan)

    def session_started(self) -> None:
        if (channel := self._channel) is not None:
            self._let_go()
            channel._session = self._session  # whatever comes from now on is the session's
            self._session.session_started()

    # the status of a short command may come before asyncssh has told of its start

    def exit_status_received(self, status: int) -> None:
        self._session.exit_status_received(status)

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        self._session.exit_signal_received(signal, core_dumped, msg, lang)

    def connection_lost(self, exc: Exception | None) -> None:
        self._let_go()

    def _let_go(self) -> None:
        """Leave no circle behind: nobody waits for the collector of cycles."""
        channel, self._channel = self._channel, None
        for name in ("_send_request", "_packet_handlers"):
            with suppress(AttributeError):
                delattr(channel, name)
