"""An SSH link that opens sessions for a person, too: each is one more session of its connection."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import asyncssh
from asyncssh.constants import OPEN_REQUEST_PTY_FAILED

from ...model.errors import CallFailed
from ...model.message import told
from ...model.outcome import ExitStatus
from ...model.say import Say
from ...model.shell import Pty, Shell, Size
from ...transport.driver import NearShell
from .guard import Ward
from .moving.link import MovingLink
from .sessions import CommandSession
from .starts import LONGEST_LINE, Channel


class ShellSession(CommandSession):
    """One session of a person: what comes goes to the near end, which may hold it up."""

    def __init__(self, near: NearShell) -> None:
        super().__init__(near.output)
        self._near = near
        self.left = False
        """Whether it was left from this side."""

    def pause_writing(self) -> None:
        self._tell(self._near.pause_writing)

    def resume_writing(self) -> None:
        self._tell(self._near.resume_writing)

    def leave_far(self) -> None:
        """The person leaves."""
        self.left = True
        self.ended.set()

    def _tell(self, call: Callable[[], object]) -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - the near end is the caller's, see the page of `sessions`
            self.failure = error
            self.ended.set()


class _Far:
    """transport.driver.FarShell over a channel."""

    def __init__(self, channel: Channel, session: ShellSession) -> None:
        self._channel = channel
        self._session = session
        self._over = False

    def write(self, data: bytes) -> None:
        if not self._over and not self._channel.is_closing():
            self._channel.write(data)

    def write_eof(self) -> None:
        if not self._over and not self._channel.is_closing():
            self._channel.write_eof()

    def resize(self, size: Size) -> None:
        if not self._over and not self._channel.is_closing():
            with suppress(OSError):
                self._channel.change_terminal_size(size.columns, size.rows, size.width, size.height)

    def leave(self) -> None:
        self._session.leave_far()

    def end(self) -> None:
        """Nothing is sent from now on."""
        self._over = True


class ShellLink(MovingLink):
    """transport.driver.OpensShell besides what MovingLink is."""

    async def shell(self, asked: Shell, near: NearShell) -> ExitStatus | None:
        """As the port says. No guard is there for a session with a terminal: the far side hangs that up at its end."""
        self._check_alive()
        self._commands += 1
        try:
            return await self._carried(asked, near)
        finally:
            self._commands -= 1

    async def _carried(self, asked: Shell, near: NearShell) -> ExitStatus | None:
        session = ShellSession(near)
        channel, ward = await self._opened_shell(asked, session)
        far = _Far(channel, session)
        try:
            near.begun(far)
            await session.ended.wait()
            if not session.left:
                await self._attend(session)
        finally:
            far.end()
            session.leave()
            if not session.closed:
                self._expect_dying()
                if asked.pty is None:
                    self._abort_session(channel, ward)
                else:
                    channel.abort()
        if session.failure is not None:
            raise session.failure
        if session.left:
            return None
        if session.status is not None:
            return session.status
        raise self._loss_or(CallFailed(told(Say.NO_STATUS, host=self._name), host=self._name)) from session.loss

    async def _opened_shell(self, asked: Shell, session: ShellSession) -> tuple[Channel, Ward | None]:
        if asked.pty is None and asked.line:
            return await self._start(lambda: session, asked.line)
        line = asked.line.encode("utf-8", "surrogateescape")
        if len(line) > LONGEST_LINE:
            raise CallFailed(told(Say.LINE_TOO_LONG, size=len(line), most=LONGEST_LINE), host=self._name)
        await self._learn_of_force()
        while True:
            opening = self._connection.create_session(
                lambda: session, command=cast(str, line) if line else None, encoding=None, **_words_of(asked.pty)
            )
            try:
                return await self._open_socket(opening), None
            except CallFailed as error:
                if session.asked:
                    raise self._refused(error) from error
                await self._make_room(error)

    def _refused(self, error: CallFailed) -> CallFailed:
        cause = error.__cause__
        no_pty = isinstance(cause, asyncssh.ChannelOpenError) and cause.code == OPEN_REQUEST_PTY_FAILED
        return CallFailed(told(Say.NO_TERMINAL if no_pty else Say.SHELL_REFUSED, host=self._name), host=self._name)


def _words_of(pty: Pty | None) -> dict[str, Any]:
    if pty is None:
        return {"request_pty": False}
    size = pty.size
    return {
        "request_pty": "force",
        "term_type": pty.type,
        "term_size": (size.columns, size.rows, size.width, size.height),
        "term_modes": dict(pty.modes),
    }
