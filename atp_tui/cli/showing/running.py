"""What each way of showing a job is: the interface, and the job that it is given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ...engine.fleet import Fleet
from ...executor.folding import fold_names
from ...executor.reader import JobEvent
from ...model.outcome import CommandResult
from ..interrupt import Interrupt
from ..output import complain
from ..waves import watched


@dataclass(frozen=True, slots=True)
class Running:
    """A job that runs. `cancel` ends it in order; `interrupt` does so as soon as a person wants it."""

    fleet: Fleet
    job: str
    cancel: Callable[[], None]
    interrupt: Interrupt

    def events(self, write: Callable[[str], object]) -> AsyncIterator[JobEvent]:
        """What happens in it from its beginning on, until each host has ended; lines about its waves are written, and
        a person is asked between two. Where nobody reads them, `run` does so itself."""
        return watched(self.fleet, self.job, write)


class Showing(Protocol):
    """One way to show a job. The three methods are called in this order, each once."""

    @property
    def streamed(self) -> bool:
        """Whether all output goes through `meanwhile`, and none is in the results."""
        ...

    async def meanwhile(self, running: Running) -> OSError | None:
        """Show what comes while it runs. Gives the reason why nobody can be shown anything more, where there is one:
        the job was then ended."""
        ...

    async def over(self, running: Running) -> None:
        """Take what is needed of a job that is over, while the hosts are still held."""
        ...

    def last(self, results: Sequence[CommandResult]) -> None:
        """Show what is shown at the end; the hosts were let go of. Raises ReaderGone, and ActionFailed where standard
        output cannot be written."""
        ...


def tell_cut(results: Sequence[CommandResult], option: str) -> None:
    """Say of which hosts some output was cut, and that it comes whole without this option."""
    cut = [result.host for result in results if result.truncated]
    if cut:
        complain(f"output was cut on {fold_names(cut)}: without {option} all of it comes")
