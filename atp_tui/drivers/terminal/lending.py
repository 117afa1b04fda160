"""Standard input and output of this program, lent to one session at a time. Light: each program has it."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from ...model.errors import ActionFailed
from ...model.message import told
from ...model.outcome import ExitStatus
from ...model.say import Say
from ...model.shell import Shell
from ...model.text import Printed, printed

if TYPE_CHECKING:
    from ...transport.driver import NearShell
    from .near import NearTerminal


def _as_it_is(_host: str) -> AbstractContextManager[Printed]:
    return nullcontext(printed([]))


def _type() -> str:
    named = os.environ.get("TERM", "")
    return named if named.isascii() and named.isprintable() and named else "dumb"


class LentTerminal:
    """actions.action.Terminal. `around` has the terminal ready for a session of a host, and takes it back.

    `ended` is how the last session ended: None where it was left from here; `gone` why nobody reads standard output.
    """

    def __init__(self) -> None:
        self.around: Callable[[str], AbstractContextManager[Printed]] = _as_it_is
        self.ended: ExitStatus | None = None
        self.gone: OSError | None = None
        self._lent = False
        self._near: NearTerminal | None = None

    def asked(self, line: str) -> Shell:
        """As actions.action.Terminal."""
        if os.isatty(0) and os.isatty(1):
            from .near import NearTerminal

            return Shell(line, NearTerminal(type=_type()).pty)
        if not line:
            raise ActionFailed(told(Say.NO_TERMINAL_HERE))
        return Shell(line)

    async def lend(
        self, host: str, asked: Shell, carried: Callable[[Shell, NearShell], Awaitable[ExitStatus | None]]
    ) -> None:
        """As actions.action.Terminal."""
        if self._lent:
            raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action="shell", why="another session has the terminal"))
        self._lent = True
        try:
            with self.around(host) as words:
                if asked.pty is None:
                    self.ended = await self._piped(asked, carried)
                else:
                    self.ended = await self._on_terminal(asked, carried, words)
        finally:
            self._lent = False

    def give_back(self) -> None:
        """Have the terminal as it was before a session, for a program that ends at once. Waits for no event loop."""
        if self._near is not None:
            self._near.give_back()

    async def _piped(
        self, asked: Shell, carried: Callable[[Shell, NearShell], Awaitable[ExitStatus | None]]
    ) -> ExitStatus | None:
        from .pipes import NearPipes

        async with NearPipes() as near:
            ended = await carried(asked, near)
        self.gone = near.gone
        return ended

    async def _on_terminal(
        self, asked: Shell, carried: Callable[[Shell, NearShell], Awaitable[ExitStatus | None]], words: Printed
    ) -> ExitStatus | None:
        from .near import NearTerminal

        self._near = near = NearTerminal(type=_type())
        asked = replace(asked, pty=near.pty)  # anew: the screen, which has gone by now, has settings of its own
        try:
            with near.taken(words):
                return await carried(asked, near)
        finally:
            self._near = None
