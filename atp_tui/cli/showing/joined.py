"""`run --gather`: equal answers once, when all hosts have ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.outcome import CommandResult
from ...model.text import Printed
from ..gather import gathered
from ..output import emit
from .running import CUT, Running, Showing, cut_of, tell_cut


class Joined(Showing):
    """The groups of answers that are equal (`masked`: but for what is masked), as far as these were kept."""

    streamed = False

    def __init__(self, *, masked: bool = False) -> None:
        self._masked = masked
        self._groups: Iterator[Printed] = iter(())

    async def meanwhile(self, running: Running) -> OSError | None:
        """Nothing of it is shown yet."""
        await running.waited_for()
        return None

    async def over(self, running: Running) -> None:
        """Find the groups."""
        self._groups = await gathered(running.fleet, running.job, masked=self._masked)

    def last(self, results: Sequence[CommandResult]) -> int:
        """Print them."""
        for group in self._groups:
            emit(group)
        cut = cut_of(results)
        tell_cut(cut, "--gather")
        return CUT if cut else 0
