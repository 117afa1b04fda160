"""What each way of showing a job is: the interface, and the job that it is given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import Protocol

from ...drivers.live_output import LiveOutput
from ...engine.fleet import Fleet
from ...executor.folding import fold_names
from ...executor.reader import JobEvent, TargetEnded, TargetMoved, TargetStarted
from ...model.data_class import dataclass
from ...model.outcome import CommandResult, Outcome
from ..interrupt import Interrupt
from ..output import complain, complaints_to, line_of
from ..waves import asks, watched
from ..words import ending
from .progress import Progress, drawn, may_draw

UNTOLD = "what %s has said cannot be told"

CUT = 4
"""The exit status where all went well, but some output was cut."""


@dataclass(frozen=True, slots=True)
class Running:
    """A job that runs on the hosts of these `names`. `cancel` ends it in order; `interrupt` does so once a person wants
    it."""

    fleet: Fleet
    job: str
    names: tuple[str, ...]
    cancel: Callable[[], None]
    interrupt: Interrupt

    def events(self, live: LiveOutput, *, quiet: bool = False) -> AsyncIterator[JobEvent]:
        """What happens in it from its beginning on, until each host has ended; lines about its waves are written, and
        a person is asked between two. `quiet`: of its waves only what stops them is written."""
        return watched(self.fleet, self.job, lambda line: live.err(line_of("atp-tui", line)), quiet=quiet)

    @asynccontextmanager
    async def live(self, *, quiet: bool = False) -> AsyncIterator[tuple[LiveOutput, Progress]]:
        """What can be written to while the job runs, and its progress, which is to be told how hosts start and end.

        The progress is a line at the terminal, if standard error is one; `quiet`: never.
        """
        progress = Progress(len(self.names))
        async with LiveOutput(self.cancel) as live:

            def leave() -> None:
                self.cancel()
                live.hurry()

            self.interrupt.cancel = leave
            self.interrupt.at_once = live.wipe
            with ExitStack() as drawing:
                if not quiet and may_draw():
                    drawing.enter_context(complaints_to(live.err))  # the line is taken away before them
                    drawing.enter_context(drawn(progress, live, self._draws, self._is_left))
                yield live, progress

    def _draws(self) -> bool:
        """Whether nobody is asked anything at the terminal."""
        return not asks(self.fleet.waves(self.job)) and self.fleet.login_question("") is None

    def _is_left(self) -> bool:
        return self.interrupt.number is not None

    async def waited_for(self) -> None:
        """Wait until each host has ended, of a job whose output is shown at its end: its waves, and the progress at a
        terminal, are shown."""
        if not may_draw() and self.fleet.waves(self.job) is None:
            return
        async with self.live() as (live, progress):
            async for event in self.events(live):
                match event:
                    case TargetMoved(target=target, moved=moved):
                        progress.moved(str(target), moved, asyncio.get_running_loop().time())
                    case TargetStarted(target=target):
                        progress.started(str(target))
                    case TargetEnded(result=result):
                        progress.ended(result)
                    case _:
                        pass


class Showing(Protocol):
    """One way to show a job. The methods are called in this order, each once."""

    @property
    def streamed(self) -> bool:
        """Whether all output goes through `meanwhile`, and none is in the results."""
        ...

    def ready(self) -> None:
        """Before any host is asked anything. Raises ConfigError where nothing could be shown."""
        return

    async def meanwhile(self, running: Running) -> OSError | None:
        """Show what comes while it runs. Gives the reason why nobody can be shown anything more, where there is one:
        the job was then ended."""
        ...

    async def over(self, running: Running) -> None:
        """Take what is needed of a job that is over, while the hosts are still held."""
        return

    def last(self, results: Sequence[CommandResult]) -> int:
        """Show what is shown at the end; the hosts were let go of. The exit status where all else went well.

        Raises ReaderGone, and ActionFailed where standard output cannot be written.
        """
        ...


def tell_ending(live: LiveOutput, result: CommandResult) -> None:
    """Say how a host ended, where that was not well and somebody reads it."""
    if live.gone is None and result.outcome is not Outcome.OK:
        live.err(line_of(f"atp-tui: {result.host}", ending(result)))


def cut_of(results: Sequence[CommandResult]) -> Sequence[str]:
    """The hosts of which some output was cut."""
    return [result.host for result in results if result.truncated]


def tell_cut(cut: Sequence[str], option: str) -> None:
    """Say of which hosts some output was cut, if any, and that it comes whole without this option."""
    if cut:
        complain(f"output was cut on {fold_names(cut)}: without {option} all of it comes")
