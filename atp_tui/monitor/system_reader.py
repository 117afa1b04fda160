"""Asks one host for its /proc over an SSH connection that is open, again and again, by one command that stays there."""

from __future__ import annotations

import asyncio
import logging

from ..model.errors import AtpError, CallTimeout, ConnectionLost, Unsupported
from ..model.node import SystemReading
from ..model.outcome import Command
from ..transport.driver import Link, RawStream
from .border import Nonsense
from .system import BEGIN, END, FIGURES_COMMAND, LONGEST_ANSWER, parse

_log = logging.getLogger(__name__)

MOST_FAILURES = 3
"""Answers in a row that may fail to come before a connection is asked no more."""


class SystemReader:
    """Belongs to one open link. `read` never runs twice at a time. `close` ends the far side's command.

    A host that does not answer is no fault of the connection, which has a heartbeat for that: such a host has no
    figures. One that is not Linux, runs no such command, or fails MOST_FAILURES times is not asked again.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._stream: RawStream | None = None
        self._received = ""
        self._answer: asyncio.Future[str] | None = None
        self._failures = 0
        self._answered = False

    @property
    def link(self) -> Link:
        """The link that it asks over."""
        return self._link

    @property
    def gave_up(self) -> bool:
        """Whether this host is asked no more over this link."""
        return self._failures >= MOST_FAILURES

    async def read(self, timeout: float) -> SystemReading | None:
        """One reading; None where the host gives none. `timeout` in seconds."""
        if self.gave_up:
            return None
        try:
            async with asyncio.timeout(timeout):
                reading = parse(await self._ask())
        except (AtpError, TimeoutError) as error:
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
        if stream is not None:
            stream.write_eof()
            stream.abort()

    async def _ask(self) -> str:
        self._answer = asyncio.get_running_loop().create_future()
        if self._stream is None:
            self._received = ""
            self._stream = await self._link.open_pipe(Command(FIGURES_COMMAND), self)
        self._stream.write(b"\n")
        return await self._answer

    def _failed(self, error: Exception) -> None:
        """Count it. A command that could not be started, or ended before its first answer, will not do better."""
        _log.debug("no figures of the system: %s", error)
        refused = not isinstance(error, TimeoutError | CallTimeout | ConnectionLost) and not self._answered
        self._failures = MOST_FAILURES if refused or isinstance(error, Unsupported) else self._failures + 1
        self.close()

    # -- transport.driver.StreamReceiver -------------------------------------------------------------------------

    def data(self, data: bytes) -> None:
        """What the command says. More than an answer's length is no answer."""
        self._received += data.decode("utf-8", "replace")
        if len(self._received) > LONGEST_ANSWER:
            self._settle(Nonsense("answers nonsense: its figures have no end"))
            self.close()
            return
        head, ended, rest = self._received.partition(f"{END}\n")
        if ended:
            self._received = rest
            self._settle(head.rpartition(f"{BEGIN}\n")[2])

    def ended(self, error: Exception | None) -> None:
        """The command has ended, or the connection has."""
        self._stream = None
        self._settle(error if isinstance(error, AtpError) else Nonsense("its figures have ended"))

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
