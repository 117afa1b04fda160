"""Asks one host for its /proc over an SSH connection that is open, again and again, by one command that stays there."""

from __future__ import annotations

import asyncio
import logging

from ..model.errors import AtpError, CallFailed, CallTimeout, ConnectionLost, NoPlace, Unsupported
from ..model.message import told
from ..model.node import SystemReading
from ..model.outcome import Command
from ..model.say import Say
from ..transport.driver import OpensStreams, RawStream
from .border import Nonsense
from .system import BEGIN, END, FIGURES_COMMAND, LONGEST_ANSWER, parse

_log = logging.getLogger(__name__)

MOST_FAILURES = 3
"""Answers in a row that may fail to come before a connection is asked no more."""

LONGEST_PAUSE = 32
"""Most readings that are left out where the server needs its sessions for commands: it logs each refusal."""


class SystemReader:
    """Belongs to one open link. `read` never runs twice at a time. `close` ends the far side's command.

    Commands come first: where the server refuses the figures a session, or a command takes theirs, they pause, for
    twice as many readings each time.

    A host that does not answer is no fault of the connection, which has a heartbeat for that: such a host has no
    figures. One that is not Linux, runs no such command, or fails MOST_FAILURES times is not asked again. Before the
    first answer the command is started only once: a server with a command of its own would run that each time.
    """

    def __init__(self, link: OpensStreams) -> None:
        self._link = link
        self._stream: RawStream | None = None
        self._received = ""
        self._answer: asyncio.Future[str] | None = None
        self._failures = 0
        self._answered = False
        self._pause = self._left_out = 0
        self.nonsense: str | None = None
        """What was wrong with the last answer, where that was no reading."""

    @property
    def link(self) -> OpensStreams:
        """The link that it asks over."""
        return self._link

    @property
    def gave_up(self) -> bool:
        """Whether this host is asked no more over this link."""
        return self._failures >= MOST_FAILURES

    async def read(self, timeout: float) -> SystemReading | None:
        """One reading; None where the host gives none. `timeout` in seconds."""
        self.nonsense = None
        if self.gave_up:
            return None
        if self._left_out:
            self._left_out -= 1
            return None
        try:
            async with asyncio.timeout(timeout):
                reading = parse(await self._ask())
        except (AtpError, TimeoutError) as error:
            self.nonsense = error.what if isinstance(error, Nonsense) else None
            self._failed(error)
            return None
        except BaseException:
            self.close()  # the next answer would be this one
            raise
        self._failures = 0
        self._answered = True
        return reading

    def close(self) -> None:
        """End the command. The next `read` starts another."""
        stream, self._stream = self._stream, None
        self._received = ""
        self._answer = None
        if stream is not None:
            stream.write_eof()
            stream.abort()

    async def _ask(self) -> str:
        """Start the command where it does not run, ask it where no answer is due yet, and wait for the answer."""
        answer = self._answer
        if answer is None:
            answer = self._answer = asyncio.get_running_loop().create_future()
            if self._stream is None:
                self._received = ""
                stream = await self._link.open_pipe(Command(FIGURES_COMMAND), self, spare=True)
                if answer.done():  # while it was being opened it has said too much, or ended
                    stream.abort()
                else:
                    self._stream = stream
            if self._stream is not None:
                self._stream.write(b"\n")
        try:
            return await asyncio.shield(answer)
        finally:
            if answer.done() and self._answer is answer:
                self._answer = None

    def _failed(self, error: Exception) -> None:
        """Count it. A command that could not be started, or ended before its first answer, will not do better."""
        _log.debug("no figures of the system: %s", error)
        if isinstance(error, NoPlace):
            self._make_way()
            return
        late = isinstance(error, TimeoutError | CallTimeout)
        refused = not late and not isinstance(error, ConnectionLost) and not self._answered
        self._failures = MOST_FAILURES if refused or isinstance(error, Unsupported) else self._failures + 1
        if not late or self._answered or self._stream is None or self.gave_up:
            self.close()

    def _make_way(self) -> None:
        self._pause = min(2 * self._pause or 1, LONGEST_PAUSE)
        self._left_out = self._pause
        self.close()

    # -- transport.driver.StreamReceiver -------------------------------------------------------------------------

    def data(self, data: bytes) -> None:
        """What the command says. More than an answer's length is no answer."""
        self._received += data.decode("utf-8", "replace")
        if len(self._received) > LONGEST_ANSWER:
            self._settle(Nonsense("its figures have no end"))
            self.close()
            return
        head, ended, rest = self._received.partition(f"{END}\n")
        if ended:
            self._received = rest
            self._settle(head.rpartition(f"{BEGIN}\n")[2])

    def ended(self, error: Exception | None) -> None:
        """The command has ended, or the connection has."""
        self._stream = None
        if self._answer is None and isinstance(error, NoPlace):
            self._make_way()
        self._settle(error if isinstance(error, AtpError) else CallFailed(told(Say.FIGURES_ENDED)))

    def pause_writing(self) -> None:
        """One line at a time is written, and the next only after its answer."""

    def resume_writing(self) -> None:
        """See pause_writing."""

    def _settle(self, result: str | AtpError) -> None:
        answer = self._answer
        if answer is None or answer.done():
            return
        if isinstance(result, str):
            answer.set_result(result)
        else:
            answer.set_exception(result)
            answer.exception()  # nobody may be waiting any more, and asyncio is not to call that an error
